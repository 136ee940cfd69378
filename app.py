"""Every route, stream, schedule and topic of Relais; a view is one sentence."""

import logging
import tempfile
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from chalice.app import CloudWatchEvent, Cron, DynamoDBEvent, Rate, SQSEvent

from chalicelib.aws.clients import connect_anew
from chalicelib.aws.snapshots import prepare
from chalicelib.core import log_lines
from chalicelib.core.letter_row import log_name
from chalicelib.core.records import stream_keys
from chalicelib.services import anchor_writer, services, settings
from chalicelib.views.desk.routes import ROUTES, is_at_desk
from chalicelib.web.chalice_app import Relais, guarded
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems
from chalicelib.web.request import Request
from chalicelib.web.responses import Response

if TYPE_CHECKING:
    from chalicelib.wiring.views import Views

log = logging.getLogger("relais.app")

ANCHOR_MEMORY_BYTES = 8_000_000
"""What an anchor may take in memory; a larger one goes through a file."""

JOB_SECONDS = 600
"""How long one run works at jobs; the function may take longer, for the step that it is in."""


prepare()


def problem(request: Request, path: str, error: Exception) -> Response:
    """Answer an error, at the desk in its language; also while the store and the keys are out of
    reach."""
    if is_at_desk(path):
        try:
            return views().desk.problem(request, error)
        except Exception:
            log.exception("an error of the desk")
    return Problems(Pages(settings())).respond(request, error)


app = Relais(
    "relais",
    problem,
    lambda: settings().allowed_origins,
    lambda address, name: services().count_failure(address, name),
    lambda request, path: services().look_for_edits(request, path),
)


@app.middleware("all")
def begin(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Begin each invocation without the connections of the one before, and end it in the log."""
    connect_anew()
    return guarded(event, get_response)


def views() -> "Views":
    return services().views


app.views("/", GET=lambda request: views().home.show(request))

# Public: anybody. The forms of the website, and the applicant's page behind their own link.
app.views(
    "/forms/{form}",
    GET=lambda request, form: views().forms.form(request, form),
    POST=lambda request, form: views().forms.submit(request, form),
)
app.views("/kit/{name}", GET=lambda request, name: views().kit.show(request, name))
app.views(
    "/file",
    GET=lambda request: views().lost_link.show(request),
    POST=lambda request: views().lost_link.ask(request),
)
app.views(
    "/file/{token}",
    GET=lambda request, token: views().file.show(request, token),
    POST=lambda request, token: views().file.act(request, token),
)
app.views("/draft", POST=lambda request: views().drafts.begin(request))
app.views(
    "/draft/{token}",
    GET=lambda request, token: views().drafts.show(request, token),
    POST=lambda request, token: views().drafts.act(request, token),
)
app.views(
    "/draft/{token}/{page}",
    GET=lambda request, token, page: views().drafts.page(request, token, page),
    POST=lambda request, token, page: views().drafts.post(request, token, page),
)
app.views(
    "/declaration/{token}",
    GET=lambda request, token: views().declaration.show(request, token),
    POST=lambda request, token: views().declaration.act(request, token),
)
app.views(
    "/newsletter",
    GET=lambda request: views().newsletter.form(request),
    POST=lambda request: views().newsletter.sign_up(request),
)
app.views(
    "/newsletter/confirm/{token}",
    GET=lambda request, token: views().confirm.show(request, token),
    POST=lambda request, token: views().confirm.act(request, token),
)
app.views(
    "/newsletter/unsubscribe/{token}",
    GET=lambda request, token: views().newsletter.leave_page(request, token),
    POST=lambda request, token: views().newsletter.leave(request, token),
)
app.views(
    "/newsletter/preferences/{token}",
    GET=lambda request, token: views().preferences.show(request, token),
    POST=lambda request, token: views().preferences.act(request, token),
)
app.views("/coaches", GET=lambda request: views().coaches.search(request))
app.views("/coaches/{slug}", GET=lambda request, slug: views().coaches.coach(request, slug))
app.views(
    "/coaches/{slug}/contact",
    GET=lambda request, slug: views().coach_contact.form(request, slug),
    POST=lambda request, slug: views().coach_contact.send(request, slug),
)
app.views("/newsletter/archive", GET=lambda request: views().archive.archive(request))
app.views(
    "/newsletter/archive/{slug}", GET=lambda request, slug: views().archive.issue(request, slug)
)
app.views(
    "/newsletter/images/{issue}/{file}",
    GET=lambda request, issue, file: views().archive.images.show(request, issue, file),
)
app.views(
    "/newsletter/feed.fr.xml", GET=lambda request: views().archive.feed(request, "fr", "atom")
)
app.views(
    "/newsletter/feed.en.xml", GET=lambda request: views().archive.feed(request, "en", "atom")
)
app.views(
    "/newsletter/feed.fr.json", GET=lambda request: views().archive.feed(request, "fr", "json")
)
app.views(
    "/newsletter/feed.en.json", GET=lambda request: views().archive.feed(request, "en", "json")
)
app.views("/openapi.json", GET=lambda request: views().home.interface.document(request))
app.views("/openapi", GET=lambda request: views().home.interface.index(request))
app.views(
    "/openapi/{group}", GET=lambda request, group: views().home.interface.group(request, group)
)
app.views("/status", GET=lambda request: views().home.status.show(request))
app.views("/health", GET=lambda request: views().forms.health())

# Staff: whoever holds a link of their own, from a letter. Looking changes nothing.
app.views(
    "/review/{token}",
    GET=lambda request, token: views().review.show(request, token),
    POST=lambda request, token: views().review.decide(request, token),
)
app.views(
    "/newsletter/review/{token}",
    GET=lambda request, token: views().issue_review.show(request, token),
    POST=lambda request, token: views().issue_review.decide(request, token),
)
app.views(
    "/newsletter/review/{token}/{lang}",
    GET=lambda request, token, lang: views().issue_review.mail(request, token, lang),
)
app.views(
    "/newsletter/progress/{token}",
    GET=lambda request, token: views().progress.show(request, token),
    POST=lambda request, token: views().progress.act(request, token),
)
app.views(
    "/proposal/{token}",
    GET=lambda request, token: views().proposal.show(request, token),
    POST=lambda request, token: views().proposal.decide(request, token),
)


# The desk: staff who are signed in; see the table of rights.
def at_desk(name: str) -> Callable[..., Response]:
    return lambda request, **parts: attrgetter(name)(views().desk)(request, **parts)


for path, names in ROUTES.items():
    app.views(path, **{method: at_desk(name) for method, name in names.items()})

# Coaches: by the link of their own, from a letter.
app.views(
    "/coach/{token}",
    GET=lambda request, token: views().coach_link.show(request, token),
    POST=lambda request, token: views().coach_link.act(request, token),
)


# What nothing above stands at, however deep: the gateway tries this last.
app.nowhere("/{proxy+}", lambda request: views().home.elsewhere(request))


# The real ARNs of stream and queues are known to CloudFormation alone: infra/ sets them.
@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:ca-central-1:000000000000:table/Records/stream/0"
)
def deliver_letters(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Send the letters owed by what was just stored."""
    services().edits.refresh()
    failed = []
    for sequence, key in stream_keys(event.to_dict()):
        try:
            services().mail.outbox.deliver(key, by="stream")
        except Exception:
            log.exception("letter %s", log_name(*key))
            failed.append({"itemIdentifier": sequence})
    return {"batchItemFailures": failed}


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(event: CloudWatchEvent) -> dict[str, int]:
    """Send the letters that are due: held ones, attempts after a failure, claims nobody finished,
    and late ones, which the stream should have sent; and once a day ask coaches whether their
    page is still right. Returns how many rows had each outcome."""
    with log_lines.event("sweep"):
        services().edits.refresh()
        services().cases.digest.ensure_scheduled()
        services().mail.daily_canary.ensure_scheduled()
        outcomes = services().mail.outbox.sweep()
        coaches = services().coaches.upkeep.check()
        if coaches:
            outcomes["coaches_asked"] = coaches
        log_lines.note(counts=outcomes)
    return outcomes


@app.schedule(Rate(1, unit=Rate.MINUTES))
def run_jobs(event: CloudWatchEvent) -> int:
    """Go on with what staff asked for that takes longer than a page may, and count all files again
    once a day. Return how many jobs are over then."""
    with log_lines.event("jobs"):
        done = services().desk.jobs.run_open(JOB_SECONDS)
        log_lines.note(counts={"done": done})
        services().desk.recount.daily()
    return done


@app.schedule(Cron(0, 7, "*", "*", "?", "*"))
def anchor_audit(event: CloudWatchEvent) -> int:
    """Keep, once a day, what every chain of events ends with, where no other function can write.
    Return how many chains there are."""
    with (
        log_lines.event("anchors"),
        tempfile.SpooledTemporaryFile(ANCHOR_MEMORY_BYTES) as body,
    ):
        count = anchor_writer().write(body)
        log_lines.note(counts={"chains": count})
    return count


# What is told, and of which bucket, infra/ adds to the pattern.
@app.on_cw_event({"source": ["aws.guardduty"]})
def settle_scan(event: CloudWatchEvent) -> str:
    """Look at a document that the scan tells of: the event says which, and its tag says what."""
    key = str(event.detail.get("s3ObjectDetails", {}).get("objectKey", ""))
    with log_lines.event("document"):
        outcome = services().drafts.minder.heard(key)
        log_lines.note(outcome=outcome)
    return outcome


@app.schedule(Cron(0, 8, "*", "*", "?", "*"))
def sweep_attachments(event: CloudWatchEvent) -> dict[str, int]:
    """Delete, once a day, every document and every image that nobody owns; return how many had each
    outcome."""
    with log_lines.event("documents"):
        outcomes = services().drafts.minder.sweep()
        if images := services().issues.sweep_images():
            outcomes["orphan_images"] = images
        log_lines.note(counts=outcomes)
    return outcomes


@app.on_sqs_message(queue_arn="arn:aws:sqs:ca-central-1:000000000000:mail-events", batch_size=50)
def settle_mail(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
    """Settle what SES reports of mail."""
    return services().feedback.settle(event.to_dict())


@app.on_sqs_message(queue_arn="arn:aws:sqs:ca-central-1:000000000000:issues", batch_size=1)
def send_issue(event: SQSEvent) -> list[str]:
    """Send a part of an issue to its readers."""
    context: Any = event.context
    seconds = context.get_remaining_time_in_millis() / 1000
    return services().issues.worker.take(event.to_dict(), seconds)

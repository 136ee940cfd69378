"""Every route, stream, schedule and topic of Relais; a view is one sentence."""

import logging
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalice.app import CloudWatchEvent, Cron, DynamoDBEvent, Rate, SQSEvent

from chalicelib.aws.clients import connect_anew
from chalicelib.core import log_lines
from chalicelib.core.letter_row import log_name
from chalicelib.core.records import stream_keys
from chalicelib.services import anchor_writer, services, settings
from chalicelib.web.chalice_app import Relais
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems

if TYPE_CHECKING:
    from chalicelib.wiring.desk_views import DeskViews

log = logging.getLogger("relais.app")

ANCHOR_MEMORY_BYTES = 8_000_000
"""What an anchor may take in memory; a larger one goes through a file."""

JOB_SECONDS = 600
"""How long one run works at jobs; the function may take longer, for the step that it is in."""


class FunctionFailed(Exception):
    """A function failed with an error of this type; the log has its line."""


def problems() -> Problems:
    """Return what answers errors: it works while the store and the keys are out of reach."""
    return Problems(Pages(settings()))


app = Relais(
    "relais",
    problems,
    lambda: settings().allowed_origins,
    lambda address, name: services().count_failure(address, name),
)


@app.middleware("all")
def begin(event: Any, get_response: Callable[[Any], Any]) -> Any:
    """Begin each invocation without the connections of the one before."""
    connect_anew()
    log_lines.begin_invocation(getattr(event.context, "aws_request_id", ""))
    try:
        return get_response(event)
    except Exception as error:
        # Lambda would log the error itself, with whatever its message repeats of a person.
        log.exception("the function failed")
        raise FunctionFailed(type(error).__name__) from None


app.views("/", GET=lambda request: services().views.home.show(request))

# Public: anybody. The forms of the website, and the applicant's page behind their own link.
app.views(
    "/forms/{form}",
    GET=lambda request, form: services().views.forms.form(request, form),
    POST=lambda request, form: services().views.forms.submit(request, form),
)
app.views("/kit/{name}", GET=lambda request, name: services().views.kit.show(request, name))
app.views(
    "/file",
    GET=lambda request: services().views.lost_link.show(request),
    POST=lambda request: services().views.lost_link.ask(request),
)
app.views(
    "/file/{token}",
    GET=lambda request, token: services().views.file.show(request, token),
    POST=lambda request, token: services().views.file.act(request, token),
)
app.views("/draft", POST=lambda request: services().views.drafts.begin(request))
app.views(
    "/draft/{token}",
    GET=lambda request, token: services().views.drafts.show(request, token),
    POST=lambda request, token: services().views.drafts.act(request, token),
)
app.views(
    "/draft/{token}/{page}",
    GET=lambda request, token, page: services().views.drafts.page(request, token, page),
    POST=lambda request, token, page: services().views.drafts.post(request, token, page),
)
app.views(
    "/declaration/{token}",
    GET=lambda request, token: services().views.declaration.show(request, token),
    POST=lambda request, token: services().views.declaration.act(request, token),
)
app.views(
    "/newsletter",
    GET=lambda request: services().views.newsletter.form(request),
    POST=lambda request: services().views.newsletter.sign_up(request),
)
app.views(
    "/newsletter/confirm/{token}",
    GET=lambda request, token: services().views.confirm.show(request, token),
    POST=lambda request, token: services().views.confirm.act(request, token),
)
app.views(
    "/newsletter/unsubscribe/{token}",
    GET=lambda request, token: services().views.newsletter.leave_page(request, token),
    POST=lambda request, token: services().views.newsletter.leave(request, token),
)
app.views(
    "/newsletter/preferences/{token}",
    GET=lambda request, token: services().views.preferences.show(request, token),
    POST=lambda request, token: services().views.preferences.act(request, token),
)
app.views("/coaches", GET=lambda request: services().views.coaches.search(request))
app.views(
    "/coaches/{slug}", GET=lambda request, slug: services().views.coaches.coach(request, slug)
)
app.views(
    "/coaches/{slug}/contact",
    GET=lambda request, slug: services().views.coach_contact.form(request, slug),
    POST=lambda request, slug: services().views.coach_contact.send(request, slug),
)
app.views("/newsletter/archive", GET=lambda request: services().views.archive.archive(request))
app.views(
    "/newsletter/archive/{slug}",
    GET=lambda request, slug: services().views.archive.issue(request, slug),
)
app.views(
    "/newsletter/feed.fr.xml",
    GET=lambda request: services().views.archive.feed(request, "fr", "atom"),
)
app.views(
    "/newsletter/feed.en.xml",
    GET=lambda request: services().views.archive.feed(request, "en", "atom"),
)
app.views(
    "/newsletter/feed.fr.json",
    GET=lambda request: services().views.archive.feed(request, "fr", "json"),
)
app.views(
    "/newsletter/feed.en.json",
    GET=lambda request: services().views.archive.feed(request, "en", "json"),
)
app.views("/openapi.json", GET=lambda request: services().views.home.interface.document(request))
app.views("/openapi", GET=lambda request: services().views.home.interface.index(request))
app.views(
    "/openapi/{group}",
    GET=lambda request, group: services().views.home.interface.group(request, group),
)
app.views("/health", GET=lambda request: services().views.forms.health())

# Staff: whoever holds a link of their own, from a letter. Looking changes nothing.
app.views(
    "/review/{token}",
    GET=lambda request, token: services().views.review.show(request, token),
    POST=lambda request, token: services().views.review.decide(request, token),
)
app.views(
    "/newsletter/review/{token}",
    GET=lambda request, token: services().views.issue_review.show(request, token),
    POST=lambda request, token: services().views.issue_review.decide(request, token),
)
app.views(
    "/newsletter/review/{token}/{lang}",
    GET=lambda request, token, lang: services().views.issue_review.mail(request, token, lang),
)
app.views(
    "/newsletter/progress/{token}",
    GET=lambda request, token: services().views.progress.show(request, token),
    POST=lambda request, token: services().views.progress.act(request, token),
)
app.views(
    "/proposal/{token}",
    GET=lambda request, token: services().views.proposal.show(request, token),
    POST=lambda request, token: services().views.proposal.decide(request, token),
)


# The desk: staff who are signed in; see the table of rights.
def desk() -> "DeskViews":
    return services().views.desk


app.views("/desk", GET=lambda one: desk().home(one), POST=lambda one: desk().sign_in(one))
app.views(
    "/desk/sign-in/{token}",
    GET=lambda one, token: desk().link(one, token),
    POST=lambda one, token: desk().use_link(one, token),
)
app.views(
    "/desk/account",
    GET=lambda one: desk().account(one),
    POST=lambda one: desk().change_account(one),
)
app.views("/desk/files", GET=lambda one: desk().files(one))
app.views(
    "/desk/files/{ref}",
    GET=lambda one, ref: desk().file(one, ref),
    POST=lambda one, ref: desk().decide(one, ref),
)
app.views("/desk/files/{ref}/print", GET=lambda one, ref: desk().printed(one, ref))
app.views(
    "/desk/programme",
    GET=lambda one: desk().programme(one),
    POST=lambda one: desk().add_member(one),
)
app.views(
    "/desk/programme/{staff}",
    GET=lambda one, staff: desk().member(one, staff),
    POST=lambda one, staff: desk().change_member(one, staff),
)
app.views("/desk/programme/{staff}/absence", POST=lambda one, staff: desk().absence(one, staff))
app.views("/desk/log", GET=lambda one: desk().log(one))
app.views("/desk/many", GET=lambda one: desk().many(one), POST=lambda one: desk().decide_many(one))
app.views("/desk/many/{job}", GET=lambda one, job: desk().many_results(one, job))
app.views(
    "/desk/export", GET=lambda one: desk().export(one), POST=lambda one: desk().begin_export(one)
)
app.views("/desk/exports/{job}", GET=lambda one, job: desk().exported(one, job))
app.views("/desk/exports/{job}/file", GET=lambda one, job: desk().fetch_export(one, job))

# Coaches: by the link of their own, from a letter.
app.views(
    "/coach/{token}",
    GET=lambda request, token: services().views.coach_link.show(request, token),
    POST=lambda request, token: services().views.coach_link.act(request, token),
)


# What nothing above stands at, however deep: the gateway tries this last.
app.nowhere("/{proxy+}", lambda request: services().views.home.elsewhere(request))


# The real ARNs of stream and queues are known to CloudFormation alone: infra/ sets them.
@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:ca-central-1:000000000000:table/Records/stream/0"
)
def deliver_letters(event: DynamoDBEvent) -> dict[str, list[dict[str, str]]]:
    """Send the letters owed by what was just stored."""
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
        services().cases.digest.ensure_scheduled()
        outcomes = services().mail.outbox.sweep()
        coaches = services().coaches.upkeep.check()
        if coaches:
            outcomes["coaches_asked"] = coaches
        log_lines.note(counts=outcomes)
    return outcomes


@app.schedule(Rate(1, unit=Rate.MINUTES))
def run_jobs(event: CloudWatchEvent) -> int:
    """Go on with what staff asked for that takes longer than a page may. Return how many jobs are
    over then."""
    with log_lines.event("jobs"):
        done = services().desk.jobs.run_open(JOB_SECONDS)
        log_lines.note(counts={"done": done})
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
    """Delete, once a day, every document that nobody owns; return how many had each outcome."""
    with log_lines.event("documents"):
        outcomes = services().drafts.minder.sweep()
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

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
from chalicelib.web.chalice_app import Relais, guarded
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems

if TYPE_CHECKING:
    from chalicelib.wiring.coach_desk import CoachDesk
    from chalicelib.wiring.desk_views import DeskViews
    from chalicelib.wiring.views import Views

log = logging.getLogger("relais.app")

ANCHOR_MEMORY_BYTES = 8_000_000
"""What an anchor may take in memory; a larger one goes through a file."""

JOB_SECONDS = 600
"""How long one run works at jobs; the function may take longer, for the step that it is in."""


def problems() -> Problems:
    """Return what answers errors: it works while the store and the keys are out of reach."""
    return Problems(Pages(settings()))


app = Relais(
    "relais",
    problems,
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


app.views("/", GET=lambda one: views().home.show(one))

# Public: anybody. The forms of the website, and the applicant's page behind their own link.
app.views(
    "/forms/{form}",
    GET=lambda one, form: views().forms.form(one, form),
    POST=lambda one, form: views().forms.submit(one, form),
)
app.views("/kit/{name}", GET=lambda one, name: views().kit.show(one, name))
app.views(
    "/file",
    GET=lambda one: views().lost_link.show(one),
    POST=lambda one: views().lost_link.ask(one),
)
app.views(
    "/file/{token}",
    GET=lambda one, token: views().file.show(one, token),
    POST=lambda one, token: views().file.act(one, token),
)
app.views("/draft", POST=lambda one: views().drafts.begin(one))
app.views(
    "/draft/{token}",
    GET=lambda one, token: views().drafts.show(one, token),
    POST=lambda one, token: views().drafts.act(one, token),
)
app.views(
    "/draft/{token}/{page}",
    GET=lambda one, token, page: views().drafts.page(one, token, page),
    POST=lambda one, token, page: views().drafts.post(one, token, page),
)
app.views(
    "/declaration/{token}",
    GET=lambda one, token: views().declaration.show(one, token),
    POST=lambda one, token: views().declaration.act(one, token),
)
app.views(
    "/newsletter",
    GET=lambda one: views().newsletter.form(one),
    POST=lambda one: views().newsletter.sign_up(one),
)
app.views(
    "/newsletter/confirm/{token}",
    GET=lambda one, token: views().confirm.show(one, token),
    POST=lambda one, token: views().confirm.act(one, token),
)
app.views(
    "/newsletter/unsubscribe/{token}",
    GET=lambda one, token: views().newsletter.leave_page(one, token),
    POST=lambda one, token: views().newsletter.leave(one, token),
)
app.views(
    "/newsletter/preferences/{token}",
    GET=lambda one, token: views().preferences.show(one, token),
    POST=lambda one, token: views().preferences.act(one, token),
)
app.views("/coaches", GET=lambda one: views().coaches.search(one))
app.views("/coaches/{slug}", GET=lambda one, slug: views().coaches.coach(one, slug))
app.views(
    "/coaches/{slug}/contact",
    GET=lambda one, slug: views().coach_contact.form(one, slug),
    POST=lambda one, slug: views().coach_contact.send(one, slug),
)
app.views("/newsletter/archive", GET=lambda one: views().archive.archive(one))
app.views("/newsletter/archive/{slug}", GET=lambda one, slug: views().archive.issue(one, slug))
app.views("/newsletter/feed.fr.xml", GET=lambda one: views().archive.feed(one, "fr", "atom"))
app.views("/newsletter/feed.en.xml", GET=lambda one: views().archive.feed(one, "en", "atom"))
app.views("/newsletter/feed.fr.json", GET=lambda one: views().archive.feed(one, "fr", "json"))
app.views("/newsletter/feed.en.json", GET=lambda one: views().archive.feed(one, "en", "json"))
app.views("/openapi.json", GET=lambda one: views().home.interface.document(one))
app.views("/openapi", GET=lambda one: views().home.interface.index(one))
app.views("/openapi/{group}", GET=lambda one, group: views().home.interface.group(one, group))
app.views("/health", GET=lambda one: views().forms.health())

# Staff: whoever holds a link of their own, from a letter. Looking changes nothing.
app.views(
    "/review/{token}",
    GET=lambda one, token: views().review.show(one, token),
    POST=lambda one, token: views().review.decide(one, token),
)
app.views(
    "/newsletter/review/{token}",
    GET=lambda one, token: views().issue_review.show(one, token),
    POST=lambda one, token: views().issue_review.decide(one, token),
)
app.views(
    "/newsletter/review/{token}/{lang}",
    GET=lambda one, token, lang: views().issue_review.mail(one, token, lang),
)
app.views(
    "/newsletter/progress/{token}",
    GET=lambda one, token: views().progress.show(one, token),
    POST=lambda one, token: views().progress.act(one, token),
)
app.views(
    "/proposal/{token}",
    GET=lambda one, token: views().proposal.show(one, token),
    POST=lambda one, token: views().proposal.decide(one, token),
)


# The desk: staff who are signed in; see the table of rights.
def desk() -> "DeskViews":
    return views().desk


def coach_desk() -> "CoachDesk":
    return services().views.coach_desk


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
app.views("/desk/coaches", GET=lambda one: coach_desk().table(one))
app.views(
    "/desk/coach",
    GET=lambda one: coach_desk().new(one),
    POST=lambda one: coach_desk().add(one),
)
app.views(
    "/desk/coach/{slug}",
    GET=lambda one, slug: coach_desk().coach(one, slug),
    POST=lambda one, slug: coach_desk().change(one, slug),
)
app.views(
    "/desk/coaches/import",
    GET=lambda one: coach_desk().sheet(one),
    POST=lambda one: coach_desk().bring(one),
)
app.views("/desk/coaches/sheet", GET=lambda one: coach_desk().fetch(one))
app.views(
    "/desk/coaches/editions",
    GET=lambda one: coach_desk().editions(one),
    POST=lambda one: coach_desk().restore(one),
)
app.views(
    "/desk/coaches/messages",
    GET=lambda one: coach_desk().messages(one),
    POST=lambda one: coach_desk().judge(one),
)
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
    GET=lambda one, token: views().coach_link.show(one, token),
    POST=lambda one, token: views().coach_link.act(one, token),
)


# What nothing above stands at, however deep: the gateway tries this last.
app.nowhere("/{proxy+}", lambda one: views().home.elsewhere(one))


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

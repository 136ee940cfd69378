"""Every route, stream, schedule and topic of Relais; a view is one sentence."""

import logging
from typing import Any

from chalice.app import CloudWatchEvent, DynamoDBEvent, Rate, SQSEvent

from chalicelib.core.records import stream_keys
from chalicelib.services import services, settings
from chalicelib.web.chalice_app import Relais
from chalicelib.web.responses import Problems

log = logging.getLogger("relais")


def problems() -> Problems:
    """Works while the store and the keys are out of reach."""
    return Problems(settings())


app = Relais("relais", problems)


# Public: anybody. The forms of the website, and the applicant's page behind their own link.
app.views(
    "/forms/{form}",
    GET=lambda asked, form: services().front.form(asked, form),
    POST=lambda asked, form: services().front.submit(asked, form),
)
app.views(
    "/file",
    GET=lambda asked: services().lost.show(asked),
    POST=lambda asked: services().lost.ask(asked),
)
app.views(
    "/file/{token}",
    GET=lambda asked, token: services().own.show(asked, token),
    POST=lambda asked, token: services().own.act(asked, token),
)
app.views(
    "/newsletter",
    GET=lambda asked: services().newsletter.form(asked),
    POST=lambda asked: services().newsletter.sign_up(asked),
)
app.views(
    "/newsletter/confirm/{token}",
    GET=lambda asked, token: services().confirming.show(asked, token),
    POST=lambda asked, token: services().confirming.act(asked, token),
)
app.views(
    "/newsletter/unsubscribe/{token}",
    GET=lambda asked, token: services().newsletter.leave_page(asked, token),
    POST=lambda asked, token: services().newsletter.leave(asked, token),
)
app.views(
    "/newsletter/preferences/{token}",
    GET=lambda asked, token: services().choices.show(asked, token),
    POST=lambda asked, token: services().choices.act(asked, token),
)
app.views("/coaches", GET=lambda asked: services().finder.search(asked))
app.views("/coaches/{slug}", GET=lambda asked, slug: services().finder.coach(asked, slug))
app.views(
    "/coaches/{slug}/contact",
    GET=lambda asked, slug: services().writing.form(asked, slug),
    POST=lambda asked, slug: services().writing.send(asked, slug),
)
app.views(
    "/newsletter/archive",
    GET=lambda asked: services().reader.archive(asked),
)
app.views(
    "/newsletter/archive/{slug}",
    GET=lambda asked, slug: services().reader.issue(asked, slug),
)
app.views(
    "/newsletter/feed.fr.xml",
    GET=lambda asked: services().reader.feed(asked, "fr", "atom"),
)
app.views(
    "/newsletter/feed.en.xml",
    GET=lambda asked: services().reader.feed(asked, "en", "atom"),
)
app.views(
    "/newsletter/feed.fr.json",
    GET=lambda asked: services().reader.feed(asked, "fr", "json"),
)
app.views(
    "/newsletter/feed.en.json",
    GET=lambda asked: services().reader.feed(asked, "en", "json"),
)
app.views("/openapi.json", GET=lambda asked: services().front.openapi(asked))
app.views("/health", GET=lambda asked: services().front.health())

# Staff: whoever holds a link of their own, from a letter. Looking changes nothing.
app.views(
    "/review/{token}",
    GET=lambda asked, token: services().staff.show(asked, token),
    POST=lambda asked, token: services().staff.decide(asked, token),
)

app.views(
    "/newsletter/review/{token}",
    GET=lambda asked, token: services().newsroom.show(asked, token),
    POST=lambda asked, token: services().newsroom.decide(asked, token),
)
app.views(
    "/newsletter/review/{token}/{lang}",
    GET=lambda asked, token, lang: services().newsroom.mail(asked, token, lang),
)
app.views(
    "/newsletter/progress/{token}",
    GET=lambda asked, token: services().progress.show(asked, token),
    POST=lambda asked, token: services().progress.act(asked, token),
)


app.views(
    "/proposal/{token}",
    GET=lambda asked, token: services().proposals.show(asked, token),
    POST=lambda asked, token: services().proposals.decide(asked, token),
)

# Coaches: by the link of their own, from a letter.
app.views(
    "/coach/{token}",
    GET=lambda asked, token: services().coach_door.show(asked, token),
    POST=lambda asked, token: services().coach_door.act(asked, token),
)


# The real ARNs of stream and queues are known to CloudFormation alone: infra/ sets them.
@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:ca-central-1:000000000000:table/Records/stream/0"
)
def deliver_letters(event: DynamoDBEvent) -> dict[str, Any]:
    """Letters owed by what was just stored."""
    failed = []
    for sequence, key in stream_keys(event.to_dict()):
        try:
            outcome = services().post.deliver(key)
        except Exception:
            log.exception("letter %s", key)
            failed.append({"itemIdentifier": sequence})
        else:
            log.info("letter %s: %s", key, outcome)
    return {"batchItemFailures": failed}


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(event: CloudWatchEvent) -> dict[str, int]:
    """Letters that are due: held ones, tries after a failure, claims nobody finished; and once
    a day the coaches to ask whether their page is still right."""
    services().mornings.wind()
    done = services().post.sweep()
    asked = services().upkeep.check()
    return done | ({"coaches_asked": asked} if asked else {})


@app.on_sqs_message(queue_arn="arn:aws:sqs:ca-central-1:000000000000:mail-events", batch_size=50)
def settle_mail(event: SQSEvent) -> dict[str, Any]:
    """What SES says became of mail."""
    return services().feedback.settle(event.to_dict())


@app.on_sqs_message(queue_arn="arn:aws:sqs:ca-central-1:000000000000:issues", batch_size=1)
def send_issue(event: SQSEvent) -> list[str]:
    """A part of an issue to its readers."""
    context: Any = event.context
    seconds = context.get_remaining_time_in_millis() / 1000
    return services().press.worker.take(event.to_dict(), seconds)

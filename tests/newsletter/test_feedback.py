"""What SES tells: both formats, all recipients, once; people, ledger and letters hear of it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import sent_issue
from chalicelib.core.errors import StoreDown
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues.issue import issue_of
from chalicelib.newsletter.sending.recipients import Recipient, bounces, missed, recipients
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from fakes import MemoryBulkMailer, MemoryQueue, MemoryStore, SetClock

KEY = b"p" * 32
AT = "2026-03-02T15:00:00.000Z"


@pytest.fixture
def readers(service: Services, store: MemoryStore, clock: SetClock, queue: MemoryQueue) -> Any:
    """Three readers who were sent the issue."""
    return sent_to(service, store, clock, queue, 3)


def sent_to(
    service: Services, store: MemoryStore, clock: SetClock, queue: MemoryQueue, number: int
) -> list[Subscriber]:
    found = [sent_issue.reader(KEY, f"reader{n}@example.org") for n in range(number)]
    sent_issue.enrol(store, *found)
    sent_issue.scheduled(store, clock())
    service.issues.pace._wait = lambda seconds: clock.pass_(seconds=seconds)
    service.issues.scheduler.mind(("ISSUE#" + sent_issue.ISSUE, "ISSUE"))
    while queue.jobs:
        service.issues.worker.run(queue.jobs.pop(0)[1], clock() + timedelta(minutes=4))
    return found


Event = Callable[..., dict[str, Any]]


@pytest.fixture
def event(bulk_mailer: MemoryBulkMailer) -> Event:
    def make(kind: str, reader: Subscriber, **detail: Any) -> dict[str, Any]:
        (envelope,) = [e for e in bulk_mailer.sent if e.to == reader.email]
        tags = {name: [value] for name, value in envelope.tags.items()}
        mail = {"messageId": "m" + reader.email, "tags": tags, "destination": [reader.email]}
        return {"eventType": kind, "mail": mail, kind.lower(): {"timestamp": AT, **detail}}

    return make


def of_its_own(told: dict[str, Any], number: int) -> dict[str, Any]:
    """The event as one of another mail, of another issue."""
    told["mail"]["messageId"] = f"m{number}"
    told["mail"]["tags"]["campaign"] = [f"2026-{number:02d}"]
    return told


def of(store: MemoryStore, reader: Subscriber) -> Recipient:
    (one,) = [r for r in recipients(store, sent_issue.ISSUE) if r.person == reader.person]
    return one


def status(service: Services, reader: Subscriber) -> str:
    found = service.subscribers.subscriptions.get(reader.person)
    assert found is not None
    return found.status


def test_a_delivery_is_counted_once_however_often_it_is_told(
    service: Services, store: MemoryStore, readers: list[Subscriber], event: Event
) -> None:
    told = event("Delivery", readers[0], recipients=[readers[0].email])
    assert service.feedback.take([told, told]) == []
    service.feedback.take([told])
    assert counted(store, sent_issue.ISSUE)["fr"]["delivered"] == 1
    assert of(store, readers[0]).events == ("delivered",)


def test_a_hard_bounce_ends_the_subscription_and_is_listed_with_its_reason(
    service: Services, store: MemoryStore, readers: list[Subscriber], event: Event
) -> None:
    told = event("Bounce", readers[0], **sent_issue.hard(readers[0].email))
    service.feedback.take([told])
    service.feedback.take([told])
    assert [status(service, r) for r in readers] == ["BOUNCED", "ACTIVE", "ACTIVE"]
    assert counted(store, sent_issue.ISSUE)["fr"]["bounced"] == 1
    (one,) = missed(store, sent_issue.ISSUE)
    assert one.person == readers[0].person
    assert one.state == "SENT"
    assert one.why == "bounce: Permanent General 550 5.1.1 … unknown"
    assert bounces(store, sent_issue.ISSUE) == {"example.org": 1}


def test_a_complaint_ends_it_for_ever(
    service: Services, store: MemoryStore, readers: list[Subscriber], event: Event
) -> None:
    complained = {"complainedRecipients": [{"emailAddress": readers[1].email}]}
    service.feedback.take([event("Complaint", readers[1], **complained)])
    assert status(service, readers[1]) == "COMPLAINED"
    assert counted(store, sent_issue.ISSUE)["fr"]["complained"] == 1


def test_a_report_that_it_is_no_spam_ends_nothing(
    service: Services, readers: list[Subscriber], event: Event
) -> None:
    told = {"complainedRecipients": [{"emailAddress": readers[1].email}]}
    service.feedback.take(
        [event("Complaint", readers[1], complaintFeedbackType="not-spam", **told)]
    )
    assert status(service, readers[1]) == "ACTIVE"


def test_soft_bounces_end_it_when_there_are_three_of_five_and_a_delivery_counts(
    service: Services, readers: list[Subscriber], event: Event
) -> None:
    soft = {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": readers[0].email}]}
    for day, kind in enumerate(("Bounce", "Delivery", "Bounce", "Delivery")):
        told = event(kind, readers[0], **(soft if kind == "Bounce" else {}))
        of_its_own(told, day)
        told[kind.lower()]["timestamp"] = f"2026-03-{day + 3:02d}T00:00:00.000Z"
        service.feedback.take([told])
        assert status(service, readers[0]) == "ACTIVE"
    told = of_its_own(event("Bounce", readers[0], **soft), 9)
    told["bounce"]["timestamp"] = "2026-03-09T00:00:00.000Z"
    service.feedback.take([told])
    assert status(service, readers[0]) == "BOUNCED"


def test_the_older_format_without_tags_reaches_the_person_and_is_kept(
    service: Services, store: MemoryStore, readers: list[Subscriber]
) -> None:
    told = {
        "notificationType": "Bounce",
        "mail": {"messageId": "old-1", "destination": [r.email for r in readers]},
        "bounce": {"timestamp": AT, **sent_issue.hard(*[r.email for r in readers[:2]])},
    }
    assert service.feedback.take([told, told]) == []
    assert [status(service, r) for r in readers] == ["BOUNCED", "BOUNCED", "ACTIVE"]
    (stray,) = store.kinds("stray")
    assert stray["people"] == [r.person for r in readers[:2]]
    assert "reader0" not in json.dumps({k: v for k, v in stray.items() if k != "people"})


def test_the_test_of_an_issue_is_no_stray(service: Services, store: MemoryStore) -> None:
    mail = {"messageId": "m", "tags": {"trial": ["2026-03"]}, "destination": ["a@example.org"]}
    event = {"eventType": "Delivery", "mail": mail, "delivery": {"timestamp": AT}}
    assert service.feedback.take([event]) == []
    assert not store.kinds("stray")


def test_an_address_is_the_same_however_ses_writes_it(
    service: Services, store: MemoryStore, clock: SetClock
) -> None:
    there = sent_issue.reader(KEY, "Ada@école.example.org")
    sent_issue.enrol(store, there)
    told = {
        "notificationType": "Complaint",
        "mail": {"messageId": "old-2"},
        "complaint": {
            "complainedRecipients": [{"emailAddress": "Ada L <ada@xn--cole-9oa.example.org>"}]
        },
    }
    service.feedback.take([told])
    assert status(service, there) == "COMPLAINED"


@pytest.mark.parametrize("kind", ["Reject", "Rendering Failure"])
def test_what_ses_took_and_then_would_not_send_is_not_reached(
    service: Services, store: MemoryStore, readers: list[Subscriber], event: Event, kind: str
) -> None:
    told = event(kind, readers[2], reason="Bad content")
    told["failure"] = {"errorMessage": "Attribute 'x' is not present"}
    service.feedback.take([told])
    (one,) = missed(store, sent_issue.ISSUE)
    assert one.events == ("rejected",)
    assert one.why.startswith(kind.lower())


def test_one_event_that_cannot_be_handled_comes_again_and_the_others_do_not(
    service: Services, store: MemoryStore, readers: list[Subscriber], event: Event
) -> None:
    complain = service.subscribers.feedback.complained

    def down(person: str) -> str:
        if person == readers[0].person:
            raise StoreDown("busy")
        return complain(person)

    service.subscribers.feedback.complained = down  # type: ignore[method-assign]
    told = [event("Complaint", r) for r in readers]
    wrapped = {
        "Records": [
            {
                "messageId": f"sqs-{n}",
                "body": json.dumps(
                    {"TopicArn": service.settings.mail_topic, "Message": json.dumps(one)}
                ),
            }
            for n, one in enumerate(told)
        ]
    }
    failed = service.feedback.settle(wrapped)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "sqs-0"}]}
    assert [status(service, r) for r in readers] == ["ACTIVE", "COMPLAINED", "COMPLAINED"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '{"TopicArn": 3}',
        json.dumps({"TopicArn": "arn:aws:sns:ca-central-1:123456789012:mail-events",
                    "Message": "Successfully validated SNS topic"}),
        json.dumps({"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:x:y:z",
                    "SubscribeURL": "https://example.org/"}),
    ],
)  # fmt: skip
def test_what_is_no_event_of_our_topic_changes_nothing(
    service: Services, store: MemoryStore, body: str
) -> None:
    before = dict(store.items)
    event = {"Records": [{"messageId": "1", "body": body}]}
    assert service.feedback.settle(event) == {"batchItemFailures": []}
    assert store.items == before


@pytest.mark.parametrize("message", ["Successfully validated SNS topic", "[]", "{}", ""])
def test_the_greeting_of_a_topic_is_no_event(
    service: Services, store: MemoryStore, message: str
) -> None:
    before = dict(store.items)
    body = json.dumps({"TopicArn": service.settings.mail_topic, "Message": message})
    event = {"Records": [{"messageId": "1", "body": body}]}
    assert service.feedback.settle(event) == {"batchItemFailures": []}
    assert store.items == before


def test_bounces_pause_the_issue_after_two_hundred_and_not_before(
    service: Services,
    store: MemoryStore,
    clock: SetClock,
    queue: MemoryQueue,
    event: Event,
) -> None:
    readers = sent_to(service, store, clock, queue, 210)
    share = int(210 * 0.04) + 1
    for reader in readers[: share - 1]:
        service.feedback.take([event("Bounce", reader, **sent_issue.hard(reader.email))])
    issue = issue_of(store, sent_issue.ISSUE)
    assert issue is not None
    assert issue.status == "SENDING"
    last = readers[share - 1]
    service.feedback.take([event("Bounce", last, **sent_issue.hard(last.email))])
    issue = issue_of(store, sent_issue.ISSUE)
    assert issue is not None
    assert issue.status == "AUTO_PAUSED"
    assert issue.paused is not None
    assert issue.paused["facts"] == {"sent": 210, "bounced": share, "complained": 0}
    # Whoever resumes has seen these: they do not pause it again.
    service.issues.lifecycle.resume(issue, "rita-roy")
    more = readers[share]
    service.feedback.take([event("Bounce", more, **sent_issue.hard(more.email))])
    issue = issue_of(store, sent_issue.ISSUE)
    assert issue is not None
    assert issue.status == "SENDING"

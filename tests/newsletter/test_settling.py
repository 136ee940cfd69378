"""What comes back of an issue, late, twice or never: nothing lost, nothing doubled."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest

import sent_issue
from chalicelib.core.errors import OutcomeUnknown, StoreDown
from chalicelib.core.ports import Change, Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues.issue import issue_of
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.ports import Bulk, Envelope, SesReply
from chalicelib.newsletter.sending.recipients import missed, recipients
from chalicelib.newsletter.sending.unreached import Unreached
from chalicelib.services import Services
from fakes import MemoryBulkMailer, MemoryStore, SetClock
from sent_issue import Print, SendingRun, hard, sent_event

KEY = b"p" * 32


@pytest.fixture
def loses(bulk_mailer: MemoryBulkMailer) -> list[Envelope]:
    """SES takes the first bulk, and its answer gets lost: those are filled in here."""
    lost: list[Envelope] = []
    offer = bulk_mailer.offer

    def losing(bulk: Bulk) -> list[SesReply]:
        replies = offer(bulk)
        if not lost:
            lost.extend(bulk.envelopes)
            raise OutcomeUnknown("ReadTimeout")
        return replies

    bulk_mailer.offer = losing  # type: ignore[method-assign]
    return lost


def told(service: Services, envelopes: Iterable[Envelope], kind: str, **detail: Any) -> None:
    failed = service.feedback.take(
        [sent_event(one, kind, timestamp=stamp(service.now()), **detail) for one in envelopes]
    )
    assert not failed


def times(bulk_mailer: MemoryBulkMailer) -> set[int]:
    return set(Counter(envelope.to for envelope in bulk_mailer.sent).values())


def test_an_issue_for_nobody_is_sent(
    sender: SendingRun, store: MemoryStore, clock: SetClock
) -> None:
    sent_issue.scheduled(store, clock())
    sender.run()
    assert sender.status == "SENT"


def test_an_issue_that_was_paused_after_its_last_mail_can_be_finished(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, service: Services
) -> None:
    print_for(300)
    sender.tick()
    sender.work()
    for envelope in bulk_mailer.sent[:15]:
        told(service, [envelope], "Bounce", **hard(envelope.to))
    assert sender.status == "AUTO_PAUSED"
    lifecycle = service.issues.lifecycle
    lifecycle.resume(lifecycle.get(sent_issue.ISSUE), "rita-roy")
    sender.run()
    assert sender.status == "SENT"


def test_any_event_of_a_mail_says_that_it_was_sent(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    loses: list[Envelope],
) -> None:
    print_for(3)
    sender.tick()
    sender.work()
    told(service, loses, "Delivery", recipients=[])
    sender.run()
    assert times(bulk_mailer) == {1}


def test_an_event_that_comes_after_the_next_try_was_planned_still_counts(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    clock: SetClock,
    loses: list[Envelope],
) -> None:
    print_for(3)
    sender.tick()
    sender.work()
    bulk_mailer.allowed = Allowance(rate=1000, daily=100, used=100)
    clock.pass_(minutes=16)
    sender.wait()
    sender.work()
    told(service, loses, "Send")
    bulk_mailer.allowed = Allowance(rate=1000, daily=None, used=0)
    clock.pass_(minutes=16)
    sender.wait()
    sender.run()
    assert times(bulk_mailer) == {1}


def test_an_event_that_comes_while_its_next_try_waits_in_line_counts_too(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    clock: SetClock,
    loses: list[Envelope],
) -> None:
    print_for(3)
    sender.tick()
    sender.work()
    clock.pass_(minutes=16)
    sender.wait()
    take = service.issues.pace.take

    def late(number: int) -> None:
        take(number)
        told(service, loses, "Send")

    service.issues.pace.take = late  # type: ignore[method-assign]
    sender.run()
    assert times(bulk_mailer) == {1}


def test_a_soft_bounce_without_a_delivery_is_somebody_not_reached(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    store: MemoryStore,
) -> None:
    print_for(2)
    sender.run()
    soft = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
    for envelope in bulk_mailer.sent:
        back = [{"emailAddress": envelope.to}]
        told(service, [envelope], "Bounce", **soft, bouncedRecipients=back)
    told(service, bulk_mailer.sent[:1], "Delivery", recipients=[bulk_mailer.sent[0].to])
    assert len(list(missed(store, sent_issue.ISSUE))) == 1
    assert sum(of_lang["soft"] for of_lang in counted(store, sent_issue.ISSUE).values()) == 2


def test_what_was_gathered_and_not_counted_is_counted_when_the_event_comes_again(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    store: MemoryStore,
) -> None:
    print_for(1)
    sender.run()
    (envelope,) = bulk_mailer.sent
    event = sent_event(envelope, "Bounce", timestamp="t", **hard(envelope.to))

    def down(writes: Sequence[Write]) -> None:
        if any(isinstance(w, Change) and w.key[1].startswith("COUNTS#") for w in writes):
            store.before = lambda _: None
            raise StoreDown("busy")

    store.before = down
    assert service.feedback.take([event]) == [0]
    for _ in range(2):
        assert service.feedback.take([event]) == []
    assert sum(of_lang["bounced"] for of_lang in counted(store, sent_issue.ISSUE).values()) == 1


def test_a_consent_that_ended_is_not_written_to_even_if_no_clock_rang(
    sender: SendingRun, store: MemoryStore, clock: SetClock, bulk_mailer: MemoryBulkMailer
) -> None:
    over = stamp(clock() - timedelta(days=3))
    sent_issue.enrol(
        store, sent_issue.reader(KEY, "ada@example.org", basis="implied", expires_at=over)
    )
    sent_issue.scheduled(store, clock())
    sender.run()
    assert not bulk_mailer.sent


def test_delivered_is_counted_where_sent_is_whatever_language_was_read(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    store: MemoryStore,
) -> None:
    readers = print_for(2)
    sender.tick()
    _, job = sender.queue.jobs.pop(0)
    service.issues.worker.run(job, sender.clock() + timedelta(minutes=4))
    service.subscribers.preferences.choose(readers[1].person, lang="en", topics=["news"])
    sender.run()
    for envelope in bulk_mailer.sent:
        told(service, [envelope], "Delivery", recipients=[envelope.to])
    for of_lang in counted(store, sent_issue.ISSUE).values():
        assert of_lang["delivered"] == of_lang["sent"] == 1


def test_a_cancelled_issue_learns_what_became_of_mails_in_flight(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    store: MemoryStore,
) -> None:
    print_for(3)
    offer = bulk_mailer.offer

    def dies(bulk: Bulk) -> list[SesReply]:
        offer(bulk)
        raise KeyboardInterrupt

    bulk_mailer.offer = dies  # type: ignore[method-assign]
    sender.tick()
    with pytest.raises(KeyboardInterrupt):
        sender.work()
    told(service, bulk_mailer.sent, "Send")
    lifecycle = service.issues.lifecycle
    lifecycle.cancel(lifecycle.get(sent_issue.ISSUE), "rita-roy")
    assert sender.tick() == "wound_up"
    assert "due_at" not in store.items[f"ISSUE#{sent_issue.ISSUE}", "ISSUE"]
    for _ in range(4):
        sender.work()
        if sender.queue.jobs:
            sender.wait()
    assert sorted(r.state for r in recipients(store, sent_issue.ISSUE)) == [
        "QUEUED",
        "SENT",
        "SENT",
    ]


def test_pausing_often_leaves_one_message_for_each_shard(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, service: Services
) -> None:
    print_for(30)
    bulk_mailer.allowed = Allowance(rate=1000, daily=10, used=10)
    sender.tick()
    sender.work()
    lifecycle = service.issues.lifecycle
    for _ in range(5):
        lifecycle.pause(lifecycle.get(sent_issue.ISSUE), "rita-roy")
        lifecycle.resume(lifecycle.get(sent_issue.ISSUE), "rita-roy")
        sender.tick()
        sender.work()
    sender.wait()
    sender.work()
    assert len(sender.queue.jobs) == 1


def test_whoever_leaves_by_a_link_of_an_issue_is_counted_once_with_the_way(
    sender: SendingRun, print_for: Print, service: Services, store: MemoryStore
) -> None:
    one, other, third = print_for(3)
    sender.run()
    for _ in range(2):
        service.subscribers.subscriptions.leave(
            third.person, channel="mailto", issue=sent_issue.ISSUE
        )
        service.subscribers.subscriptions.leave(
            one.person, channel="header", issue=sent_issue.ISSUE
        )
        service.subscribers.subscriptions.leave(
            other.person, channel="page", issue=sent_issue.ISSUE
        )
    counts = counted(store, sent_issue.ISSUE)
    assert sum(of_lang["left_header"] for of_lang in counts.values()) == 1
    assert sum(of_lang["left_page"] for of_lang in counts.values()) == 1
    assert sum(of_lang["left_mailto"] for of_lang in counts.values()) == 1


def test_an_account_without_a_rate_waits(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer
) -> None:
    print_for(1)
    bulk_mailer.allowed = Allowance(rate=0, daily=None, used=0)
    sender.tick()
    sender.work()
    assert sender.outcomes[-1] == "account"


def test_a_bounce_is_judged_by_all_that_was_sent_told_or_not(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, service: Services
) -> None:
    print_for(1000)
    bulk_mailer.allowed = Allowance(rate=37.5, daily=None, used=0)
    offer = bulk_mailer.offer

    def bouncing(bulk: Bulk) -> list[SesReply]:
        replies = offer(bulk)
        for number, envelope in enumerate(bulk.envelopes, len(bulk_mailer.sent)):
            if number % 33 == 0:
                told(service, [envelope], "Bounce", **hard(envelope.to))
        return replies

    bulk_mailer.offer = bouncing  # type: ignore[method-assign]
    sender.tick()
    sender.work()
    assert sender.status == "SENDING"


def test_what_bounced_before_a_resume_does_not_pause_again(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    clock: SetClock,
) -> None:
    print_for(3000)
    sender.tick()

    def work(until: int) -> None:
        while len(bulk_mailer.sent) < until:
            _, job = sender.queue.jobs.pop(0)
            service.issues.worker.run(job, clock() + timedelta(seconds=240))

    work(1000)
    back = list(bulk_mailer.sent)
    for envelope in back[:45]:
        told(service, [envelope], "Bounce", **hard(envelope.to))
    assert sender.status == "AUTO_PAUSED"
    for envelope in back[45:75]:
        told(service, [envelope], "Bounce", **hard(envelope.to))
    lifecycle = service.issues.lifecycle
    lifecycle.resume(lifecycle.get(sent_issue.ISSUE), "rita-roy")
    sender.tick()
    work(1250)
    sender.tick()
    assert sender.status == "SENDING"


def test_whoever_changes_address_meanwhile_gets_the_follow_up_there(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    store: MemoryStore,
    service: Services,
    clock: SetClock,
) -> None:
    readers = print_for(3)
    sender.tick()
    _, job = sender.queue.jobs.pop(0)
    assert service.issues.worker.run(job, clock() + timedelta(minutes=4)) == "frozen"
    service.subscribers.preferences.move(readers[0].person, "new@example.org")
    assert (
        service.subscribers.preferences.confirm_move(
            readers[0].person, service.subscribers.sign_ups.person("new@example.org"), clock()
        )
        == "confirmed"
    )
    # To an address that gets the issue already: nothing more is owed to it.
    service.subscribers.preferences.move(readers[1].person, readers[2].email)
    assert (
        service.subscribers.preferences.confirm_move(readers[1].person, readers[2].person, clock())
        == "confirmed"
    )
    sender.run()
    assert [envelope.to for envelope in bulk_mailer.sent] == [readers[2].email]
    issue = issue_of(store, sent_issue.ISSUE)
    assert issue is not None
    found = [(one.email, one.again) for one in Unreached(store, clock)(issue)]
    assert sorted(found) == [("", False), ("new@example.org", True)]
    newsroom = service.views.progress.newsroom
    newsroom.schedule(newsroom.follow_up(issue, "rita-roy"), "rita-roy", clock())
    for _ in range(5):
        clock.pass_(minutes=1)
        service.issues.scheduler.mind(("ISSUE#" + sent_issue.ISSUE + "-suite-2", "ISSUE"))
        sender.work()
    assert [envelope.to for envelope in bulk_mailer.sent[1:]] == ["new@example.org"]


def test_an_issue_that_names_another_postal_address_waits_and_staff_are_told(
    sender: SendingRun, store: MemoryStore, clock: SetClock
) -> None:
    sent_issue.scheduled(store, clock(), postal_address="2 Old Street, Ottawa")
    assert sender.tick() == "waits"
    assert sender.status == "SCHEDULED"
    (told,) = [key for key in store.items if key[0].startswith("HELD#")]
    assert told[0].endswith("_sender_changed")

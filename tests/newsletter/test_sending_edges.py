"""Sending at its edges: moves while it begins, errors by mail, news after the end, figures."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

import issue_factory
import sent_issue
from chalicelib.core.errors import OutcomeUnknown
from chalicelib.core.records import stamp
from chalicelib.core.settings import Address
from chalicelib.newsletter.issue_counts import Readership, counted, shown
from chalicelib.newsletter.issues import archive
from chalicelib.newsletter.issues.issue import Issue, issue_of
from chalicelib.newsletter.sending.audience import Audience
from chalicelib.newsletter.sending.outcomes import Streak, outcome_of
from chalicelib.newsletter.sending.ports import SesReply
from chalicelib.newsletter.sending.recipients import counted_with, missed, recipients
from chalicelib.newsletter.sending.scheduler import Worker
from chalicelib.services import Services
from fakes import MemoryBulkMailer, MemoryMailer, MemoryQueue, MemoryStore, SetClock
from sent_issue import ISSUE, SendingRun, enrol, hard, reader, recounted, scheduled, sent_event
from subscribers import Person

KEY = b"k" * 32


@pytest.fixture
def run(service: Services, queue: MemoryQueue, clock: SetClock) -> SendingRun:
    service.issues.pace._wait = lambda seconds: clock.pass_(seconds=seconds)
    return SendingRun(service, queue, clock)


def now_is(store: MemoryStore) -> Issue:
    found = issue_of(store, ISSUE)
    assert found
    return found


# ---------------------------------------------------------------- the audience of one moment


@pytest.mark.parametrize("at", range(1, 40, 3))
def test_who_moves_while_the_audience_is_frozen_is_written_to_once(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    run: SendingRun, bulk_mailer: MemoryBulkMailer, at: int,
) -> None:  # fmt: skip
    """At whatever read of the audience the move comes, and whichever bucket is first."""
    people = [Person(service, mailer, clock, f"r{n}@example.org").joined() for n in range(4)]
    new = [Person(service, mailer, clock, f"n{n}@example.org") for n in range(4)]
    asked = []
    for one, to in zip(people, new, strict=True):
        clock.pass_(hours=2)
        service.subscribers.preferences.move(one.id, to.email)
        asked.append(clock())
    scheduled(store, clock())
    run.tick()
    reads, plain = [0], store.audience

    def audience(key: str) -> Any:
        reads[0] += 1
        if reads[0] == at:
            for one, to, when in zip(people, new, asked, strict=True):
                done = service.subscribers.preferences.confirm_move(one.id, to.id, when)
                assert done == "confirmed"
        return plain(key)

    store.audience = audience  # type: ignore[method-assign]
    run.work()
    run.run()
    got = [envelope.to for envelope in bulk_mailer.sent]
    for one, to in zip(people, new, strict=True):
        assert (one.email in got) + (to.email in got) <= 1
        if one.email not in got and to.email not in got:
            # Found afterwards, at the new address.
            again = [m for m in service.issues.unreached(now_is(store)) if m.again]
            assert to.email in [m.email for m in again]
    assert len(got) == len(set(got))


def test_a_move_during_the_freeze_leaves_nobody_out(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
) -> None:  # fmt: skip
    """The new address is in a bucket that was read, the old one in one that was not."""
    from chalicelib.newsletter.subscribers.subscriber import bucket_of

    old = new = None
    for n in range(200):
        one = Person(service, mailer, clock, f"p{n}@example.org")
        if bucket_of(one.id) == "20" and old is None:
            old = one
        if bucket_of(one.id) == "00" and new is None:
            new = one
    assert old
    assert new
    old.joined()
    clock.pass_(hours=2)
    service.subscribers.preferences.move(old.id, new.email)
    asked = clock()
    enrol(store, *[reader(KEY, f"x{n}@example.org") for n in range(40)])
    scheduled(store, clock())
    service.issues.scheduler.mind(("ISSUE#" + ISSUE, "ISSUE"))
    moved: list[str] = []
    plain = store.audience

    def audience(key: str) -> Any:
        if key == "fr#10" and not moved:
            moved.append(service.subscribers.preferences.confirm_move(old.id, new.id, asked))
        return plain(key)

    store.audience = audience  # type: ignore[method-assign]
    frozen = Audience(store, clock).freeze(now_is(store), clock() + timedelta(minutes=5))
    assert (frozen, moved) == ("frozen", ["confirmed"])
    people = [one.person for one in recipients(store, ISSUE)]
    assert people.count(new.id) == 1
    assert old.id not in people


# ---------------------------------------------------------------- errors, by mail and by issue


def judged(streak: Streak, replies: list[SesReply]) -> bool:
    found = {n: (reply, outcome_of(reply, 0)) for n, reply in enumerate(replies)}
    return streak.judge(found)[1] is not None


@pytest.mark.parametrize("kind", ["later", "refused", "account"])
def test_twenty_mails_that_fail_alike_pause_whatever_calls_they_were_in(kind: Any) -> None:
    assert judged(Streak(), [SesReply(kind, "x")] * 50)
    streak = Streak()
    assert [judged(streak, [SesReply(kind, "x")] * 5) for _ in range(4)] == [False] * 3 + [True]
    of_call = Streak()
    assert not judged(of_call, [SesReply(kind, "x", of_call=True)] * 50)


def test_an_issue_whose_every_mail_fails_is_paused_at_once(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock, run: SendingRun
) -> None:
    enrol(store, *[reader(KEY, f"r{n}@example.org") for n in range(90)])
    scheduled(store, clock())
    bulk_mailer.failing = [SesReply("later", "TRANSIENT_FAILURE")] * 9
    began = clock()
    run.tick()
    run.work()
    assert run.status == "AUTO_PAUSED"
    assert clock() - began < timedelta(minutes=5)


def test_the_errors_of_one_issue_are_not_those_of_the_next(
    service: Services, store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    sender = service.issues.sender
    service.issues.pace._wait = lambda seconds: clock.pass_(seconds=seconds)
    enrol(store, *[reader(KEY, f"r{n}@example.org") for n in range(18)])
    bulk_mailer.failing = [SesReply("refused", "no")] * 2
    for name in ("2026-03", "2026-04"):
        scheduled(store, clock(), id=name)
        service.issues.scheduler.mind((f"ISSUE#{name}", "ISSUE"))
        issue = issue_of(store, name)
        assert issue
        Audience(store, clock).freeze(issue, clock() + timedelta(minutes=5))
        for row in store.rows(f"ISSUE#{name}", "SHARD#"):
            shard = row["sk"].partition("#")[2]
            assert sender.work(name, shard, clock() + timedelta(minutes=1)).stopped is None


# ---------------------------------------------------------------- after the last mail


def all_sent(store: MemoryStore, clock: SetClock, run: SendingRun, number: int) -> None:
    enrol(store, *[reader(KEY, f"r{n}@example.org") for n in range(number)])
    scheduled(store, clock())
    run.run()


def letters(store: MemoryStore) -> list[str]:
    return [
        row["facts"]["reason"]
        for row in store.kinds("letter")
        if row["letter"] == "newsletter_held"
    ]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("Bounce", "late_bounces"), ("Complaint", "late_complaints"), ("Reject", "late_rejects"),
     ("Rendering Failure", "late_rejects")],
)  # fmt: skip
@pytest.mark.parametrize("hours", [0, 23, 25])
@pytest.mark.parametrize("end", ["SENT", "CANCELLED"])
def test_what_comes_back_is_counted_and_told_for_a_day_after_the_last_mail(  # noqa: PLR0913
    service: Services, store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock,
    run: SendingRun, kind: str, reason: str, hours: int, end: str,
) -> None:  # fmt: skip
    if end == "SENT":
        all_sent(store, clock, run, 210)
    else:
        enrol(store, *[reader(KEY, f"r{n}@example.org") for n in range(210)])
        scheduled(store, clock())
        run.tick()
        run.work()
        lifecycle = service.issues.lifecycle
        lifecycle.cancel(lifecycle.get(ISSUE), "rita-roy")
    clock.pass_(hours=hours)
    for envelope in bulk_mailer.sent[:30]:
        told = sent_event(envelope, kind)
        if kind in ("Bounce", "Complaint"):
            told[kind.lower()] = {
                **(hard(envelope.to) if kind == "Bounce" else {}), "timestamp": stamp(clock()),
            }  # fmt: skip
        service.feedback.take([told])
    assert run.status == end
    name = {"Bounce": "bounced", "Complaint": "complained"}.get(kind, "rejected")
    assert counted(store, ISSUE)["fr"][name] == 30
    assert counted(store, ISSUE) == {**recounted(store, ISSUE)}
    assert letters(store) == ([reason] if hours < 24 else [])
    assert len(list(missed(store, ISSUE))) == 30


def test_an_issue_that_ses_takes_and_does_not_send_is_paused(
    service: Services, store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock,
    run: SendingRun,
) -> None:  # fmt: skip
    enrol(store, *[reader(KEY, f"r{n}@example.org") for n in range(60)])
    scheduled(store, clock())
    run.tick()
    run.work()
    service.feedback.take(
        [sent_event(e, "Rendering Failure", errorMessage="x") for e in bulk_mailer.sent]
    )
    assert run.status == "AUTO_PAUSED"
    assert letters(store) == ["rejects"]


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize("text", ["Innoweave <info@example.org>", "info@", "a@b.org, c@d.org"])
def test_the_address_that_answers_mail_is_one_address(text: str) -> None:
    with pytest.raises(ValueError, match="must be an e-mail address"):
        TypeAdapter(Address).validate_python(text)


@pytest.mark.parametrize(
    "texts",
    [
        {"postal_address": "1, rue Ancienne"},
        {"named": ["Un autre nom", "info@example.org"]},
        {"named": ["Innoweave", "ancienne@example.org"]},
    ],
)
def test_an_issue_that_names_its_sender_otherwise_does_not_go_on(  # noqa: PLR0913
    service: Services, store: MemoryStore, bulk_mailer: MemoryBulkMailer, queue: MemoryQueue,
    clock: SetClock, run: SendingRun, texts: dict[str, Any],
) -> None:  # fmt: skip
    enrol(store, *[reader(KEY, f"r{n}@example.org") for n in range(3)])
    scheduled(store, clock(), **texts)
    issue = service.issues.lifecycle.start(now_is(store))
    service.issues.lifecycle.resume(service.issues.lifecycle.pause(issue, "rita-roy"), "rita-roy")
    worker: Worker = service.issues.worker
    told = worker.run({"issue": ISSUE}, clock() + timedelta(minutes=1))
    assert told == "sender_changed"
    assert not bulk_mailer.sent
    assert letters(store) == ["sender_changed"]


# ---------------------------------------------------------------- figures


def adds_up(store: MemoryStore) -> None:
    for of_lang in counted(store, ISSUE).values():
        figures = shown(of_lang)
        parts = ("sent", "skipped", "failed", "unknown", "waiting")
        assert figures["queued"] == sum(figures[name] for name in parts)


Leave = Callable[[Person], str]


def test_who_leaves_by_an_issue_is_counted_once_in_the_language_of_its_mail(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock, run: SendingRun
) -> None:
    ada = Person(service, mailer, clock).joined()
    scheduled(store, clock())
    run.run()
    adds_up(store)
    assert counted_with(store, ISSUE, ada.id) == Readership("fr", ("news",))
    tester = Person(service, mailer, clock, "tester@example.org").joined()

    def leaves(one: Person) -> str:
        return service.subscribers.subscriptions.leave(one.id, channel="page", issue=ISSUE)

    assert leaves(tester) == "left"
    assert counted(store, ISSUE)["fr"]["left_page"] == 0, "a test of the issue is no mail of it"
    service.subscribers.preferences.choose(ada.id, lang="en", topics=["news"])
    assert leaves(ada) == "left"
    ada.joined()
    assert leaves(ada) == "left"
    found = counted(store, ISSUE)
    assert (found["fr"]["left_page"], found["en"]["left_page"]) == (1, 0)


def test_who_moved_before_leaving_is_counted_where_the_mail_went(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock, run: SendingRun
) -> None:
    ada = Person(service, mailer, clock).joined()
    bea = Person(service, mailer, clock, "bea@example.org")
    scheduled(store, clock())
    run.run()
    assert ada.move(bea) == "confirmed"
    service.subscribers.subscriptions.leave(ada.id, channel="header", issue=ISSUE)
    assert bea.status == "UNSUBSCRIBED"
    assert counted(store, ISSUE)["fr"]["left_header"] == 1


def test_a_report_while_it_is_sent_misses_nobody_who_waits(
    service: Services, store: MemoryStore, clock: SetClock, run: SendingRun
) -> None:
    enrol(store, *[reader(KEY, f"r{n}@example.org", "en" if n % 3 else "fr") for n in range(60)])
    scheduled(store, clock())
    run.tick()
    Audience(store, clock).freeze(now_is(store), clock() + timedelta(minutes=5))
    adds_up(store)
    assert list(service.issues.unreached(now_is(store))) == []
    run.work()
    adds_up(store)
    assert list(service.issues.unreached(now_is(store))) == []


def test_who_moved_while_it_was_sent_is_called_so(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock, run: SendingRun
) -> None:
    ada = Person(service, mailer, clock).joined()
    bea = Person(service, mailer, clock, "bea@example.org")
    scheduled(store, clock())
    run.tick()
    Audience(store, clock).freeze(now_is(store), clock() + timedelta(minutes=5))
    assert ada.move(bea) == "confirmed"
    run.run()
    (one,) = service.issues.unreached(now_is(store))
    assert (one.why, one.email, one.again) == ("skipped_moved", bea.email, True)


# ---------------------------------------------------------------- archive and feeds


def test_an_issue_cancelled_before_any_mail_left_is_in_no_archive(service: Services) -> None:
    issue = issue_factory.sending(service)
    store = service.store
    assert archive.newest(store, 5)
    service.issues.lifecycle.cancel(issue, "rita-roy")
    assert archive.newest(store, 5) == []
    assert archive.published(store, issue.id, "fr") is None


def test_an_issue_cancelled_after_mails_left_keeps_its_page(
    service: Services, store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock,
    run: SendingRun,
) -> None:  # fmt: skip
    """Also when it is known only later that they had left."""
    enrol(store, *[reader(KEY, f"r{n}@example.org") for n in range(3)])
    scheduled(store, clock())
    run.tick()
    assert archive.newest(store, 5)
    bulk_mailer.failing = [OutcomeUnknown("time-out")]
    run.work()
    service.issues.lifecycle.cancel(now_is(store), "rita-roy")
    assert archive.newest(store, 5) == []
    tags = {"campaign": [ISSUE], "row": ["00-0000-0-0"], "lang": ["fr"]}
    mail = {"messageId": "m", "tags": tags, "destination": ["r0@example.org"]}
    service.feedback.take([{"eventType": "Send", "mail": mail, "send": {}}])
    run.tick()
    for _ in range(3):
        run.work()
        if run.queue.jobs:
            run.wait()
    assert counted(store, ISSUE)["fr"]["sent"] >= 1
    assert len(archive.newest(store, 5)) == 1
    assert now_is(store).id == sent_issue.ISSUE

"""An issue on its way: frozen, leased, looked at again, sent, settled, finished."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import sent_issue
from chalicelib.core.errors import OutcomeUnknown, StoreDown, Throttled
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues.issue import issue_of
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.ports import BulkDeclined, Job, SesReply
from chalicelib.newsletter.sending.recipients import missed, recipients
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from fakes import (
    MemoryBulkMailer,
    MemoryMailer,
    MemoryQueue,
    MemoryStore,
    MemorySuppression,
    SetClock,
)
from sent_issue import Print, SendingRun, sent_event

KEY = b"p" * 32


def state_of(store: MemoryStore, reader: Subscriber) -> tuple[str, str]:
    (one,) = [r for r in recipients(store, sent_issue.ISSUE) if r.person == reader.person]
    return one.state, one.why


def test_every_reader_gets_the_issue_once_in_their_language(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, store: MemoryStore
) -> None:
    readers = print_for(120)
    sender.run()
    assert sender.status == "SENT"
    assert sorted(e.to for e in bulk_mailer.sent) == sorted(r.email for r in readers)
    for bulk in bulk_mailer.bulks:
        langs = {r.lang for r in readers if r.email in {e.to for e in bulk.envelopes}}
        assert langs == {bulk.rendered.lang}
    counts = counted(store, sent_issue.ISSUE)
    assert counts["fr"]["queued"] == counts["fr"]["sent"] == 80
    assert counts["en"]["queued"] == counts["en"]["sent"] == 40
    issue = issue_of(store, sent_issue.ISSUE)
    assert issue is not None
    assert issue.report == counts
    assert sent_issue.recounted(store, sent_issue.ISSUE)["fr"]["sent"] == 80


def test_each_mail_carries_the_headers_of_a_newsletter_and_its_own_way_out(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, service: Services
) -> None:
    (reader,) = print_for(1)
    sender.run()
    (bulk,) = bulk_mailer.bulks
    (envelope,) = bulk.envelopes
    assert bulk.headers == {
        "List-Id": "<news-en.example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Content-Language": "en-CA",
        "Feedback-ID": "2026-03:en:newsletter:relais-test",
        "Precedence": "bulk",
    }
    leave = service.links.unsubscribe(reader.person, sent_issue.ISSUE)
    token = leave.rpartition("/")[2]
    assert envelope.headers == {
        "List-Unsubscribe": f"<{leave}>, <mailto:info@example.org?subject=unsubscribe%20{token}>"
    }
    assert envelope.values["unsubscribe_url"] == leave
    assert service.links.open_unsubscribe(token) == (reader.person, sent_issue.ISSUE)
    assert envelope.values["first_name"] == "R0"
    assert set(envelope.tags) == {"campaign", "row", "lang"}
    assert all(len(value) < 996 for value in {**bulk.headers, **envelope.headers}.values())


def test_without_a_postal_address_nothing_is_sent_and_the_admins_are_told_once_a_day(  # noqa: PLR0913
    store: MemoryStore,
    mailer: MemoryMailer,
    clock: SetClock,
    bulk_mailer: MemoryBulkMailer,
    queue: MemoryQueue,
    service: Services,
    print_for: Print,
) -> None:
    unset = service.settings.model_copy(update={"postal_address": ""})
    service.parts = replace(service.parts, settings=unset)
    print_for(3)
    sender = SendingRun(service, queue, clock)
    for _ in range(5):
        assert sender.tick() == "waits"
    assert sender.status == "SCHEDULED"
    assert queue.jobs == []
    told = [i for i in store.kinds("letter") if i["letter"] == "newsletter_held"]
    assert [t["facts"]["reason"] for t in told] == ["postal_address"]


def test_an_unsubscribe_is_honoured_inside_a_running_issue(  # noqa: PLR0913
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    store: MemoryStore,
    service: Services,
    clock: SetClock,
) -> None:
    readers = print_for(6, topics=["news"])
    sender.tick()
    frozen = sender.queue.jobs.pop()[1]
    assert sender.service.issues.worker.run(frozen, clock() + timedelta(minutes=4)) == "frozen"
    gone, paused, other, bounced, erased, stays = readers
    service.subscribers.subscriptions.leave(gone.person, channel="header", issue=sent_issue.ISSUE)
    service.subscribers.preferences.pause(paused.person)
    service.subscribers.preferences.choose(other.person, lang="fr", topics=[])
    service.subscribers.feedback.bounced(bounced.person, hard=True, at="2026-03-02T15:00:00.000Z")
    del store.items[erased.key]
    sender.run()
    assert [e.to for e in bulk_mailer.sent] == [stays.email]
    assert [state_of(store, r) for r in readers] == [
        ("SKIPPED", "unsubscribed"),
        ("SKIPPED", "paused"),
        ("SKIPPED", "topics"),
        ("SKIPPED", "bounced"),
        ("SKIPPED", "erased"),
        ("SENT", ""),
    ]
    assert {one.why for one in missed(store, sent_issue.ISSUE)} == {
        "unsubscribed", "paused", "topics", "bounced", "erased",
    }  # fmt: skip


def test_who_changed_language_meanwhile_reads_the_other_text(  # noqa: PLR0913
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    clock: SetClock,
) -> None:
    first, second = print_for(2)
    sender.tick()
    frozen = sender.queue.jobs.pop()[1]
    sender.service.issues.worker.run(frozen, clock() + timedelta(minutes=4))
    service.subscribers.preferences.choose(first.person, lang="fr", topics=["news"])
    sender.run()
    assert {(e.to, b.rendered.lang) for b in bulk_mailer.bulks for e in b.envelopes} == {
        (first.email, "fr"),
        (second.email, "fr"),
    }


def test_a_bad_address_does_not_keep_the_others_from_their_issue(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, store: MemoryStore
) -> None:
    readers = print_for(40)
    bad = readers[7]
    offer = bulk_mailer.offer

    def picky(bulk: Any) -> list[SesReply]:
        if any(e.to == bad.email for e in bulk.envelopes):
            raise BulkDeclined("BadRequestException: illegal address")
        return offer(bulk)

    bulk_mailer.offer = picky  # type: ignore[method-assign]
    sender.run()
    assert len(bulk_mailer.sent) == len({e.to for e in bulk_mailer.sent}) == 39
    assert state_of(store, bad) == ("FAILED_PERM", "BadRequestException: illegal address")


def test_throttled_recipients_get_it_later_and_nobody_twice(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, store: MemoryStore
) -> None:
    print_for(120)
    bulk_mailer.failing = [SesReply("throttled", "too fast")] * 3
    sender.run()
    assert len(bulk_mailer.sent) == len({e.to for e in bulk_mailer.sent}) == 120
    assert all(one.tries == 0 for one in recipients(store, sent_issue.ISSUE))


class Chains(MemoryQueue):
    """A queue that drops what a worker puts there at the sixteenth link of a chain, as Lambda's
    recursive-loop detection does; what the sweep puts there begins a chain."""

    LIMIT = 16

    def __init__(self) -> None:
        super().__init__()
        self.link = 0
        self.longest = 0
        self.dropped = 0

    def put(self, jobs: Sequence[Job], delay: int = 0) -> None:
        self.longest = max(self.longest, self.link)
        if self.link >= self.LIMIT:
            self.dropped += len(jobs)
            return
        self.jobs += [(delay, {**job, "_link": self.link + 1}) for job in jobs]  # type: ignore[typeddict-unknown-key]


class ChainedRun(SendingRun):
    """The clock and the queue, with the link of the chain that each message is."""

    def tick(self) -> str:
        self.queue.link = 0  # type: ignore[attr-defined]
        return super().tick()

    def work(self) -> list[str]:
        jobs, self.queue.jobs = self.queue.jobs, []
        for delay, job in jobs:
            if delay > 60:
                self.queue.jobs.append((delay - 60, job))
                continue
            self.queue.link = job["_link"]  # type: ignore[attr-defined, typeddict-item]
            self.outcomes.append(
                self.service.issues.worker.run(job, self.clock() + timedelta(seconds=240))
            )
        return []


@pytest.mark.parametrize("weather", ["throttled", "quota", "busy"])
def test_an_issue_that_waits_long_meets_no_end_of_its_chain(
    settings: Settings, service: Services, store: MemoryStore, bulk_mailer: MemoryBulkMailer,
    clock: SetClock, print_for: Print, weather: str,
) -> None:  # fmt: skip
    queue = Chains()
    again = Services(settings, store, service.secret, MemoryMailer(), clock,
                     MemorySuppression(), (bulk_mailer, queue))  # fmt: skip
    print_for(12)
    run = ChainedRun(again, queue, clock)
    until = clock() + timedelta(hours=8 if weather == "quota" else 0.6)
    allowed = bulk_mailer.allowed

    def allowance() -> Allowance:
        if clock() < until and weather == "busy":
            raise Throttled("TooManyRequestsException")
        return Allowance(1000, 10, 10) if clock() < until and weather == "quota" else allowed

    bulk_mailer.allowance = allowance  # type: ignore[method-assign]
    while run.tick() != "finished":
        busy = clock() < until and weather == "throttled"
        bulk_mailer.failing = [SesReply("throttled", "too fast")] * 50 if busy else []
        run.work()
        assert clock() < until + timedelta(hours=1)
    assert not queue.dropped
    assert 2 <= queue.longest < Chains.LIMIT
    assert len(bulk_mailer.sent) == len({e.to for e in bulk_mailer.sent}) == 12
    told = [i for i in store.kinds("letter") if i["letter"] == "newsletter_held"]
    assert bool(told) == (weather == "quota"), "what a minute mends is told to nobody"


def test_a_lost_answer_is_settled_by_the_events_of_ses(  # noqa: PLR0913
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    store: MemoryStore,
    service: Services,
    clock: SetClock,
) -> None:
    readers = print_for(9)
    offer = bulk_mailer.offer
    lost: list[Any] = []

    def loses_the_first(bulk: Any) -> list[SesReply]:
        replies = offer(bulk)
        if not lost:
            lost.extend(bulk.envelopes)
            raise OutcomeUnknown("ReadTimeoutError")
        return replies

    bulk_mailer.offer = loses_the_first  # type: ignore[method-assign]
    sender.tick()
    sender.work()
    assert {r.state for r in recipients(store, sent_issue.ISSUE)} == {"SENT", "UNKNOWN"}
    told, silent = lost[:-1], lost[-1]
    service.feedback.take([sent_event(e) for e in told])
    sender.run()
    times = {r.email: [e.to for e in bulk_mailer.sent].count(r.email) for r in readers}
    assert times == {r.email: 1 + (r.email == silent.to) for r in readers}
    assert {r.state for r in recipients(store, sent_issue.ISSUE)} == {"SENT"}


def test_twenty_errors_of_one_kind_pause_the_issue_and_nobody_is_given_up(  # noqa: PLR0913
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    store: MemoryStore,
    service: Services,
    deliver: Callable[[], int],
    mailer: MemoryMailer,
) -> None:
    readers = print_for(120)
    bulk_mailer.refused = {r.email: SesReply("refused", "MESSAGE_REJECTED: virus") for r in readers}
    sender.tick()
    sender.work()
    assert sender.status == "AUTO_PAUSED"
    assert {r.state for r in recipients(store, sent_issue.ISSUE)} <= {"QUEUED", "RETRY"}
    issue = issue_of(store, sent_issue.ISSUE)
    assert issue is not None
    assert issue.paused is not None
    assert issue.paused["reason"] == "errors"
    told = [i for i in store.kinds("letter") if i["letter"] == "newsletter_held"]
    assert [t["to"] for t in told] == ["admins"]
    bulk_mailer.refused = {}
    service.issues.lifecycle.resume(issue, "rita-roy")
    sender.run()
    assert len(bulk_mailer.sent) == 120


def test_a_pause_stops_the_next_call_and_a_resume_goes_on_where_it_stopped(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    service: Services,
    clock: SetClock,
) -> None:
    print_for(200)
    offer = bulk_mailer.offer

    def pauses(bulk: Any) -> list[SesReply]:
        replies = offer(bulk)
        if len(bulk_mailer.bulks) == 2:
            clock.pass_(seconds=2)
            service.issues.lifecycle.pause(
                service.issues.lifecycle.get(sent_issue.ISSUE), "rita-roy"
            )
        return replies

    bulk_mailer.offer = pauses  # type: ignore[method-assign]
    sender.tick()
    sender.work()
    assert sender.status == "PAUSED"
    before = len(bulk_mailer.sent)
    assert before < 200
    assert sender.tick() == "gone"
    assert sender.work() == []
    bulk_mailer.offer = offer  # type: ignore[method-assign]
    service.issues.lifecycle.resume(service.issues.lifecycle.get(sent_issue.ISSUE), "rita-roy")
    sender.run()
    assert len(bulk_mailer.sent) == len({e.to for e in bulk_mailer.sent}) == 200


def test_the_rest_of_a_shard_is_left_to_the_next_function_before_time_is_over(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    print_for(300)
    bulk_mailer.allowed = Allowance(rate=1, daily=None, used=0)
    sender.tick()
    sender.work()
    assert "time" in sender.outcomes
    sender.run()
    assert len(bulk_mailer.sent) == len({e.to for e in bulk_mailer.sent}) == 300


def test_the_quota_of_the_day_stops_it_and_its_return_goes_on(  # noqa: PLR0913
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    store: MemoryStore,
    clock: SetClock,
) -> None:
    print_for(120)
    daily = 100
    bulk_mailer.allowance = lambda: Allowance(1000, daily, 50 + len(bulk_mailer.sent))  # type: ignore[method-assign]
    sender.tick()
    sender.work()
    assert "quota" in sender.outcomes
    assert len(bulk_mailer.sent) == 45
    (told,) = [i for i in store.kinds("letter") if i["letter"] == "newsletter_held"]
    assert told["facts"]["reason"] == "quota"
    daily = 1000
    sender.run()
    assert len(bulk_mailer.sent) == len({e.to for e in bulk_mailer.sent}) == 120


def test_a_store_that_is_down_for_a_while_costs_time_and_nobody(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, store: MemoryStore
) -> None:
    print_for(120)
    profiles, down = store.profiles, [True, True]

    def shaky(people: Any) -> Any:
        if down:
            down.pop()
            raise StoreDown("busy")
        return profiles(people)

    store.profiles = shaky  # type: ignore[method-assign]
    sender.run()
    assert len(bulk_mailer.sent) == len({e.to for e in bulk_mailer.sent}) == 120


def test_who_was_missed_gets_a_follow_up_and_nobody_else(
    sender: SendingRun,
    print_for: Print,
    bulk_mailer: MemoryBulkMailer,
    store: MemoryStore,
    clock: SetClock,
) -> None:
    readers = print_for(30)
    lost = [readers[3], readers[4]]
    bulk_mailer.refused = {r.email: SesReply("refused", "MESSAGE_REJECTED: no") for r in lost}
    sender.run()
    assert {m.person for m in missed(store, sent_issue.ISSUE)} == {r.person for r in lost}
    bulk_mailer.refused, bulk_mailer.sent = {}, []
    sent_issue.scheduled(store, clock(), id="2026-03-suite-2", segment={"missed": sent_issue.ISSUE})
    issues, until = sender.service.issues, clock() + timedelta(minutes=4)
    issues.scheduler.mind(("ISSUE#2026-03-suite-2", "ISSUE"))
    while sender.queue.jobs:
        issues.worker.run(sender.queue.jobs.pop(0)[1], until)
    assert sorted(e.to for e in bulk_mailer.sent) == sorted(r.email for r in lost)


def test_a_message_that_got_lost_is_queued_again(
    sender: SendingRun, print_for: Print, bulk_mailer: MemoryBulkMailer, queue: MemoryQueue
) -> None:
    print_for(10)
    sender.tick()
    worker, until = sender.service.issues.worker, sender.clock() + timedelta(minutes=4)
    assert worker.run(queue.jobs.pop()[1], until) == "frozen"
    assert queue.jobs
    queue.jobs.clear()
    for _ in range(4):
        sender.tick()
    sender.work()
    assert len(bulk_mailer.sent) == 10


def test_a_letter_says_what_happened_and_where_to_resume(  # noqa: PLR0913
    sender: SendingRun,
    print_for: Print,
    service: Services,
    store: MemoryStore,
    deliver: Callable[[], int],
    mailer: MemoryMailer,
) -> None:
    print_for(5)
    sender.tick()
    service.issues.auto_pause.hold(sent_issue.ISSUE, "bounces", {"sent": 300, "bounced": 20})
    assert deliver() >= 1
    for mail in mailer.sent:
        fr = mail.lang == "fr"
        assert mail.subject.startswith("Intervention requise" if fr else "Action needed: issue")
        assert "20" in mail.text
        assert "300" in mail.text
        assert "/newsletter/progress/" in mail.text

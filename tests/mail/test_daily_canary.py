"""A canary each day, by the sweep: the alarm rings when it does not come back, and for nothing else."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import AccountRefused, DeliveryFailed, OutcomeUnknown, Throttled
from chalicelib.core.letter_row import is_canary
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings, read
from chalicelib.mail.canary import ADDRESS, Canary
from chalicelib.mail.daily_canary import CLOCK_KEY, DailyCanary
from chalicelib.services import Services
from environment import ENVIRONMENT
from fakes import MemoryMailer, MemoryStore, SetClock
from logged import Lines

DAY, HOUR = 24 * 60, 60
"""In minutes."""


@pytest.fixture
def settings() -> Settings:
    return read({**ENVIRONMENT, "DAILY_CANARY": "on"})


@dataclass
class Days:
    """A stage whose sweep runs when its canary's clock is due, and SES that reports."""

    service: Services
    store: MemoryStore
    mailer: MemoryMailer
    clock: SetClock
    lines: Lines

    def minute(self) -> None:
        """What the schedule of each minute does."""
        self.service.mail.daily_canary.ensure_scheduled()
        self.service.mail.outbox.sweep()

    def next(self) -> float:
        """Sweep when the clock is due; return how many minutes that took."""
        due = moment(self.store.items[CLOCK_KEY]["due_at"])
        waited = max(0.0, (due - self.clock()).total_seconds())
        self.clock.pass_(seconds=waited)
        self.minute()
        return waited / 60

    def stream(self, *failing: Exception, report: str = "Delivery") -> None:
        """The stream brings what a canary owes; SES fails so, or takes it and reports."""
        self.mailer.failing += failing
        before = len(self.mailer.sent)
        for row in self.rows():
            if row["kind"] == "letter":
                self.service.mail.outbox.deliver((row["pk"], row["sk"]))
        if report and len(self.mailer.sent) > before:
            self.report(report)

    def report(self, kind: str = "Delivery") -> None:
        tags = {"mail": [self.mailer.sent[-1].tag], "cid": [self.mailer.sent[-1].cid]}
        mail = {"tags": tags, "messageId": "m", "destination": [ADDRESS]}
        self.service.delivery_events.settle({"eventType": kind, "mail": mail, kind.lower(): {}})

    def rows(self) -> list[Item]:
        return [row for (pk, _), row in sorted(self.store.items.items()) if is_canary(pk)]

    def verdicts(self) -> list[float]:
        """What the alarm was given, so far."""
        return [one["test-canary-lost"] for one in self.lines.all() if "test-canary-lost" in one]


@pytest.fixture
def days(
    service: Services, store: MemoryStore, mailer: MemoryMailer, clock: SetClock, lines: Lines
) -> Days:
    found = Days(service, store, mailer, clock, lines)
    found.minute()
    return found


def test_one_flies_each_day_at_the_same_hour_and_nobody_hears_of_it(days: Days) -> None:
    began = days.clock()
    for day in range(3):
        assert [row["pk"] for row in days.rows()] == ["CANARY#DAILY"] * 2
        others = {k: v for k, v in deepcopy(days.store.items).items() if not is_canary(k[0])}
        days.stream()
        assert {k: v for k, v in days.store.items.items() if not is_canary(k[0])} == others
        assert days.next() == pytest.approx(2)
        assert days.rows() == []
        assert days.verdicts() == [0] * (day + 1)
        days.next()
        assert (days.clock() - began).total_seconds() == (day + 1) * DAY * 60
    assert {mail.to for mail in days.mailer.sent} == {ADDRESS}
    assert days.service.reputation.sums() == {}


@pytest.mark.parametrize(
    ("failing", "report"),
    [
        ([], ""),
        ([], "Bounce"),
        ([DeliveryFailed("MessageRejected", permanent=True)], ""),
        ([OutcomeUnknown("nobody knows")], ""),
    ],
    ids=["no report", "bounced", "refused", "unknown"],
)
def test_one_that_does_not_come_back_rings_within_a_quarter_of_an_hour_and_the_next_ends_it(
    days: Days, failing: list[Exception], report: str
) -> None:
    days.stream(*failing, report=report)
    waited = 0.0
    while not days.verdicts() and waited <= 17:
        waited += days.next()
    assert days.verdicts() == [1]
    assert waited <= 17
    assert days.rows() == []
    assert days.next() == pytest.approx(HOUR)
    days.stream()
    days.next()
    assert days.verdicts() == [1, 0]
    assert {mail.to for mail in days.mailer.sent} <= {ADDRESS}, "nobody is written to of it"


def test_one_that_left_by_the_sweep_rings_too(days: Days) -> None:
    days.clock.pass_(minutes=1.5)
    days.minute()
    days.report()
    days.next()
    assert days.verdicts() == [1]


def test_one_that_ses_had_no_time_for_may_be_late(days: Days) -> None:
    days.stream(Throttled("Maximum sending rate exceeded"))
    assert days.verdicts() == []
    for _ in range(5):
        days.clock.pass_(minutes=1)
        days.stream()
    days.next()
    assert days.verdicts() == [0]


def paused(days: Days) -> None:
    days.service.reputation.pause("all", "rita-roy")


def refused(days: Days) -> None:
    days.mailer.failing += [AccountRefused("paused")] * 999
    days.stream()


@pytest.mark.parametrize("keep", [paused, refused])
def test_while_something_keeps_letters_none_is_lost_and_it_flies_again_afterwards(
    days: Days, keep: Callable[[Days], None]
) -> None:
    """The pause, or SES that refuses the account, has alarms of its own."""
    keep(days)
    for _ in range(12):
        days.next()
        days.stream()
    assert days.verdicts() == []
    days.mailer.failing.clear()
    days.service.reputation.resume("rita-roy")
    until = days.clock() + timedelta(hours=3)
    while not days.verdicts() and days.clock() < until:
        days.next()
        days.stream()
        for row in days.rows():
            if row.get("status") == "sent":
                days.report()
    assert days.verdicts() == [0]


def test_yesterday_s_is_taken_away_and_the_doctor_s_is_left_alone(days: Days) -> None:
    doctor = Canary(days.store, days.clock, "DOCTOR", "one")
    days.store.commit(doctor.written())
    days.clock.pass_(days=1)
    days.stream(report="")
    days.next()
    assert [row["pk"] for row in days.rows()] == ["CANARY#DOCTOR"] * 2


def test_whoever_dies_in_between_flies_again_and_two_sweeps_release_one(days: Days) -> None:
    other = DailyCanary(days.store, days.clock, is_on=True)
    other.ensure_scheduled()
    assert len(days.rows()) == 2
    assert other.fire(CLOCK_KEY) == "later"
    for row in days.rows():
        del days.store.items[row["pk"], row["sk"]]
    days.next()
    assert days.verdicts() == []
    assert days.next() == pytest.approx(HOUR)
    before = days.store.before
    calls: list[str] = []

    def raced(writes: Any) -> None:
        days.store.before = before
        calls.append(other.fire(CLOCK_KEY))

    days.stream()
    days.clock.pass_(minutes=2)
    days.store.before = raced
    assert days.service.mail.daily_canary.fire(CLOCK_KEY) == "taken"
    assert calls == ["back"]


def test_switched_off_it_ends_its_alarm_and_flies_no_more(days: Days) -> None:
    off = DailyCanary(days.store, days.clock, is_on=False)
    days.service.mail.__dict__["daily_canary"] = off
    days.service.mail.__dict__.pop("outbox")
    days.next()
    assert days.verdicts() == [0]
    assert CLOCK_KEY not in days.store.items
    assert days.rows() == []
    days.minute()
    assert CLOCK_KEY not in days.store.items

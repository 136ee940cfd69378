"""The pace: one line for all workers, half of it when SES says so, and an end for the day."""

from datetime import datetime, timedelta

import pytest

from chalicelib.core.errors import NotYet, Throttled
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.pacing import PACE_KEY, Pace, QuotaReached
from fakes import MemoryBulkMailer, MemoryStore, SetClock


def pace(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock, at_most: int = 1000
) -> Pace:
    return Pace(store, bulk_mailer, clock, lambda s: clock.pass_(seconds=s), at_most=at_most)


@pytest.mark.parametrize(
    ("allowed", "at_most", "rate", "chunk"),
    [(14, 1000, 11.2, 5), (500, 1000, 400, 50), (500, 20, 20, 10), (1, 1000, 0.8, 1)],
)
def test_the_rate_is_a_share_of_what_ses_allows_or_the_setting(  # noqa: PLR0913
    store: MemoryStore,
    bulk_mailer: MemoryBulkMailer,
    clock: SetClock,
    allowed: float,
    at_most: int,
    rate: float,
    chunk: int,
) -> None:
    bulk_mailer.allowed = Allowance(rate=allowed, daily=None, used=0)
    found = pace(store, bulk_mailer, clock, at_most)
    assert found.rate() == pytest.approx(rate)
    assert found.chunk() == chunk


def test_workers_wait_in_one_line(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    bulk_mailer.allowed = Allowance(rate=100, daily=None, used=0)
    workers = [pace(store, bulk_mailer, clock) for _ in range(4)]
    began = clock()
    for turn in range(40):
        workers[turn % 4].take(40)
    # 1,600 at 80 a second; the first does not wait.
    assert (clock() - began).total_seconds() == pytest.approx(19.5, abs=0.2)


def test_throttling_halves_the_rate_once_for_all_and_it_comes_back_slowly(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    bulk_mailer.allowed = Allowance(rate=100, daily=None, used=0)
    one, other = pace(store, bulk_mailer, clock), pace(store, bulk_mailer, clock)
    one.take(1)
    other.take(1)
    one.throttled()
    other.throttled()
    assert one.rate() == other.rate() == pytest.approx(40)
    clock.pass_(seconds=20)
    assert one.rate() == pytest.approx(48)
    clock.pass_(seconds=80)
    assert one.rate() == pytest.approx(80)


def test_throttling_never_stops_it_whole(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    found = pace(store, bulk_mailer, clock)
    for _ in range(20):
        found.throttled()
        clock.pass_(seconds=1.5)
    assert found.rate() > 40


def test_it_stops_for_the_day_and_goes_on_when_ses_has_forgotten(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    bulk_mailer.allowed = Allowance(rate=1000, daily=1000, used=900)
    found = pace(store, bulk_mailer, clock)
    found.take(50)
    bulk_mailer.allowed = Allowance(rate=1000, daily=1000, used=950)
    with pytest.raises(QuotaReached, match="950 of 1000"):
        found.take(1)
    bulk_mailer.allowed = Allowance(rate=1000, daily=1000, used=100)
    clock.pass_(minutes=2)
    found.take(1)


def test_an_account_that_may_not_send_is_left_alone(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    bulk_mailer.allowed = Allowance(rate=10, daily=None, used=0, stopped="switched_off")
    with pytest.raises(NotYet, match="switched_off"):
        pace(store, bulk_mailer, clock).take(1)


def test_ses_is_asked_once_a_minute(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    asked: list[int] = []
    bulk_mailer.allowance = lambda: asked.append(1) or Allowance(10_000, None, 0)  # type: ignore[method-assign, func-returns-value]
    found = pace(store, bulk_mailer, clock)
    for _ in range(118):
        found.take(1)
        clock.pass_(seconds=1)
    assert len(asked) == 2


class OnceASecond(MemoryBulkMailer):
    """An SES that says what it allows once a second, to whoever comes first."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__()
        self._clock = clock
        self.asked: list[datetime] = []
        self.too_fast = 0
        self.silent = False

    def allowance(self) -> Allowance:
        now = self._clock()
        if self.silent or (self.asked and now - self.asked[-1] < timedelta(seconds=1)):
            self.too_fast += 1
            raise Throttled("TooManyRequestsException")
        self.asked.append(now)
        return self.allowed


def test_workers_that_start_together_ask_ses_once_a_minute_and_share_the_answer(
    store: MemoryStore, clock: SetClock
) -> None:
    ses = OnceASecond(clock)
    workers = [pace(store, ses, clock) for _ in range(5)]
    for _ in range(170):
        for worker in workers:
            worker.take(1)
        clock.pass_(seconds=1)
    assert not ses.too_fast
    assert 3 <= len(ses.asked) <= 5


def test_while_ses_does_not_say_what_it_allows_its_last_word_holds(
    store: MemoryStore, clock: SetClock
) -> None:
    ses = OnceASecond(clock)
    ses.allowed = Allowance(rate=20, daily=None, used=0)
    pace(store, ses, clock).take(1)
    ses.silent = True
    clock.pass_(minutes=5)
    newcomer = pace(store, ses, clock)
    newcomer.take(1)
    assert newcomer.rate() == 16
    clock.pass_(minutes=20)
    with pytest.raises(Throttled):
        pace(store, ses, clock).take(1)


def test_a_worker_that_comes_first_after_a_while_does_not_wait(
    store: MemoryStore, bulk_mailer: MemoryBulkMailer, clock: SetClock
) -> None:
    found = pace(store, bulk_mailer, clock)
    for _ in range(3):
        before = clock()
        found.take(50)
        assert clock() == before
        clock.pass_(hours=1)
    assert store.items[PACE_KEY]["free_at"] > 0

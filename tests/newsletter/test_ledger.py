"""The ledger of an issue: what each recipient's state becomes, whatever happens."""

from datetime import timedelta

import pytest

from chalicelib.core.records import stamp
from chalicelib.newsletter.issue_counts import Readership
from chalicelib.newsletter.sending import ledger
from chalicelib.newsletter.sending.keys import row_of, row_tag
from chalicelib.newsletter.sending.ledger import Batch, RecipientOutcome, State, batches_of
from fakes import SetClock

PEOPLE = tuple(f"{number:032x}" for number in range(5))


@pytest.fixture
def batch() -> Batch:
    return Batch("2026-03", "00-0000", 0, "fr", PEOPLE, "QQQQQ")


def test_a_row_comes_back_as_it_was_put(batch: Batch, clock: SetClock) -> None:
    outcomes = {
        0: RecipientOutcome("S", message_id="m0"),
        1: RecipientOutcome("R", "full"),
        2: RecipientOutcome("U", "?"),
    }
    after = batch.leased([0, 1, 2], clock()).answered(outcomes, clock())
    assert Batch.of(after.row(clock()).item) == after
    assert after.states == "SRUQQ"


def test_people_are_packed_in_sixteen_bytes_each(batch: Batch, clock: SetClock) -> None:
    assert len(batch.row(clock()).item["people"]) == 16 * len(PEOPLE)


def test_what_is_leased_is_ready_for_nobody_else(batch: Batch, clock: SetClock) -> None:
    assert batch.ready(clock()) == [0, 1, 2, 3, 4]
    leased = batch.leased([0, 1], clock())
    assert leased.states == "LLQQQ"
    assert leased.ready(clock()) == []
    assert leased.next_at(clock()) == clock() + ledger.LEASE_TIMEOUT


def test_what_was_in_flight_is_flagged_when_its_lease_lapses(batch: Batch, clock: SetClock) -> None:
    leased = batch.leased([0, 1], clock())
    assert leased.settled({}, clock()) is leased
    began = clock()
    clock.pass_(minutes=3)
    flagged = leased.settled({}, clock())
    assert flagged.states == "UUQQQ"
    assert flagged.ready(clock()) == [2, 3, 4]
    assert flagged.settle_at == stamp(began + ledger.SETTLE_TIMEOUT)


def test_a_send_event_settles_at_once_and_silence_after_fifteen_minutes(
    batch: Batch, clock: SetClock
) -> None:
    flagged = batch.leased([0, 1], clock())
    clock.pass_(minutes=3)
    told = flagged.settled({"sent": {1}}, clock())
    assert told.states == "USQQQ"
    assert told.settled({"sent": {1}}, clock()) is told
    clock.pass_(minutes=12)
    silent = told.settled({"sent": {1}}, clock())
    assert silent.states == "RSQQQ"
    assert silent.why[0] == ledger.NO_EVENT
    assert silent.tries == {0: 1}
    assert silent.settle_at is None
    assert 0 in silent.ready(clock())


def test_a_recipient_is_tried_seven_times_within_a_day_and_then_given_up(
    batch: Batch, clock: SetClock
) -> None:
    began = clock()
    for number in range(6):
        batch = batch.leased([0], clock()).answered({0: RecipientOutcome("R", "busy")}, clock())
        assert batch.states[0] == "R", number
        assert 0 not in batch.ready(clock())
        clock.pass_(seconds=(ledger.RETRY_WAITS[number]).total_seconds())
        assert 0 in batch.ready(clock())
    assert clock() - began <= timedelta(hours=24)
    batch = batch.leased([0], clock()).answered({0: RecipientOutcome("R", "busy")}, clock())
    assert batch.states[0] == "F"
    assert batch.why[0] == "busy"


def test_throttling_uses_up_no_try(batch: Batch, clock: SetClock) -> None:
    outcome = RecipientOutcome("R", "too fast", counts=False, wait=timedelta(seconds=10))
    for _ in range(50):
        batch = batch.leased([0], clock()).answered({0: outcome}, clock())
        clock.pass_(seconds=10)
    assert batch.states[0] == "R"
    assert batch.tries == {}


def test_each_recipient_waits_for_their_own_time(batch: Batch, clock: SetClock) -> None:
    soon = RecipientOutcome("R", "too fast", counts=False, wait=timedelta(seconds=10))
    after = batch.leased([0, 1], clock()).answered(
        {0: soon, 1: RecipientOutcome("R", "busy")}, clock()
    )
    clock.pass_(seconds=10)
    assert after.ready(clock()) == [0, 2, 3, 4]
    clock.pass_(seconds=50)
    assert after.ready(clock()) == [0, 1, 2, 3, 4]


def test_a_batch_is_done_when_every_state_is_an_end(batch: Batch, clock: SetClock) -> None:
    ends: dict[int, State] = {0: "S", 1: "S", 2: "F", 3: "K", 4: "S"}
    after = batch.leased(ends, clock()).answered(
        {n: RecipientOutcome(s) for n, s in ends.items()}, clock()
    )
    assert after.next_at(clock()) is None
    assert after.counts() == {"sent": 3, "failed": 1, "skipped": 1, "unknown": 0}


def test_people_are_cut_into_batches_of_one_readership() -> None:
    people = {
        Readership("fr"): [f"{n:032x}" for n in range(120)],
        Readership("en"): [f"{n:032x}" for n in range(120, 130)],
    }
    found = batches_of("2026-03", "00-0000", people)
    assert [(b.number, b.lang, len(b.people)) for b in found] == [
        (0, "fr", 50), (1, "fr", 50), (2, "fr", 20), (3, "en", 10),
    ]  # fmt: skip


def test_a_tag_names_a_row() -> None:
    assert row_of(row_tag("03-0012", 4, 49)) == ("03-0012", 4, 49)
    for other in ("", "x", "1-2-3", "1-2-3-4-5", "CASE_1", "a--b-c"):
        assert row_of(other) is None

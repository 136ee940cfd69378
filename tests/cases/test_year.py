"""A whole year: nothing twice, nothing missed, nothing at night, and the counts as they were."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise

import holidays
import pytest

import year
from chalicelib.cases import audit
from chalicelib.cases.states import table
from chalicelib.core import eastern_time
from chalicelib.core.letter_row import OUTSIDE
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from clock_steps import Programme, Sent

FEDERAL = holidays.country_holidays("CA", years=(2026, 2027), categories=("government",))
QUEBEC = holidays.country_holidays("CA", subdiv="QC", years=(2026, 2027), categories=("public",))
OFF = {*FEDERAL, *QUEBEC}
"""Asked of the library, and not of the table that the app reads."""


@pytest.fixture(scope="module")
def lived() -> year.Year:
    return year.Year().run()


@pytest.fixture(scope="module")
def programme(lived: year.Year) -> Programme:
    return lived.programme


def test_the_letters_of_a_year_are_those_of_the_golden_table(lived: year.Year) -> None:
    """Changed on purpose? `python tests/year.py keep` writes the table anew: read it first."""
    assert lived.table() == year.GOLDEN.read_text("utf-8")


def test_it_was_a_busy_year_and_every_letter_of_a_clock_left(lived: year.Year) -> None:
    assert len(lived.cases) >= 200
    left = {one.letter for one in lived.programme.letters}
    assert {
        "staff_waiting", "holding_note", "reminder", "file_closed", "invitation_ended",
        "staff_invitation_ended", "waiting_list_status", "staff_digest",
    } <= left  # fmt: skip
    assert {s.clock[0] for s in lived.programme.letters if s.clock} == {"A", "B", "C", "D", "E"}


def test_no_letter_left_twice(programme: Programme) -> None:
    assert max(Counter(one.key for one in programme.letters).values()) == 1
    assert max(Counter(one.mail.tag for one in programme.letters).values()) == 1


def at_night(sent: Sent) -> bool:
    there = sent.there
    return not 8 <= there.hour < 20 or there.date() in OFF


def test_nobody_is_woken(programme: Programme) -> None:
    rows = programme.store.items
    timed = [s for s in programme.letters if s.clock or rows[s.key].get("by_day")]
    assert len(timed) > 1000
    assert [s for s in timed if at_night(s)] == []
    assert [s for s in programme.letters if at_night(s) and s.to in OUTSIDE], "receipts do"


def test_staff_are_reminded_on_business_days(programme: Programme) -> None:
    for one in programme.letters:
        if one.letter in ("staff_waiting", "staff_digest"):
            assert one.there.weekday() < 5, one
            assert one.there.date() not in OFF, one


def test_the_morning_s_letter_comes_once_a_business_day(programme: Programme) -> None:
    digests = [s for s in programme.letters if s.letter == "staff_digest"]
    late = {s.there.date() for s in digests if f"{s.there:%H:%M}" != "08:30"}
    assert late == {year.OUTAGE[1]}, "as soon as the outage is over"
    assert max(Counter((s.to, s.there.date()) for s in digests).values()) == 1


def test_whoever_is_away_is_left_in_peace(programme: Programme) -> None:
    for one in programme.letters:
        if one.to in year.AWAY:
            first, back = year.AWAY[one.to]
            assert not first <= one.there.date() < back, one


@dataclass(frozen=True)
class Stay:
    """How long a case stayed in a state, as its events tell."""

    pk: str
    state: str
    by: str
    version: int
    start: datetime
    end: datetime


def stays(programme: Programme, case: str) -> Iterator[Stay]:
    pk = f"CASE#{case}"
    quiet = {row.event for row in table().values() if row.quiet}
    steps = [row for row in programme.store.rows(pk, "EVENT#") if row["event"] not in quiet]
    for version, (row, following) in enumerate(pairwise([*steps, None]), 1):
        assert row is not None
        end = programme.clock() if following is None else moment(following["at"])
        yield Stay(pk, row["data"]["to"], row["event"], version, moment(row["at"]), end)


def nine(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=eastern_time.zone()).astimezone(UTC)


def business_days(start: date, count: int) -> date:
    while count:
        start += timedelta(days=1)
        count -= start.weekday() < 5 and start not in OFF
    return start


def day_by_day(start: date) -> datetime:
    """Nine o'clock, or eight on the first day after a holiday."""
    day = start
    while day in OFF:
        day += timedelta(days=1)
    return nine(day) - timedelta(hours=day != start)


def in_outage(when: datetime) -> bool:
    first, last = (nine(day) + timedelta(hours=3) for day in year.OUTAGE)
    return first <= when <= last


def missed(programme: Programme, stay: Stay, clock: str, position: int, due: datetime) -> bool:
    """Whether a step's time came while the case waited, and nothing left."""
    if not stay.start < due < stay.end - timedelta(minutes=1) or in_outage(due):
        return False
    mine = f"LETTER#{clock}{stay.version:06d}-"
    rows = programme.store.rows(stay.pk, "LETTER#")
    if any(row["sk"].startswith(f"{mine}{position:03d}") for row in rows):
        return False
    return (clock == "A" and position < 3) or not noisy(rows, mine, due)


def noisy(rows: list[Item], mine: str, due: datetime) -> bool:
    return any(
        row["to"] in OUTSIDE and "sent_at" in row and not row["sk"].startswith(mine)
        and due - timedelta(hours=48) < moment(row["sent_at"]) <= due
        for row in rows
    )  # fmt: skip


def test_no_step_was_missed(lived: year.Year) -> None:
    checked = 0
    for case in lived.cases:
        for stay in stays(lived.programme, case.id):
            since = eastern_time.today(stay.start)
            due: list[tuple[str, datetime]] = []
            if stay.state in ("EOI_PENDING", "APP_PENDING") and stay.by in ("submit", "apply"):
                due = [("A", nine(business_days(since, n))) for n in (2, 5, 8, 10, 30)]
            elif stay.state.endswith("INFO_REQUESTED"):
                due = [("B", day_by_day(since + timedelta(days=n))) for n in (7, 14, 19)]
            for position, (clock, when) in enumerate(due):
                checked += stay.start < when < stay.end
                assert not missed(lived.programme, stay, clock, position, when), (stay, when)
    assert checked > 300


def test_no_question_stays_open_for_ever(lived: year.Year) -> None:
    closed = 0
    for case in lived.cases:
        for stay in stays(lived.programme, case.id):
            if stay.state.endswith("INFO_REQUESTED"):
                last = nine(eastern_time.today(stay.start) + timedelta(days=22))
                # A last call on the day after a holiday gives its days back.
                assert stay.end <= last + timedelta(days=4), stay
            closed += stay.state.endswith("_LAPSED")
    assert closed > 5


def test_after_the_outage_everything_came_in_order_and_once(programme: Programme) -> None:
    end = nine(year.OUTAGE[1]) + timedelta(hours=3)
    first = [s for s in programme.letters if s.clock and end <= s.at < end + timedelta(hours=4)]
    assert len(first) > 10
    readers = Counter((s.key[0], s.to, s.letter) for s in first)
    assert max(readers.values()) == 1, "not three reminders in a row"
    assert not [s for s in programme.letters if in_outage(s.at) and s.at < end]


def test_the_steps_of_a_clock_came_in_order(programme: Programme) -> None:
    by_clock: defaultdict[tuple[str, str], list[Sent]] = defaultdict(list)
    for one in programme.letters:
        if one.clock:
            by_clock[one.key[0], one.clock.partition("-")[0]].append(one)
    for sent in by_clock.values():
        steps = [name for name, _ in groupby(s.clock for s in sent)]
        assert steps == sorted(set(steps), key=str)


def test_at_the_end_of_the_year_every_chain_holds(lived: year.Year) -> None:
    for case in lived.cases:
        assert audit.verified(lived.programme.store, case.key[0]) is None


def test_no_letter_is_left_over(programme: Programme) -> None:
    rows = programme.store.kinds("letter")
    stuck = [row["sk"] for row in rows if row["status"] in ("dead", "claimed")]
    assert stuck == []
    now = programme.clock()
    late = [row["sk"] for row in rows if row["status"] == "owed" and moment(row["due_at"]) < now]
    assert late == []

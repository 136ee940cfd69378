"""The steps of a clock: on which day each is due, and to which last days they lead."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from heapq import merge
from itertools import count, takewhile
from typing import TYPE_CHECKING, NamedTuple, assert_never

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.core import business_days
from chalicelib.core.ports import Item

if TYPE_CHECKING:
    from chalicelib.content.shapes.cases import ClockText
    from chalicelib.content.shapes.cases import RungContent as RungText


class Rung(NamedTuple):
    """One rung of a ladder. `position` counts from 0; `event` steps are the last ones.

    `due` is the last day that its letter tells. A `void` step keeps its position and is never
    taken.
    """

    position: int
    day: date
    letter: str | None = None
    to: tuple[str, ...] = ()
    event: str | None = None
    unless: str | None = None
    last: bool = False
    due: date | None = None
    void: bool = False

    @property
    def at(self) -> datetime:
        return business_days.at_eastern_time(self.day, _hour())

    def says_more_than(self, earlier: "Rung") -> bool:
        """Say whether this step tells the same to the same readers, and the earlier one is spared."""
        same = self.letter == earlier.letter and self.due == earlier.due
        return same and {*earlier.to} <= {*self.to}


class Ladder(NamedTuple):
    """A clock that was started on a day, and may end on another one.

    `until` is the last day that somebody has, as they were told; `days` are all of them, where
    each has reminders of its own.
    """

    clock: str
    since: date
    until: date | None = None
    days: tuple[date, ...] = ()

    def steps(self) -> Iterator[Rung]:
        """Yield the steps in order of time; without end for a clock that repeats and has no event."""
        found = merge(self._fixed(), self._repeated(), key=lambda step: step.day)
        for position, step in enumerate(found):
            yield step._replace(position=position)
            if step.event:
                return

    def step(self, position: int) -> Rung | None:
        """Return the first step from there on. A clock that ends its file never runs out of steps:
        where days moved together, and fewer steps are left, it is the end."""
        last = None
        for last in self._taken():
            if last.position >= position:
                return last
        return last if last is not None and last.event else None

    def first_after(self, when: datetime) -> Rung | None:
        return next((step for step in self._taken() if step.at > when), None)

    def overdue(self, position: int, now: datetime) -> list[Rung]:
        """Return the steps from `position` on whose time has come, in order."""
        reached = takewhile(lambda step: step.at <= now, self._taken())
        return [step for step in reached if step.position >= position]

    def _taken(self) -> Iterator[Rung]:
        return (step for step in self.steps() if not step.void)

    def _fixed(self) -> list[Rung]:
        steps = [
            _rung(rung, self._day(rung, due), due)
            for rung in definition(self.clock)["steps"]
            for due in (self.days or (self.until,) if rung.get("each") else (self.until,))
        ]
        return sorted(map(self._checked, steps), key=lambda step: step.day)

    def _checked(self, step: Rung) -> Rung:
        """Move a step so that no reminder comes on the day the clock starts, and none once the last
        day is over."""
        if step.event or step.due is None or self.since < step.day <= step.due:
            return step
        return step._replace(void=True)

    def _repeated(self) -> Iterator[Rung]:
        clock = definition(self.clock)
        rung = clock.get("repeat")
        if rung is None:
            return
        letters = [r for r in clock["steps"] if "letter" in r]
        start = max((r["after"] for r in letters if "after" in r), default=0)
        for turn in count(1):
            day = self._counted(self.since, start + turn * rung["every"], rung)
            yield self._checked(_rung(rung, day, self.until))

    def _day(self, rung: "RungText", due: date | None) -> date:
        if "after" in rung:
            return self._counted(self.since, rung["after"], rung)
        assert due is not None, self.clock
        if "before" in rung:
            return due - timedelta(days=rung["before"])
        return self._counted(due, rung["past"], rung)

    def _counted(self, start: date, number: int, rung: "RungText") -> date:
        unit = rung.get("unit") or definition(self.clock)["unit"]
        match unit:
            case "business_days":
                return business_days.after_business_days(start, number)
            case "months":
                return business_days.after_months(start, number)
            case "days":
                return start + timedelta(days=number)
        assert_never(unit)


def definition(clock: str) -> "ClockText":
    """Return the unit, steps and end of a clock, as content/clocks.json has them."""
    return content.clocks()["clocks"][clock]


def days_told(clock: str, case: Case) -> tuple[date, ...]:
    """Return the last days that the case itself keeps for a clock, in order: the one place that
    letters, pages and the clock have them from. Empty for a clock that keeps its own."""
    found: list[str | None] = []
    match definition(clock).get("until"):
        case "apply_by":
            found = [case.apply_by]
        case "reply_by":
            found = [case.question["reply_by"] if case.question else None]
        case "conditions":
            found = [each["due"] for each in case.conditions or [] if "met_at" not in each]
    return tuple(sorted({date.fromisoformat(day) for day in found if day}))


def ladder_of(row: Item, case: Case) -> Ladder:
    """Return the ladder of a clock: its start is in its row, its last days are those of the case."""
    since = date.fromisoformat(row["since"])
    if days := days_told(row["clock"], case):
        return Ladder(row["clock"], since, days[-1], days)
    kept = row.get("until")
    until = date.fromisoformat(kept) if kept else None
    return Ladder(row["clock"], since, until or (since if _has_end(row["clock"]) else None))


def _has_end(clock: str) -> bool:
    return "lasts" in definition(clock) or "until" in definition(clock)


def _rung(rung: "RungText", day: date, due: date | None) -> Rung:
    return Rung(
        position=0,
        day=day,
        letter=rung.get("letter"),
        to=tuple(rung.get("to", ())),
        event=rung.get("event"),
        unless=rung.get("unless"),
        last=rung.get("last", False),
        due=due,
    )


@cache
def _hour() -> time:
    return time.fromisoformat(content.clocks()["hour"])

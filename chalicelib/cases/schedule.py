"""What falls due when: the steps of each clock, and how a transition schedules the clocks."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from heapq import merge
from itertools import count, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib import content
from chalicelib.cases.case import Case, ClockMemory
from chalicelib.cases.states import Transition, clock_of, kind
from chalicelib.core import business_days, eastern_time
from chalicelib.core.ports import Change, Item, Key, Write
from chalicelib.core.records import moment, shard_of, stamp

if TYPE_CHECKING:
    from chalicelib.content.shapes.cases import ClockText
    from chalicelib.content.shapes.cases import Rung as RungText

RETENTION: Final = "R"
ERASURE: Final = "X"

MIN_WAITING: Final = timedelta(days=28)
"""A place on the waiting list is held at least this long, however near the cycle's end."""


class Rung(NamedTuple):
    """One rung of a ladder. `position` counts from 0; `event` steps are the last ones.

    A `void` step keeps its position and is never taken.
    """

    position: int
    day: date
    letter: str | None = None
    to: tuple[str, ...] = ()
    event: str | None = None
    unless: str | None = None
    last: bool = False
    void: bool = False

    @property
    def at(self) -> datetime:
        return business_days.at_eastern_time(self.day, _hour())


class Ladder(NamedTuple):
    """A clock that was started on a day, and may end on another one.

    `until` is the last day that somebody has, as they were told.
    """

    clock: str
    since: date
    until: date | None = None

    def steps(self) -> Iterator[Rung]:
        """In order of time; without end for a clock that repeats and has no event."""
        found = merge(self._fixed(), self._repeated(), key=lambda step: step.day)
        for position, step in enumerate(found):
            yield step._replace(position=position)
            if step.event:
                return

    def step(self, position: int) -> Rung | None:
        """The first step from there on."""
        return next((s for s in self._taken() if s.position >= position), None)

    def first_after(self, when: datetime) -> Rung | None:
        return next((step for step in self._taken() if step.at > when), None)

    def overdue(self, position: int, now: datetime) -> list[Rung]:
        """The steps from `position` on whose time has come, in order."""
        reached = takewhile(lambda step: step.at <= now, self._taken())
        return [step for step in reached if step.position >= position]

    def _taken(self) -> Iterator[Rung]:
        return (step for step in self.steps() if not step.void)

    def _fixed(self) -> list[Rung]:
        rungs = definition(self.clock)["steps"]
        steps = [_rung(rung, self._day(rung)) for rung in rungs]
        return sorted(map(self._checked, steps), key=lambda step: step.day)

    def _checked(self, step: Rung) -> Rung:
        """No reminder on the day the clock starts, none once the last day is over."""
        if step.event or self.until is None or self.since < step.day <= self.until:
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
            yield self._checked(_rung(rung, day))

    def _day(self, rung: "RungText") -> date:
        if "after" in rung:
            return self._counted(self.since, rung["after"], rung)
        assert self.until is not None, self.clock
        if "before" in rung:
            return self.until - timedelta(days=rung["before"])
        return self._counted(self.until, rung["past"], rung)

    def _counted(self, start: date, number: int, rung: "RungText") -> date:
        unit = rung.get("unit") or definition(self.clock)["unit"]
        if unit == "business_days":
            return business_days.after_business_days(start, number)
        if unit == "months":
            return business_days.after_months(start, number)
        return start + timedelta(days=number)


def definition(clock: str) -> "ClockText":
    """Return the unit, steps and end of a clock, as content/clocks.json has them."""
    return content.clocks()["clocks"][clock]


def clock_key(pk: str, clock: str) -> Key:
    return pk, f"CLOCK#{clock}"


def ladder_of(row: Item) -> Ladder:
    until = row.get("until")
    since = date.fromisoformat(row["since"])
    return Ladder(row["clock"], since, date.fromisoformat(until) if until else None)


def schedule_clocks(
    case: Case, row: Transition, now: datetime, sets: Item, version: int
) -> tuple[dict[str, ClockMemory], list[Write]]:
    """Return what the case remembers of its clocks after a transition, and the writes that
    schedule them. `sets` are the attributes that the transition sets, `version` the new one.

    The writes name no expectation of their own: they stand in one transaction with the case,
    which does, and the clock's own steps give way to them.
    """
    scheduler = _Scheduler(case, row, now, sets, version)
    for command in row.clocks:
        scheduler.do(*command.split(" "))
    scheduler.settle()
    return scheduler.memory, list(scheduler.writes.values())


class _Scheduler:
    """Follows the commands of one transition: start, restart, stop, pause, resume, restore."""

    def __init__(
        self, case: Case, row: Transition, now: datetime, sets: Item, version: int
    ) -> None:
        self._case = case
        self._row = row
        self._now = now
        self._sets = sets
        self._version = version
        self.memory: dict[str, ClockMemory] = dict(case.clocks or {})
        self.writes: dict[str, Write] = {}

    def do(self, command: str, clock: str = "own") -> None:
        own = clock_of(self._row.to)
        if clock == "own":
            clock = own or ""
        if command == "stop" and clock == "all":
            for name in self._running():
                self._stop(name)
        elif command in ("stop", "pause"):
            self._stop(clock, paused=command == "pause")
        elif command in ("start", "restart"):
            self._start(clock)
        elif clock:
            self._go_on(clock)

    def settle(self) -> None:
        """An end has the clock of retention, and nothing else runs on beside it."""
        before, after = kind(self._row.source), kind(self._row.to)
        if self._row.source == self._row.to:
            return
        if after in ("terminal", "held"):
            self._start(RETENTION)
        elif before in ("terminal", "held"):
            self._stop(RETENTION)
        if after == "gone":
            self._start(ERASURE)
            self.memory = {}
        own = clock_of(self._row.source)
        if own and own not in self.writes:
            self._stop(own)

    def _running(self) -> list[str]:
        own = clock_of(self._row.source)
        return [
            name
            for name, clock in self.memory.items()
            if name == own or ("paused" in clock and name != RETENTION)
        ]

    def _start(self, clock: str) -> None:
        ladder = Ladder(clock, eastern_time.today(self._now), self._until(clock))
        self.memory[clock] = {**_days_of(ladder), "at": stamp(self._now)}
        self._schedule(ladder, ladder.step(0))

    def _stop(self, clock: str, *, paused: bool = False) -> None:
        memory = self.memory.get(clock, ClockMemory()).copy()
        memory.pop("paused", None)
        memory["stopped"] = stamp(self._now)
        if paused:
            memory["paused"] = True
        self.memory[clock] = memory
        self.writes[clock] = Change(
            clock_key(self._case.key[0], clock),
            set={"kind": "clock", "clock": clock, "version": self._version},
            remove=("due_shard", "due_at"),
        )

    def _go_on(self, clock: str) -> None:
        """From where it stood; a pause is not counted, in business days."""
        memory = self.memory.get(clock, ClockMemory())
        if "since" not in memory:
            self._start(clock)
            return
        stopped = moment(memory["stopped"]) if "stopped" in memory else self._now
        since = date.fromisoformat(memory["since"])
        if memory.get("paused"):
            lost = business_days.business_days_between(
                eastern_time.today(stopped), eastern_time.today(self._now)
            )
            since = business_days.after_business_days(since, lost)
        until = memory.get("until")
        ladder = Ladder(clock, since, date.fromisoformat(until) if until else None)
        step = ladder.first_after(stopped)
        if step is None:
            # It was over before it stopped, and nothing swept: it does not end the file at once.
            self._start(clock)
            return
        self.memory[clock] = {**_days_of(ladder), "at": memory.get("at", stamp(self._now))}
        self._schedule(ladder, step)

    def _schedule(self, ladder: Ladder, step: Rung | None) -> None:
        pk = self._case.key[0]
        running: Item = {
            "kind": "clock",
            "clock": ladder.clock,
            "version": self._version,
            "since": str(ladder.since),
            "until": str(ladder.until) if ladder.until else None,
            "step": step.position if step else None,
            "due_shard": shard_of(pk) if step else None,
            "due_at": stamp(step.at) if step else None,
        }
        gone = [name for name, value in running.items() if value is None]
        self.writes[ladder.clock] = Change(
            clock_key(pk, ladder.clock), set=running, remove=(*gone, "fired_at")
        )

    def _until(self, clock: str) -> date | None:
        clock_text, today = definition(clock), eastern_time.today(self._now)
        if "lasts" in clock_text:
            return today + timedelta(days=clock_text["lasts"])
        match clock_text.get("until"):
            case "apply_by":
                apply_by = self._sets.get("apply_by", self._case.apply_by)
                return date.fromisoformat(apply_by or str(today))
            case "conditions":
                conditions = self._sets.get("conditions", self._case.conditions)
                dates = [condition["due"] for condition in conditions or []]
                return date.fromisoformat(max(dates, default=str(today)))
            case "cycle_end":
                return max(cycle_end(self._case.cycle, today), today + MIN_WAITING)
            case "retention":
                return business_days.after_months(today, retention_months(self._row.to))
        return None


def cycle_end(cycle: str, today: date) -> date:
    """Return the programme's date, or the last day of the year that the cycle is named after."""
    named = content.programme()["cycle_ends"]
    if named:
        return date.fromisoformat(named)
    year = int(cycle) if cycle.isdecimal() else today.year
    return date(year, 12, 31)


def retention_months(state: str) -> int:
    """Return how long a case is kept after it ended in a state."""
    months = content.retention()["case_months"]
    return months.get(state, months["others"])


def _days_of(ladder: Ladder) -> ClockMemory:
    if ladder.until is None:
        return {"since": str(ladder.since)}
    return {"since": str(ladder.since), "until": str(ladder.until)}


def _rung(rung: "RungText", day: date) -> Rung:
    return Rung(
        position=0,
        day=day,
        letter=rung.get("letter"),
        to=tuple(rung.get("to", ())),
        event=rung.get("event"),
        unless=rung.get("unless"),
        last=rung.get("last", False),
    )


@cache
def _hour() -> time:
    return time.fromisoformat(content.clocks()["hour"])

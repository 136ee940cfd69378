"""How a transition schedules the clocks of a case: which start, stop, pause, and go on."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, assert_never

from chalicelib import content
from chalicelib.cases.case import Case, ClockMemory
from chalicelib.cases.ladder import Ladder, days_told, definition
from chalicelib.cases.states import Transition, clock_of, kind
from chalicelib.core import business_days, eastern_time
from chalicelib.core.ports import Change, Item, Key, Write
from chalicelib.core.records import moment, shard_of, stamp

RETENTION: Final = "R"
ERASURE: Final = "X"

MIN_WAITING: Final = timedelta(days=28)
"""A place on the waiting list is held at least this long, however near the cycle's end."""


def clock_key(pk: str, clock: str) -> Key:
    return pk, f"CLOCK#{clock}"


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
        dated = {
            name: sets[name] for name in ("apply_by", "question", "conditions") if name in sets
        }
        self._after = replace(case, **dated)
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
        """Leave an end the clock of retention, and nothing that runs on beside it."""
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
        ladder = self._ladder(clock, eastern_time.today(self._now))
        self._remember(ladder, stamp(self._now))
        step = ladder.step(0)
        self._write(ladder, stamp(step.at) if step else None, step=step.position if step else None)

    def _stop(self, clock: str, *, paused: bool = False) -> None:
        memory = self.memory.get(clock, ClockMemory()).copy()
        if memory.get("paused"):
            return  # It stands still already: its pause goes on from when it began.
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
        """Let a clock go on from where it stood: its row has kept the step that is next, and finds
        its day when it is looked at. A pause is not counted, in business days."""
        memory = self.memory.get(clock, ClockMemory())
        if "since" not in memory:
            self._start(clock)
            return
        since = date.fromisoformat(memory["since"])
        if memory.get("paused") and "stopped" in memory:
            lost = business_days.business_days_between(
                eastern_time.today(moment(memory["stopped"])), eastern_time.today(self._now)
            )
            since = business_days.after_business_days(since, lost)
        kept = memory.get("until")
        ladder = self._ladder(clock, since, date.fromisoformat(kept) if kept else None)
        if ladder.first_after(self._now) is None:
            # It was over before it stopped, and nothing swept: it does not end the file at once.
            self._start(clock)
            return
        self._remember(ladder, memory.get("at", stamp(self._now)))
        self._write(ladder, stamp(self._now))

    def _remember(self, ladder: Ladder, at: str) -> None:
        memory: ClockMemory = {"since": str(ladder.since), "at": at}
        if ladder.until is not None and not ladder.days:
            memory["until"] = str(ladder.until)
        self.memory[ladder.clock] = memory

    def _write(self, ladder: Ladder, due_at: str | None, **step: int | None) -> None:
        """Have a clock run; the step that it has reached stays where no other is given."""
        pk = self._case.key[0]
        running: Item = {
            "kind": "clock",
            "clock": ladder.clock,
            "version": self._version,
            "since": str(ladder.since),
            "until": str(ladder.until) if ladder.until and not ladder.days else None,
            "due_shard": shard_of(pk) if due_at else None,
            "due_at": due_at,
            **step,
        }
        gone = [name for name, value in running.items() if value is None]
        self.writes[ladder.clock] = Change(
            clock_key(pk, ladder.clock), set=running, remove=(*gone, "fired_at")
        )

    def _ladder(self, clock: str, since: date, kept: date | None = None) -> Ladder:
        if days := days_told(clock, self._after):
            return Ladder(clock, since, days[-1], days)
        return Ladder(clock, since, kept or self._until(clock))

    def _until(self, clock: str) -> date | None:
        clock_text, today = definition(clock), eastern_time.today(self._now)
        if "lasts" in clock_text:
            return today + timedelta(days=clock_text["lasts"])
        until = clock_text.get("until")
        match until:
            case "cycle_end":
                return max(cycle_end(self._case.cycle, today), today + MIN_WAITING)
            case "retention":
                return business_days.after_months(today, retention_months(self._row.to))
            case "apply_by" | "reply_by" | "conditions":
                return today
            case None:
                return None
        assert_never(until)


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

"""A clock whose time has come."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.cases.case import Case
from chalicelib.cases.ladder import Ladder
from chalicelib.cases.schedule import ERASURE, RETENTION
from chalicelib.cases.states import clock_of, kind
from chalicelib.core.ports import Change, Item
from chalicelib.core.records import shard_of, stamp


@dataclass(frozen=True)
class DueClock:
    """The row of a clock whose time has come, with its case and its ladder."""

    row: Item
    case: Case
    ladder: Ladder
    now: datetime

    def update(self, **values: object) -> Change:
        """Move the clock on, if it is as it was read; None takes a value away."""
        gone = [name for name, value in values.items() if value is None]
        return Change(
            (self.row["pk"], self.row["sk"]),
            expect={name: self.row[name] for name in ("version", "step", "due_at")},
            set={name: value for name, value in values.items() if value is not None},
            remove=gone,
        )

    def belongs(self) -> bool:
        """Say whether the case is where this clock runs."""
        clock, state = self.ladder.clock, self.case.state
        if clock == RETENTION:
            return kind(state) in ("terminal", "held")
        if clock == ERASURE:
            return kind(state) == "gone"
        return clock_of(state) == clock

    def following(self, position: int, ladder: Ladder | None = None) -> Item:
        """Return what the row becomes for its next step from `position` on, possibly one that is
        late already."""
        if (step := (ladder or self.ladder).step(position)) is None:
            return {"step": None, "due_at": None, "due_shard": None}
        return {
            "step": step.position,
            "due_at": stamp(step.at),
            "due_shard": shard_of(self.row["pk"]),
        }

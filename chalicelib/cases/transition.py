"""One step of a case, as the writes of a single transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from chalicelib.cases.audit import event
from chalicelib.cases.case import Case, indexed
from chalicelib.cases.schedule import schedule_clocks
from chalicelib.cases.states import Transition, kind
from chalicelib.cases.turnaround import counted
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT, OUTSIDE, letter
from chalicelib.core.ports import Change, Item, Put, Write
from chalicelib.core.records import stamp


class StateChange:
    """A case going from one state to the next, with its event and its letters."""

    def __init__(
        self, case: Case, row: Transition, now: datetime, actor: str, data: dict[str, Any]
    ) -> None:
        self.case = case
        self.row = row
        self.now = now
        self.actor = actor
        self.data = dict(data)
        self.sets: dict[str, Any] = {}
        self.removes: list[str] = []
        self.facts: dict[str, Any] = {}
        """What the letters of the row are told beside the decision."""
        self.reader: str | None = None
        """The one member of staff who gets the row's letter, instead of all."""
        self._letters: list[Item] = []

    @cached_property
    def _event(self) -> Item:
        return event(
            self.case.key[0],
            self.number,
            self.case.head,
            name=self.row.event,
            actor=self.actor,
            at=stamp(self.now),
            data=self.data,
        )

    def owes(
        self, names: Sequence[str], to: str, *, due: datetime, facts: dict[str, Any] | None = None
    ) -> None:
        self._letters += [
            letter(
                self.case.key[0],
                self.number,
                name,
                to=to,
                due=stamp(due),
                facts=facts,
                by_day=to in OUTSIDE and self.row.actor not in ("applicant", "anyone"),
            )
            for name in names
        ]

    @property
    def number(self) -> int:
        """The number of the event in the chain of the case."""
        return self.case.events + 1

    def writes(self) -> list[Write]:
        """The case first, then its event, the letters, the clocks, and what is counted."""
        change = Change(
            self.case.key,
            expect={k: getattr(self.case, k) for k in ("version", "events", "state")},
            set={**self._moved(), **indexed(self.row.to, self.case.cycle), **self.sets},
            remove=self._removed(),
        )
        clocks = self._wound[1]
        counts = counted(self.case, self.row, self.now)
        return [change, Put(self._event), *map(Put, self._letters), *clocks, *counts]

    def after(self) -> Case:
        """The case as the transaction leaves it."""
        removed = dict.fromkeys(self._removed())
        return replace(self.case, **{**self._moved(), **self.sets, **removed})

    def _moved(self) -> dict[str, Any]:
        moved = {
            "state": self.row.to,
            "version": self.case.version + (not self.row.quiet),
            "events": self.number,
            "head": self._event["hash"],
            "updated_at": stamp(self.now),
            "clocks": self._wound[0],
        }
        if _ends(self.row):
            moved["closed"] = {"from": self.case.state, "at": stamp(self.now)}
        return moved

    @cached_property
    def _wound(self) -> tuple[dict[str, Any], list[Write]]:
        """What the case remembers of its clocks, and the writes that wind them."""
        version = self.case.version + (not self.row.quiet)
        return schedule_clocks(self.case, self.row, self.now, self.sets, version)

    def _removed(self) -> list[str]:
        """What no longer holds: an earlier decision once the case goes on, its end once it is
        open again."""
        removed = list(self.removes)
        if self.case.decided is not None and not self.row.quiet and "decided" not in self.sets:
            removed.append("decided")
        if self.case.closed is not None and kind(self.row.to) == "active":
            removed.append("closed")
        return list(dict.fromkeys(removed))

    def owes_receipt(self, facts: dict[str, Any] | None = None) -> None:
        """The row's letters, at once: to the applicant, and word to the staff."""
        for name in self.row.letters:
            to = ALL_STAFF if name.startswith("staff_") else APPLICANT
            self.owes([name], to, due=self.now, facts=facts)


def _ends(row: Transition) -> bool:
    return kind(row.to) == "terminal" and row.source != row.to

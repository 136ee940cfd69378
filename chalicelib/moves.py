"""One step of a case, as the writes of a single transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.ports import Change, Item, Put, Write
from chalicelib.records import ALL_STAFF, APPLICANT, Case, event, indexed, letter, stamp
from chalicelib.states import Transition


class Move:
    """A case going from one state to the next, with its event and its letters."""

    def __init__(
        self, case: Case, row: Transition, now: datetime, actor: str, data: dict[str, Any]
    ) -> None:
        self.case = case
        self.row = row
        self.now = now
        self.sets: dict[str, Any] = {}
        self.removes: list[str] = []
        self._letters: list[Item] = []
        self._event = event(
            case.key[0],
            case.events + 1,
            case.head,
            name=row.event,
            actor=actor,
            at=stamp(now),
            data=data,
        )

    def owes(
        self, names: Sequence[str], to: str, *, due: datetime, facts: dict[str, Any] | None = None
    ) -> None:
        number = self.case.events + 1
        self._letters += [
            letter(self.case.key[0], number, name, to=to, due=stamp(due), facts=facts)
            for name in names
        ]

    def writes(self) -> list[Write]:
        """The case first, then its event, then the letters."""
        change = Change(
            self.case.key,
            expect={k: getattr(self.case, k) for k in ("version", "events", "state")},
            set={**self._moved(), **indexed(self.row.to, self.case.cycle), **self.sets},
            remove=self.removes,
        )
        return [change, Put(self._event), *map(Put, self._letters)]

    def after(self) -> Case:
        """The case as the transaction leaves it."""
        removed = dict.fromkeys(self.removes)
        return replace(self.case, **{**self._moved(), **self.sets, **removed})

    def _moved(self) -> dict[str, Any]:
        return {
            "state": self.row.to,
            "version": self.case.version + (not self.row.quiet),
            "events": self.case.events + 1,
            "head": self._event["hash"],
            "updated_at": stamp(self.now),
        }

    def owes_receipt(self, *, revised: bool = False) -> None:
        """The row's letters: a receipt for the applicant, word to the staff."""
        for name in self.row.letters:
            to = ALL_STAFF if name.startswith("staff_") else APPLICANT
            self.owes([name], to, due=self.now, facts={"revised": True} if revised else None)

"""What waits for whom on a morning: to decide, with applicants, and mail that failed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chalicelib import content
from chalicelib.cases.recipients import Recipients
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import awaits, kind
from chalicelib.core.letter_row import DEAD
from chalicelib.core.ports import Item, Store

MAX_LISTED: Final = 30
"""Cases listed in one letter; the others are counted. Each has a link that is stored with it."""


@dataclass
class Day:
    """One person's morning: ids of cases, the longest waiting first."""

    decide: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: int = 0
    unconfirmed: int = 0

    def facts(self) -> dict[str, object]:
        """Return what the letter keeps: ids to `decide` and `waiting`, how many `more`, how many
        mails `failed`, and how many declarations their address has not confirmed."""
        return {
            "decide": self.decide[:MAX_LISTED],
            "more": max(len(self.decide) - MAX_LISTED, 0),
            "waiting": self.waiting[:MAX_LISTED],
            "more_waiting": max(len(self.waiting) - MAX_LISTED, 0),
            "failed": self.failed,
            "unconfirmed": self.unconfirmed,
        }

    @property
    def calls(self) -> bool:
        """Say whether there is something to do: waiting for applicants alone is no news."""
        return bool(self.decide or self.failed)


class Agenda:
    """Read once a morning, by state and not by case."""

    def __init__(self, store: Store, roster: Roster) -> None:
        self._store = store
        self._roster = roster

    def of(self, today: date) -> dict[str, Day]:
        """Return the day of each member of the staff who is there, also an empty one."""
        staff = self._roster.active()
        failed = sum(1 for _ in self._store.listed(DEAD))
        unconfirmed = sum(1 for _ in self._listed("unconfirmed"))
        days = {
            one.id: Day(failed=failed, unconfirmed=unconfirmed)
            for one in staff
            if not one.away(str(today))
        }
        for item in sorted(self._listed("active"), key=lambda item: str(item["updated_at"])):
            readers = Recipients(staff, item.get("owner"), item.get("recused"), str(today))
            to_decide = awaits(item["state_key"]) == "decision"
            for day in (days[one] for one in readers.of(["owner"]) if one in days):
                (day.decide if to_decide else day.waiting).append(item["id"])
        return days

    def _listed(self, of_kind: str) -> Iterator[Item]:
        for state in content.states()["states"]:
            if kind(state) == of_kind:
                yield from self._store.listed(state)

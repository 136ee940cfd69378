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
from chalicelib.core.records import HELD_MESSAGES

MAX_LISTED: Final = 30
"""Cases listed in one letter; the others are counted. Each has a link that is stored with it."""


@dataclass
class Day:
    """One person's morning: ids of cases, the longest waiting first."""

    decide: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: int = 0
    unconfirmed: int = 0
    held: list[str] = field(default_factory=list)
    held_messages: int = 0

    def facts(self) -> dict[str, object]:
        """Return what the letter keeps: ids to `decide` and `waiting`, how many `more`, how many
        mails `failed`, how many declarations their address has not confirmed, the ids of forms
        that are `held`, and how many messages to coaches are."""
        return {
            "decide": self.decide[:MAX_LISTED],
            "more": max(len(self.decide) - MAX_LISTED, 0),
            "waiting": self.waiting[:MAX_LISTED],
            "more_waiting": max(len(self.waiting) - MAX_LISTED, 0),
            "failed": self.failed,
            "unconfirmed": self.unconfirmed,
            "held": self.held[:MAX_LISTED],
            "more_held": max(len(self.held) - MAX_LISTED, 0),
            "held_messages": self.held_messages,
        }

    @property
    def calls(self) -> bool:
        """Say whether there is something to do: waiting for applicants alone is no news."""
        return bool(self.decide or self.failed or self.held or self.held_messages)


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
        held = [item["id"] for item in held_forms(self._store)]
        messages = sum(1 for _ in self._store.listed(HELD_MESSAGES))
        here = [one for one in staff if not one.away(str(today))]
        days = {one.id: Day(failed=failed, held_messages=messages) for one in here}
        staff = [one for one in staff if one.sees_files]
        for one in staff:
            if one.id in days:
                days[one.id].unconfirmed, days[one.id].held = unconfirmed, held
        for item in sorted(self._listed("active"), key=lambda item: str(item["updated_at"])):
            readers = Recipients(staff, item.get("owner"), item.get("recused"), str(today))
            to_decide = awaits(item["state_key"]) == "decision"
            for day in (days[one] for one in readers.of(["owner"]) if one in days):
                (day.decide if to_decide else day.waiting).append(item["id"])
        return days

    def _listed(self, of_kind: str) -> Iterator[Item]:
        return _in_states(self._store, of_kind)


def held_forms(store: Store) -> list[Item]:
    """Return what the index keeps of the forms that are held, of whatever year, oldest first."""
    return sorted(_in_states(store, "held"), key=lambda item: str(item["submitted_at"]))


def _in_states(store: Store, of_kind: str) -> Iterator[Item]:
    for state in content.states()["states"]:
        if kind(state) == of_kind:
            yield from store.listed(state)

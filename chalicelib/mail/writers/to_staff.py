"""Writes to one of the staff: who they are, where and in which language, as the roster says now."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.ports import Item
from chalicelib.mail.draft import Draft
from chalicelib.mail.writers.draft import Sender


@dataclass(frozen=True)
class ToStaff:
    roster: Roster
    sender: Sender

    def reader(self, row: Item) -> Staff | None:
        """Return whom a letter goes to; None once they have left the roster."""
        return self.roster.get(row["to"])

    def draft(
        self,
        row: Item,
        staff: Staff,
        owed: object,
        *,
        case: Case | None = None,
        links: Sequence[Item] = (),
    ) -> Draft:
        return self.sender.draft(row, staff.email, staff.reads, owed, case=case, links=links)

"""The staff who decide: who they are, where to write to them, in which language."""

from dataclasses import dataclass

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Store

PK = "STAFF"


@dataclass(frozen=True)
class Staff:
    """One person. `away_until` is the first day back (ISO); `deputy` and `manager` are ids."""

    id: str
    name: str
    email: str
    lang: str
    active: bool
    away_until: str | None = None
    deputy: str | None = None
    manager: str | None = None
    admin: bool = False

    @classmethod
    def of(cls, item: Item) -> "Staff":
        return cls(
            item["sk"],
            item["name"],
            item["email"],
            item["lang"],
            item["active"],
            item.get("away_until"),
            item.get("deputy"),
            item.get("manager"),
            item.get("admin", False),
        )

    def away(self, today: str) -> bool:
        return self.away_until is not None and today < self.away_until


class Roster:
    """Read for each letter and each decision: who leaves loses their links at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def active(self) -> list[Staff]:
        return [staff for item in self._store.rows(PK) if (staff := Staff.of(item)).active]

    def get(self, staff_id: str) -> Staff | None:
        """Somebody on the roster who is active; None for all others."""
        item = self._store.get(PK, staff_id)
        staff = None if item is None else Staff.of(item)
        return staff if staff is not None and staff.active else None

    def back(self, staff: Staff) -> None:
        """Ends an absence; a second time changes nothing."""
        change = Change(
            (PK, staff.id), expect={"away_until": staff.away_until}, remove=("away_until",)
        )
        try:
            self._store.commit([change])
        except Conflict:
            return

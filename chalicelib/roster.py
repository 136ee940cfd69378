"""The staff who decide: who they are, where to write to them, in which language."""

from dataclasses import dataclass

from chalicelib.ports import Item, Store

PK = "STAFF"


@dataclass(frozen=True)
class Staff:
    id: str
    name: str
    email: str
    lang: str
    active: bool

    @classmethod
    def of(cls, item: Item) -> "Staff":
        return cls(item["sk"], item["name"], item["email"], item["lang"], item["active"])


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

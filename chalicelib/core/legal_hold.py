"""A legal hold: what it is set on is neither erased nor forgotten before its last day is over."""

from datetime import date
from typing import Final

from chalicelib.core.ports import Item, Key, Store

SK: Final = "HOLD"


def hold_key(pk: str) -> Key:
    """Return the key of the hold of a file (`CASE#…`), or of a person (`PERSON#…`)."""
    return pk, SK


def held_until(store: Store, pk: str, today: date) -> date | None:
    """Return the last day of a hold that is on; None when nothing holds."""
    row: Item | None = store.get(*hold_key(pk))
    until = date.fromisoformat(row["until"]) if row else None
    return until if until is not None and until >= today else None

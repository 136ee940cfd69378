"""Subscribers as a table: the columns of its sheet, and what somebody has in each."""

from typing import Final

from chalicelib.core.ports import Item

SUBSCRIBER_COLUMNS: Final = (
    "email", "status", "lang", "topics", "basis", "name", "province", "confirmed_at",
    "expires_at", "paused_until", "updated_at",
)  # fmt: skip


def row_of(subscriber: Item) -> list[object]:
    """Return the cells of a subscriber's row of the store."""
    return [_cell(subscriber.get(name)) for name in SUBSCRIBER_COLUMNS]


def _cell(value: object) -> object:
    return " ".join(value) if isinstance(value, list) else value or ""

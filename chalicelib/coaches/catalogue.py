"""How the coaches of an edition are packed, with all their columns."""

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

PART_SIZE_BYTES: Final = 350_000
"""How much of an edition one row holds; DynamoDB takes rows of 400 KB."""

DATE_COLUMNS: Final = ("availability_updated_at", "consent_publication", "last_verified_at")
"""Columns of a coach that hold a day; `Coach` is not loaded to read a catalogue."""


def packed(coaches: "Sequence[Coach]") -> bytes:
    rows = [coach.model_dump(mode="json", exclude_none=True) for coach in coaches]
    return gzip.compress(json.dumps(rows, ensure_ascii=False).encode(), mtime=0)


def in_parts(data: bytes) -> list[bytes]:
    return [data[at : at + PART_SIZE_BYTES] for at in range(0, len(data), PART_SIZE_BYTES)]


def column_values(row: Mapping[str, object]) -> dict[str, object]:
    """Return a stored coach with lists and dates as the model of a coach has them."""

    def value_of(column: str, stored: object) -> object:
        if isinstance(stored, list):
            return tuple(stored)
        is_day = column in DATE_COLUMNS and stored is not None
        return date.fromisoformat(str(stored)) if is_day else stored

    return {column: value_of(column, stored) for column, stored in row.items()}

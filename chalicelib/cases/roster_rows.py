"""The rows of the roster: the id of a new one, and whether one is still as a form showed it."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from chalicelib.core.free_name import free_name
from chalicelib.core.ports import Item

RESERVED_IDS: Final = frozenset({
    "staff", "applicant", "fiduciary", "admins", "old_address", "new_address", "post", "clock",
    "operator", "system", "signing_in",
})  # fmt: skip
"""What letters call their readers: nobody on the roster may be called so."""


class RowAsSeen(NamedTuple):
    """How attributes of a row must stand: with these values, or not at all."""

    expect: Mapping[str, object]
    absent: Sequence[str]


def as_it_stands(row: Item, names: Iterable[str]) -> RowAsSeen:
    """Return attributes of a row as a write may expect them."""
    names = list(names)
    there = {name: row[name] for name in names if name in row}
    return RowAsSeen(there, [name for name in names if name not in row])


def as_seen(row: Item, names: Iterable[str], seen: str) -> RowAsSeen | None:
    """Return attributes of a row as a write may expect them; None where a form showed others."""
    names = list(names)
    same = all(seen_text(row.get(name)) == seen for name in names)
    return as_it_stands(row, names) if same else None


def seen_text(value: object) -> str:
    """Return an attribute of a row as a form hides it, to say what its reader saw."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None or value is False else "on" if value is True else str(value)


def new_id(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "member"
    return free_name(slug, taken | RESERVED_IDS)

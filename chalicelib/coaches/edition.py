"""One edition of the directory, and the rows that its parts are stored in."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Final

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Key, Put, Store

PK: Final = "DIRECTORY"

SNAPSHOT: Final = "SNAPSHOT#"
CATALOGUE: Final = "BOOK#"
_STORED_NAMES: Final = {"catalogue_prefix": "book", "catalogue_parts": "book_parts"}
"""Fields of an edition whose attribute in the store has another name."""

_WHYS: Final = {
    "added a coach": "edition_added",
    "changed a coach": "edition_changed",
    "removed a coach": "edition_removed",
    "own changes": "edition_own",
    "confirmed": "edition_confirmed",
    "withdrew": "edition_withdrew",
}
"""The keys of the words for why an edition was published, by what its row keeps."""

_RESTORED: Final = re.compile(r"restored \d{6,}-[0-9a-f]{4}")


@dataclass(frozen=True)
class Edition:
    """One published version of the directory.

    `version` changes with what the public sees, `id` with each edition. `count` is how many
    coaches the public sees, `coaches` how many there are in all. The keys of the rows that
    hold the catalogue begin with `catalogue_prefix`. `at` is an ISO time in UTC, `by` the id
    of a person, `why` a note for staff.
    """

    id: str
    version: str
    count: int
    coaches: int
    snapshot_parts: int
    catalogue_prefix: str
    catalogue_parts: int
    at: str
    by: str
    why: str

    @classmethod
    def of(cls, row: Item) -> "Edition":
        return cls(**{f.name: row[_STORED_NAMES.get(f.name, f.name)] for f in fields(cls)})

    def attributes(self) -> dict[str, object]:
        """Return the edition as its row holds it."""
        return {_STORED_NAMES.get(key, key): value for key, value in vars(self).items()}

    @property
    def why_key(self) -> str:
        """The key of the words for why it was published; blank for a sheet, which `why` names."""
        return "edition_restored" if _RESTORED.fullmatch(self.why) else _WHYS.get(self.why, "")

    @property
    def key(self) -> Key:
        return PK, f"EDITION#{self.id}"

    @property
    def parts_pk(self) -> str:
        return f"{PK}#{self.id}"


class EditionLost(Exception):
    """Raised when parts of an edition are gone: it was replaced while it was read."""


@dataclass(frozen=True)
class EditionParts:
    """Writes, reads and changes what is too long for one row, in rows that are numbered."""

    store: Store

    def change(
        self, edition: Edition, prefix: str, count: int, attributes: Mapping[str, object]
    ) -> None:
        for number in range(count):
            key = (edition.parts_pk, f"{prefix}{number:04}")
            self.change_if_there(Change(key, expect={"kind": "edition_part"}, set=attributes))

    def change_if_there(self, change: Change) -> None:
        with suppress(Conflict):  # another publisher, or the time to live, was there first
            self.store.commit([change])

    def write(self, pk: str, prefix: str, parts: Iterable[bytes]) -> None:
        for number, data in enumerate(parts):
            row = {"pk": pk, "sk": f"{prefix}{number:04}", "kind": "edition_part", "data": data}
            self.store.commit([Put(row)])

    def read(self, pk: str, prefix: str, count: int) -> bytes:
        rows = self.store.rows(pk, prefix)
        if len(rows) < count:
            raise EditionLost(pk)
        return b"".join(row["data"] for row in rows)

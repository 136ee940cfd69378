"""Editions of the directory: stored whole, published by one write, earlier ones restorable."""

import gzip
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Now, Put, Store, Write
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

PK: Final = "DIRECTORY"
CURRENT: Final = (PK, "CURRENT")

PART: Final = 350_000
"""Bytes of one row: DynamoDB takes 400 KB."""

KEPT: Final = 10
"""Editions that can be restored; the oldest goes when an eleventh is published."""

LINGER: Final = timedelta(days=1)
"""What was replaced stays so long for containers that are about to load it."""


@dataclass(frozen=True)
class Edition:
    """One published version: `version` is of what the public sees, `id` of everything.

    `book` begins the keys of the rows that hold all coaches.
    """

    id: str
    version: str
    count: int
    coaches: int
    snapshot_parts: int
    book: str
    book_parts: int
    at: str
    by: str
    why: str

    @classmethod
    def of(cls, row: Item) -> "Edition":
        return cls(**{key: row[key] for key in cls.__dataclass_fields__})


class EditionLost(Exception):
    """Parts of an edition are gone: it was replaced while it was being read."""


class EditionStore:
    """Everything of an edition is stored before the one write that publishes it.

    The snapshot is what the public sees; the book holds all coaches with all their columns,
    and is what an edition is restored from.
    """

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def current(self) -> Edition | None:
        row = self._store.get(*CURRENT)
        return None if row is None else Edition.of(row)

    def editions(self) -> list[Edition]:
        """Those that can be restored, newest first."""
        rows = self._store.rows(PK, "EDITION#")
        return [Edition.of(row) for row in reversed(rows) if row["status"] == "published"]

    def snapshot(self, edition: Edition) -> bytes:
        return self._read(f"{PK}#{edition.id}", "SNAPSHOT#", edition.snapshot_parts)

    def book(self, edition: Edition | None) -> "list[Coach]":
        """All coaches, as staff keep them: private columns and those not shown included."""
        from chalicelib.coaches.coach import Coach

        if edition is None:
            return []
        stored = self._read(f"{PK}#{edition.id}", edition.book, edition.book_parts)
        # What is stored was checked; lists of choices may have changed since.
        return [Coach.model_construct(**_typed(row)) for row in json.loads(gzip.decompress(stored))]

    def publish(
        self,
        coaches: "Sequence[Coach]",
        *,
        by: str,
        why: str,
        after: Edition | None,
        also: Sequence[Write] = (),
    ) -> Edition:
        """Publishes on the condition that `after` is still the current edition.

        Raises Conflict when somebody else published meanwhile, or when one of the writes
        that come `also` does not fit; then the directory is as it was.
        """
        from chalicelib.coaches.directory import snapshot

        now = self._now()
        built = snapshot.build(coaches)
        public, book = _parts(snapshot.store(built)), _parts(_book(coaches))
        edition = Edition(
            id=f"{_number(after) + 1:06}-{secrets.token_hex(2)}",
            version=built["version"],
            count=built["count"],
            coaches=len(coaches),
            snapshot_parts=len(public),
            book="BOOK#",
            book_parts=len(book),
            at=stamp(now),
            by=by,
            why=why,
        )
        key = (PK, f"EDITION#{edition.id}")
        draft = {"pk": PK, "sk": key[1], "kind": "edition", **asdict(edition), "status": "writing"}
        self._store.commit([Put(draft)])
        self._write(f"{PK}#{edition.id}", "SNAPSHOT#", public)
        self._write(f"{PK}#{edition.id}", "BOOK#", book)
        done = Change(key, expect={"status": "writing"}, set={"status": "published"})
        self._store.commit([self._swap(edition, after), done, *also])
        self._tidy(edition, now)
        return edition

    def restore(self, edition: Edition, *, by: str) -> Edition:
        """An earlier edition's coaches, as a new edition."""
        coaches = self.book(edition)
        return self.publish(coaches, by=by, why=f"restored {edition.id}", after=self.current())

    def forget(self, slug: str) -> int:
        """Takes a coach who withdrew out of the earlier editions too; how many had them."""
        current = self.current()
        found = 0
        for edition in self.editions():
            if current is not None and edition.id == current.id:
                continue
            book = self.book(edition)
            kept = [coach for coach in book if coach.slug != slug]
            if len(kept) < len(book):
                self._rewrite(edition, kept)
                found += 1
        return found

    def _rewrite(self, edition: Edition, coaches: "Sequence[Coach]") -> None:
        """Beside the old book first: whoever restores meanwhile reads one or the other whole."""
        parts = _parts(_book(coaches))
        pk, book = f"{PK}#{edition.id}", f"BOOK-{secrets.token_hex(2)}#"
        self._write(pk, book, parts)
        change = {"book": book, "book_parts": len(parts), "coaches": len(coaches)}
        key = (PK, f"EDITION#{edition.id}")
        self._store.commit([Change(key, expect={"book": edition.book}, set=change)])
        self._expire(edition, (edition.book,), int(self._now().timestamp()), blank=True)

    def _swap(self, edition: Edition, after: Edition | None) -> Write:
        if after is None:
            pk, sk = CURRENT
            return Put({"pk": pk, "sk": sk, "kind": "directory", **asdict(edition)})
        return Change(CURRENT, expect={"id": after.id}, set=asdict(edition))

    def _tidy(self, current: Edition, now: datetime) -> None:
        """Sends off what is no longer needed: TTL takes the rows away.

        The public part of every earlier edition, for a restored one is built anew; whole
        editions beyond those kept; and what somebody never finished to publish.
        """
        rows = [r for r in self._store.rows(PK, "EDITION#") if r["id"] != current.id]
        published = [row for row in rows if row["status"] == "published"]
        gone = {row["id"] for row in published[: -(KEPT - 1)]}
        stale = stamp(now - timedelta(hours=1))
        unfinished = {r["id"] for r in rows if r["status"] == "writing" and r["at"] < stale}
        until = int((now + LINGER).timestamp())
        for row in rows:
            edition = Edition.of(row)
            if row["id"] in gone | unfinished:
                self._expire(edition, ("SNAPSHOT#", edition.book), until)
                change = {"status": "retired", "expires": until}
                key = (PK, row["sk"])
                self._quietly(Change(key, expect={"status": row["status"]}, set=change))
            elif row["status"] == "published" and not row.get("private_only"):
                self._expire(edition, ("SNAPSHOT#",), until)
                change = {"private_only": True}
                self._quietly(Change((PK, row["sk"]), expect={"status": "published"}, set=change))

    def _expire(
        self, edition: Edition, kinds: Sequence[str], until: int, *, blank: bool = False
    ) -> None:
        pk = f"{PK}#{edition.id}"
        counts = {"SNAPSHOT#": edition.snapshot_parts, edition.book: edition.book_parts}
        sets: dict[str, object] = {"expires": until} | ({"data": b""} if blank else {})
        for kind in kinds:
            for number in range(counts[kind]):
                key = (pk, f"{kind}{number:04}")
                self._quietly(Change(key, expect={"kind": "edition_part"}, set=sets))

    def _quietly(self, change: Change) -> None:
        try:
            self._store.commit([change])
        except Conflict:
            pass  # another publisher tidies too, or TTL was there first

    def _write(self, pk: str, kind: str, parts: Iterable[bytes]) -> None:
        for number, data in enumerate(parts):
            row = {"pk": pk, "sk": f"{kind}{number:04}", "kind": "edition_part", "data": data}
            self._store.commit([Put(row)])

    def _read(self, pk: str, kind: str, count: int) -> bytes:
        rows = self._store.rows(pk, kind)
        if len(rows) < count:
            raise EditionLost(pk)
        return b"".join(row["data"] for row in rows)


def _number(edition: Edition | None) -> int:
    """Editions are numbered; two who publish at once write the same number beside each other."""
    return int(edition.id.partition("-")[0]) if edition else 0


def _book(coaches: "Sequence[Coach]") -> bytes:
    rows = [coach.model_dump(mode="json", exclude_none=True) for coach in coaches]
    return gzip.compress(json.dumps(rows, ensure_ascii=False).encode(), mtime=0)


def _parts(data: bytes) -> list[bytes]:
    return [data[at : at + PART] for at in range(0, len(data), PART)]


_DATES: Final = ("availability_updated_at", "consent_publication", "last_verified_at")


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    from datetime import date

    def one(key: str, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(value)
        return date.fromisoformat(value) if key in _DATES else value

    return {key: one(key, value) for key, value in row.items()}

"""Editions of the directory: stored whole, published by one write, earlier ones restorable."""

import gzip
import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.coaches.catalogue import column_values, in_parts, packed
from chalicelib.coaches.edition import CATALOGUE, PK, SNAPSHOT, Edition, EditionParts
from chalicelib.coaches.own_edits import own_values
from chalicelib.coaches.withdrawals import Withdrawals
from chalicelib.core import eastern_time
from chalicelib.core.ports import Change, Now, Put, Store, Write
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

CURRENT: Final = (PK, "CURRENT")
"""The row that names the current edition: whoever changes it publishes."""

MAX_EDITIONS: Final = 10
"""How many imports can be restored; the oldest goes when an eleventh is published. What a coach
changes on their own page counts for none."""

GRACE_PERIOD: Final = timedelta(days=1)
"""How long a replaced snapshot stays, for containers that are about to load it."""

PUBLISHING_TIMEOUT: Final = timedelta(hours=1)
"""After this time an edition that was written but not published counts as given up."""


class Withdrawn(Exception):
    """Raised when coaches would be published who took their page down on that day or later.

    `slugs` names them.
    """

    def __init__(self, slugs: Sequence[str]) -> None:
        super().__init__(", ".join(slugs))
        self.slugs = tuple(slugs)


class EditionStore:
    """Keeps the editions: all of one is stored before the one write that publishes it.

    The snapshot is what the public sees. The catalogue holds all coaches with all their
    columns; editions are restored from it.
    """

    def __init__(self, store: Store, now: Now, people_key: bytes = b"") -> None:
        self.store = store
        self._parts = EditionParts(store)
        self._now = now
        self.withdrawals = Withdrawals(store, now, people_key)

    def today(self) -> date:
        return eastern_time.today(self._now())

    def current(self) -> Edition | None:
        """Return the published edition; None before the first."""
        row = self.store.get(*CURRENT)
        return None if row is None else Edition.of(row)

    def restorable(self) -> list[Edition]:
        """Return the editions that can be restored, newest first, the current one included."""
        rows = self.store.rows(PK, "EDITION#")
        return [Edition.of(row) for row in reversed(rows) if row["status"] == "published"]

    def restored(self, edition: Edition) -> "list[Coach]":
        """Return the coaches of an earlier edition, as they would be published again.

        What coaches changed on their own page since holds; who took it down stays away.
        """
        coaches = [self._with_own_edits(coach, edition) for coach in self.catalogue(edition)]
        gone = {coach.slug for coach in self.withdrawals.against(coaches)}
        archived = {"status": "archived", "consent_publication": None}
        return [
            coach.model_copy(update=archived) if coach.slug in gone else coach for coach in coaches
        ]

    def _with_own_edits(self, coach: "Coach", edition: Edition) -> "Coach":
        own = own_values(self.store, coach.slug, edition.at)
        changes = {column: one.value for column, one in own.items()}
        return coach.model_copy(update=column_values(changes))

    def snapshot(self, edition: Edition) -> bytes:
        """Return what `Directory.load` reads. Raises EditionLost."""
        return self._parts.read(edition.parts_pk, SNAPSHOT, edition.snapshot_parts)

    def names(self) -> dict[str, str]:
        """Return the name of each coach of the edition that is in force, by slug."""
        coaches = self.catalogue(self.current())
        return {coach.slug: coach.full_name for coach in coaches}

    def catalogue(self, edition: Edition | None) -> "list[Coach]":
        """Return all coaches with all columns, also those not published; none without edition.

        Raises EditionLost.
        """
        from chalicelib.coaches.coach import Coach

        if edition is None:
            return []
        stored = self._parts.read(
            edition.parts_pk, edition.catalogue_prefix, edition.catalogue_parts
        )
        # The rows were checked when they were stored; the lists of options may have changed.
        rows: list[dict[str, object]] = json.loads(gzip.decompress(stored))
        return [Coach.model_construct(None, **column_values(row)) for row in rows]

    def publish(
        self,
        coaches: "Sequence[Coach]",
        *,
        by: str,
        why: str,
        after: Edition | None,
        also: Sequence[Write] = (),
        one_page: bool = False,
    ) -> Edition:
        """Publish the coaches if `after` is still the current edition, and return theirs.

        The writes in `also` are part of the transaction that publishes. An edition that changes
        `one_page` cannot be restored. Raises Conflict when somebody else published meanwhile, or
        when one of those writes does not fit, and Withdrawn for who is not to be shown; the
        directory is then as it was.
        """
        from chalicelib.coaches.directory import snapshot

        now = self._now()
        self._check_consents(coaches)
        built = snapshot.build(coaches)
        public, everything = in_parts(snapshot.serialise(built)), in_parts(packed(coaches))
        edition = Edition(
            id=f"{_number(after) + 1:06}-{secrets.token_hex(2)}",
            version=built["version"],
            count=built["count"],
            coaches=len(coaches),
            snapshot_parts=len(public),
            catalogue_prefix=CATALOGUE,
            catalogue_parts=len(everything),
            at=stamp(now),
            by=by,
            why=why,
        )
        self._draft(edition, public, everything, one_page=one_page)
        published = Change(edition.key, expect={"status": "writing"}, set={"status": "published"})
        self.store.commit([_replace(after, edition), published, *also])
        self._expire_superseded(edition, now, imports_kept=MAX_EDITIONS - (not one_page))
        return edition

    def _check_consents(self, coaches: "Sequence[Coach]") -> None:
        if against := self.withdrawals.against(coaches):
            raise Withdrawn([coach.slug for coach in against])

    def _draft(
        self,
        edition: Edition,
        snapshot: Iterable[bytes],
        catalogue: Iterable[bytes],
        *,
        one_page: bool,
    ) -> None:
        """Store all of an edition that is still to be published."""
        pk, sk = edition.key
        row = {"pk": pk, "sk": sk, "kind": "edition", **edition.attributes(), "status": "writing"}
        row["one_page"] = one_page or None
        self.store.commit([Put(row)])
        self._parts.write(edition.parts_pk, SNAPSHOT, snapshot)
        self._parts.write(edition.parts_pk, CATALOGUE, catalogue)

    def restore(self, edition: Edition, *, by: str) -> Edition:
        """Publish the coaches of an earlier edition as a new one. Raises as `publish` does."""
        current = self.current()  # read first: whoever publishes from now on is not undone
        coaches = self.restored(edition)
        return self.publish(coaches, by=by, why=f"restored {edition.id}", after=current)

    def forget(self, slug: str) -> int:
        """Take a coach who withdrew out of the earlier editions; return how many had them.

        What was to expire within a day, and might hold them, is emptied at once.
        """
        current = self.current()
        found = 0
        for row in self.store.rows(PK, "EDITION#"):
            edition = Edition.of(row)
            if current is not None and edition.id == current.id:
                continue
            self._parts.change(edition, SNAPSHOT, edition.snapshot_parts, self._blank())
            if row["by"] == slug:
                self._parts.change_if_there(
                    Change(edition.key, expect={"by": slug}, set={"by": "coach"})
                )
            if row["status"] != "published":
                prefix, parts = edition.catalogue_prefix, edition.catalogue_parts
                self._parts.change(edition, prefix, parts, self._blank())
                continue
            coaches = self.catalogue(edition)
            kept = [coach for coach in coaches if coach.slug != slug]
            if len(kept) < len(coaches):
                self._replace_catalogue(edition, kept)
                found += 1
        return found

    def _blank(self) -> dict[str, object]:
        return {"expires": int(self._now().timestamp()), "data": b""}

    def _replace_catalogue(self, edition: Edition, coaches: "Sequence[Coach]") -> None:
        """Write the new catalogue beside the old one first, so that readers find one whole."""
        parts, prefix = in_parts(packed(coaches)), f"BOOK-{secrets.token_hex(2)}#"
        self._parts.write(edition.parts_pk, prefix, parts)
        change = {"book": prefix, "book_parts": len(parts)}
        expected = {"book": edition.catalogue_prefix}
        self.store.commit([Change(edition.key, expect=expected, set=change)])
        prefix, count = edition.catalogue_prefix, edition.catalogue_parts
        self._parts.change(edition, prefix, count, self._blank())

    def _expire_superseded(self, current: Edition, now: datetime, *, imports_kept: int) -> None:
        """Let the store's time to live take away what is no longer needed.

        That is the snapshot of each earlier edition, since a restored one is built anew; the
        imports before the last `imports_kept`; and what somebody began and never published.
        """
        rows = [r for r in self.store.rows(PK, "EDITION#") if r["id"] != current.id]
        published = [row["id"] for row in rows if row["status"] == "published"]
        one_page = {row["id"] for row in rows if row.get("one_page")}
        imports = [id for id in published if id not in one_page]
        given_up = stamp(now - PUBLISHING_TIMEOUT)
        unfinished = [r["id"] for r in rows if r["status"] == "writing" and r["at"] < given_up]
        retired = {*imports[:-imports_kept], *unfinished, *one_page.intersection(published)}
        expires: dict[str, object] = {"expires": int((now + GRACE_PERIOD).timestamp())}
        for row in rows:
            edition, status = Edition.of(row), row["status"]
            if edition.id in retired:
                self._parts.change(edition, SNAPSHOT, edition.snapshot_parts, expires)
                prefix, count = edition.catalogue_prefix, edition.catalogue_parts
                self._parts.change(edition, prefix, count, expires)
                change = {"status": "retired", **expires}
            elif status == "published" and not row.get("private_only"):
                self._parts.change(edition, SNAPSHOT, edition.snapshot_parts, expires)
                change = {"private_only": True}
            else:
                continue
            self._parts.change_if_there(Change(edition.key, expect={"status": status}, set=change))


def _replace(before: Edition | None, edition: Edition) -> Write:
    """Return the write that makes an edition the current one, if `before` still is."""
    if before is None:
        pk, sk = CURRENT
        return Put({"pk": pk, "sk": sk, "kind": "directory", **edition.attributes()})
    return Change(CURRENT, expect={"id": before.id}, set=edition.attributes())


def _number(edition: Edition | None) -> int:
    """Return the number in an edition's id; two who publish at once may take the same one."""
    return int(edition.id.partition("-")[0]) if edition else 0

"""The edits of the desk as one process goes by them: read now and then, and never for a form alone.

Whoever saves an edit counts up a mark, which stands in several rows for the sake of those who look
at it. A process that has not looked for a while reads the mark, and what is in force only when it
was counted up. A form by a script reads nothing: the transaction that stores it is made on the
condition that the mark stands as known, and learns of an edit in no other way.
"""

import logging
import random
import zlib
from datetime import datetime, timedelta
from typing import Final

from chalicelib.content import edits
from chalicelib.core import eastern_time
from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.ports import Check, Item, Key, Now, Store

log = logging.getLogger("relais.core.edits")

EDITS_CHECK_INTERVAL: Final = timedelta(seconds=30)
"""How long a process goes by what it knows before it asks again: an edit, or a pause, is in force
everywhere after this time."""

MARK_SHARDS: Final = 16
"""Rows of the mark: many processes that start at once do not all look at one."""

IN_FORCE: Final[Key] = ("EDITS", "EDITS")


def mark_key(shard: int) -> Key:
    return f"EDITMARK#{shard}", "EDITMARK"


def packed(found: edits.Edits) -> bytes:
    """Return edits as the row of what is in force keeps them."""
    return zlib.compress(edits.packed(found).encode())


def edits_of(row: Item | None) -> dict[str, tuple[int, object]]:
    """Return what a row of what is in force holds; nothing without one."""
    return edits.unpacked(zlib.decompress(row["edits"]).decode()) if row else {}


class EditsInForce:
    """What a process knows of the edits, laid over its content."""

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now
        self._number = 0
        self._edits: dict[str, tuple[int, object]] = {}
        self._checked_at: datetime | None = None
        self._shard = random.randrange(MARK_SHARDS)

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """The settings that were edited, by name."""
        found = self._edits.get(edits.SETTINGS, (0, {}))[1]
        return tuple(sorted(found.items())) if isinstance(found, dict) else ()

    def refresh(self) -> None:
        """Look whether there is anything new, unless that was done a moment ago. While the store
        is down, go on with what is known."""
        now = self._now()
        if not self._is_fresh(now):
            try:
                mark = self._store.get(*mark_key(self._shard))
                if (mark or {}).get("number", 0) != self._number:
                    self._read()
            except StoreDown:
                log.warning("the store is down: edit %s stays in force", self._number)
            # Whoever waited for a store that is down waits once, and not before each page.
            self._checked_at = now
        self._lay(now)

    def reread(self) -> None:
        """Read what is in force now. Raises StoreDown."""
        self._read()
        self._checked_at = self._now()
        self._lay(self._now())

    def condition(self) -> list[Check]:
        """Return the condition that what is known is still in force, for a transaction that is made
        anyway; none when that was seen a moment ago."""
        if self._is_fresh(self._now()):
            return []
        key = mark_key(self._shard)
        if self._number:
            return [Check(key, expect={"number": self._number})]
        return [Check(key, absent=("number",))]

    def confirm(self) -> None:
        """Remember that the condition was met."""
        self._checked_at = self._now()

    def has_changed(self, conflict: Conflict) -> bool:
        """Say whether a conflict tells of an edit; then what is in force is read. Raises
        StoreDown."""
        if conflict.met(mark_key(self._shard)) is None:
            return False
        self.reread()
        return True

    def keep_days(self) -> None:
        """Open what was paused until today."""
        self._lay(self._now())

    def _read(self) -> None:
        row = self._store.get(*IN_FORCE)
        self._edits, self._number = edits_of(row), (row or {}).get("number", 0)
        log.info("edits: number %s, %s subjects", self._number, len(self._edits))

    def _is_fresh(self, now: datetime) -> bool:
        return self._checked_at is not None and now - self._checked_at < EDITS_CHECK_INTERVAL

    def _lay(self, now: datetime) -> None:
        if not self._edits:
            edits.lay({})
            return
        today = str(eastern_time.today(now))
        edits.lay({s: e for s, e in self._edits.items() if not _is_over(s, e[1], today)})


def _is_over(subject: str, value: object, today: str) -> bool:
    """Say whether this is a pause until a day that has come."""
    if not subject.startswith(f"{edits.INTAKE}/") or not isinstance(value, dict):
        return False
    return bool(value.get("reopens")) and str(value["reopens"]) <= today

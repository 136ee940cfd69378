"""Tells the staff of mail to a coach that came back: nobody else would hear of it."""

import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chalicelib.coaches.messages import TO_COACH
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import ALL_STAFF, kept_copy, letter
from chalicelib.core.ports import Key, Now, Put, Store
from chalicelib.core.records import stamp
from chalicelib.mail.mail_faults import is_permanent


class ReturnedMail:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def heard(self, key: Key, kind: str, report: Mapping[str, Any]) -> None:
        """Owe the staff a letter, one a month for an address, when a letter to a coach came back for
        good: who corrects the address hears when the new one is wrong too."""
        row = self._store.get(*key) if kind == "bounce" and is_permanent(report) else None
        if row is None or row.get("to") != TO_COACH:
            return
        slug = self._slug(key[0])
        if slug:
            now, address = self._now(), str((kept_copy(row) or {}).get("to", ""))
            once = f"{now:%y%m01}-{zlib.crc32(address.lower().encode()):08x}"
            pk, name = f"COACH#{slug}", "staff_coach_unreachable"
            with suppress(Conflict):  # it is owed already
                owed = letter(pk, once, name, to=ALL_STAFF, due=stamp(now))
                self._store.commit([Put(owed)])

    def _slug(self, pk: str) -> str:
        kind, _, owner = pk.partition("#")
        if kind != "MESSAGE":
            return owner
        message = self._store.get(pk, "MESSAGE")
        return str(message["coach"]) if message else ""

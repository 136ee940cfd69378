"""Private notes of the staff beside a file: no applicant ever sees one, and they go with the file."""

import secrets
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.core.ports import Item, Now, Put, Store
from chalicelib.core.records import stamp

NOTE_MAX_LENGTH: Final = 4000


class StaffNotes:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def of(self, case: Case) -> list[Item]:
        """Return the notes of a file, the newest first."""
        return self._store.rows(case.key[0], "NOTE#")[::-1]

    def add(self, case: Case, staff: Staff, text: str) -> None:
        at = stamp(self._now())
        row = {
            "pk": case.key[0],
            "sk": f"NOTE#{at}#{secrets.token_hex(4)}",
            "kind": "note",
            "by": staff.id,
            "name": staff.name,
            "at": at,
            "text": text[:NOTE_MAX_LENGTH],
        }
        self._store.commit([Put(row)])

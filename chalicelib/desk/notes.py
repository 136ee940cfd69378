"""Private notes of the staff beside a file: no applicant ever sees one, and they go with the file.

A note that names a colleague with `@` is sent to them too.
"""

import re
import secrets
from collections.abc import Sequence
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.file_index import folded
from chalicelib.cases.staff import Staff
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Item, Now, Put, Store
from chalicelib.core.records import stamp

NOTE_MAX_LENGTH: Final = 4000
LETTER: Final = "staff_note"

_AT: Final = re.compile(r"(?<![\w.@+-])@(?=\w)")
"""Before a name; never within an e-mail address."""


class StaffNotes:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def of(self, case: Case) -> list[Item]:
        """Return the notes of a file, the newest first."""
        return self._store.rows(case.key[0], "NOTE#")[::-1]

    def add(self, case: Case, staff: Staff, text: str, colleagues: Sequence[Staff] = ()) -> None:
        """Keep a note, and owe it to those whom it names."""
        at, mark, text = stamp(self._now()), secrets.token_hex(4), text[:NOTE_MAX_LENGTH]
        row = {
            "pk": case.key[0],
            "sk": f"NOTE#{at}#{mark}",
            "kind": "note",
            "by": staff.id,
            "name": staff.name,
            "at": at,
            "text": text,
            "sent_to": [one.name for one in colleagues],
        }
        facts = {"by": staff.name, "note": text}
        owed = [
            letter(case.key[0], case.events, LETTER, to=one.id, due=at, facts=facts)
            for one in colleagues
        ]
        # Two notes after one step of a file are two letters.
        self._store.commit([Put(row), *(Put({**one, "sk": f"{one['sk']}#{mark}"}) for one in owed)])


def named_in(text: str, colleagues: Sequence[Staff]) -> list[Staff]:
    """Return whom a note names with `@`: by their whole name or their id, or by the first word of
    it where one alone has that. Who is not among the colleagues is nobody."""
    calls = [folded(text[found.end() :][:200]) for found in _AT.finditer(text)]
    return [one for one in colleagues if any(_is_called(one, call, colleagues) for call in calls)]


def _is_called(staff: Staff, call: list[str], colleagues: Sequence[Staff]) -> bool:
    def begins(words: list[str]) -> bool:
        return bool(words) and call[: len(words)] == words

    name = folded(staff.name)
    if begins(name) or begins(folded(staff.id)):
        return True
    same = [one for one in colleagues if folded(one.name)[:1] == name[:1]]
    return len(same) == 1 and begins(name[:1])

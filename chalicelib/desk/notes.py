"""Private notes of the staff beside a file: no applicant ever sees one, and they go with the file.

A note that names a colleague with `@` is sent to them too.
"""

import re
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from chalicelib.cases.case import Case
from chalicelib.cases.file_index import folded
from chalicelib.cases.staff import Staff
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Item, Now, Put, Store
from chalicelib.core.records import stamp
from chalicelib.desk.once import marked, once_mark

LETTER: Final = "staff_note"

_AT: Final = re.compile(r"(?<![\w.@+-])@(?=\w)")
"""Before a name; never within an e-mail address."""

_OTHER_NAME: Final = re.compile(r"[\w'’.-]+[ \u00a0][^\W\d_a-zà-öø-ÿœ]")
"""A first name and the capital of another one: `@Sam Wong` is nobody who is called Sam Lee."""


class StaffNotes:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def of(self, case: Case) -> list[Item]:
        """Return the notes of a file, the newest first."""
        return self._store.rows(case.key[0], "NOTE#")[::-1]

    def add(
        self,
        case: Case,
        staff: Staff,
        text: str,
        colleagues: Sequence[Staff] = (),
        once: str = "",
    ) -> None:
        """Keep a note, which is no longer than one may be, and owe it to those whom it names;
        `once` names the form that brings it, and may come twice."""
        at, mark = stamp(self._now()), secrets.token_hex(4)
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
        letters = [Put({**one, "sk": f"{one['sk']}#{mark}"}) for one in owed]
        try:
            self._store.commit([Put(row), *letters, *once_mark(once, self._now())])
        except Conflict:
            if marked(self._store, once, self._now()) is None:
                raise


def unnamed(note: Item) -> Item:
    """Return a note as whom it is about may have it: without the names of those whom it calls."""
    text = str(note["text"])
    for name in note["sent_to"]:
        first = str(name).partition(" ")[0]
        text = re.sub(rf"{re.escape(name)}\b|(?<=@){re.escape(first)}\b", "staff", text)
    return {**note, "text": text, "sent_to": len(note["sent_to"])}


class Calls(NamedTuple):
    """Whom a note names, and whether an `@` in it names nobody who may be sent it."""

    named: list[Staff]
    in_vain: bool


def called(text: str, colleagues: Sequence[Staff], everybody: Sequence[Staff]) -> Calls:
    """Return whom a note names with `@`: by their whole name or their id, or else by their first
    name where one alone of `everybody` has it. Only colleagues are sent a note."""
    found = [_called(text[at.end() :][:200], everybody) for at in _AT.finditer(text)]
    ids = {one.id for one in found if one is not None}
    named = [one for one in colleagues if one.id in ids]
    return Calls(named, any(one is None or one not in named for one in found))


def _called(call: str, everybody: Sequence[Staff]) -> Staff | None:
    """Return whose name a text begins with: the longest whole one that fits."""
    words = folded(call)
    whole = [
        (len(name), one)
        for one in everybody
        for name in (folded(one.name), folded(one.id))
        if name and words[: len(name)] == name
    ]
    longest = max((length for length, _ in whole), default=0)
    if longest:
        found = {one.id: one for length, one in whole if length == longest}
        return next(iter(found.values())) if len(found) == 1 else None
    same = [one for one in everybody if words and folded(one.name)[:1] == words[:1]]
    return same[0] if len(same) == 1 and not _OTHER_NAME.match(call) else None

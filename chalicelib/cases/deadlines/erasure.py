"""What is left of a case after its time: enough to count, nothing about anybody."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.open_files import OpenFiles, open_key
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Delete, Item, Store, Write
from chalicelib.forms.attachment import attachments_in, released

COUNTED: Final = (
    "stream", "scope", "stage", "org_type", "provinces_served", "issue_areas", "earlier_support",
)  # fmt: skip
"""Answers chosen from a list, which name nobody: they stay, to be counted."""

NO_PERSON: Final = "-"
"""In place of the key of a person."""

ROWS_A_TRANSACTION: Final = 20

_GONE: Final = (
    "application", "application_warnings", "decided", "owner", "recused", "votes", "question",
    "conditions", "mail_faults", "address", "linked_to", "beside", "claims", "disowned",
    "proved", "consents", "attachments",
)  # fmt: skip


def blank(case: Case) -> tuple[Item, list[str]]:
    """Return the attributes that an anonymised case keeps, and the names of those that go."""
    kept = {name: case.answers[name] for name in COUNTED if name in case.answers}
    sets: Item = {
        "answers": kept,
        "warnings": [],
        "person": NO_PERSON,
        "email": "",
        "contact_name": "",
        "org": "",
        "closed": {**(case.closed or {}), "was": case.state},
    }
    return sets, [name for name in _GONE if getattr(case, name, None) is not None]


class Erasure:
    """Empties the rows of an anonymised case, a few at a time; again and again does no harm."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pointer(self, case: Case) -> list[Write]:
        """Let the row that finds the files of a person lead to this one no more."""
        row = self._store.get(*open_key(case.person))
        opened = OpenFiles.of(case.person, row)
        if case.id not in (*opened.files, *opened.kept):
            return []
        return [opened.without(case.id).write()]

    def documents(self, case: Case, now: datetime) -> list[Write]:
        """Give up the documents of a case: the next sweep deletes them."""
        return [*released(attachments_in(self._store, case.key[0], case.attachments), now)]

    def go_on(self, case: Case, clock: Item) -> str:
        """Erase some rows; the clock goes with the last of them. Returns `erased` or `taken`."""
        left = [write for row in self._store.rows(case.key[0]) for write in _erased(row, case)]
        writes = left[:ROWS_A_TRANSACTION]
        if len(left) <= ROWS_A_TRANSACTION:
            expect = {"version": clock["version"]}
            writes.append(Delete((clock["pk"], clock["sk"]), expect=expect))
        try:
            self._store.commit(writes)
        except Conflict:
            return "taken"
        return "erased"


def _erased(row: Item, case: Case) -> Iterator[Write]:
    key = (row["pk"], row["sk"])
    if row["kind"] == "event":
        if "data" in row:
            expect = {"hash": row["hash"]}
            # The last event covers the row that stays, in which nobody is named.
            gone = ("data",) if row["number"] == case.events else ("data", "salt")
            yield Change(key, expect=expect, set={"erased": True}, remove=gone)
    elif row["kind"] != "case" and row["sk"] != "CLOCK#X":
        yield Delete(key)

"""What is left of a case after its time: enough to count, nothing about anybody."""

from collections.abc import Iterator
from typing import Any, Final

from chalicelib.cases.case import Case
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Delete, Item, Store, Write

COUNTED: Final = (
    "stream", "scope", "stage", "org_type", "provinces_served", "issue_areas", "earlier_support",
)  # fmt: skip
"""Answers chosen from a list, which name nobody."""

NOBODY: Final = "-"
"""In place of the key of a person."""

AT_ONCE: Final = 20
"""Rows erased in one transaction."""

_GONE: Final = (
    "application", "application_warnings", "decided", "owner", "recused", "votes", "question",
    "conditions", "undeliverable", "address", "linked_to",
)  # fmt: skip


def blank(case: Case) -> tuple[dict[str, Any], list[str]]:
    """What an anonymised case keeps, and the names of what goes."""
    kept = {name: case.answers[name] for name in COUNTED if name in case.answers}
    sets: dict[str, Any] = {
        "answers": kept,
        "warnings": [],
        "person": NOBODY,
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
        """The row that finds the open case of a person, if it still leads to this one."""
        key = (f"OPEN#{case.person}#{case.cycle}", "OPEN")
        found = self._store.get(*key)
        if found is None or found["case"] != case.id:
            return []
        return [Delete(key, expect={"case": case.id})]

    def go_on(self, case: Case, clock: Item) -> str:
        """Erases some rows; the clock goes with the last of them."""
        left = [write for row in self._store.rows(case.key[0]) for write in _erased(row)]
        writes = left[:AT_ONCE]
        if len(left) <= AT_ONCE:
            expect = {"version": clock["version"]}
            writes.append(Delete((clock["pk"], clock["sk"]), expect=expect))
        try:
            self._store.commit(writes)
        except Conflict:
            return "taken"
        return "erased"


def _erased(row: Item) -> Iterator[Write]:
    key = (row["pk"], row["sk"])
    if row["kind"] == "event":
        if "data" in row:
            expect = {"hash": row["hash"]}
            yield Change(key, expect=expect, set={"erased": True}, remove=("data", "salt"))
    elif row["kind"] != "case" and row["sk"] != "CLOCK#X":
        yield Delete(key)

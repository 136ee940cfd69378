"""The row that finds the files of a person, and what is kept beside them."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from chalicelib.cases.case import Case
from chalicelib.cases.lookup import Cases
from chalicelib.cases.states import kind
from chalicelib.core.ports import Change, Delete, Item, Key, Put, Write

MAX_FILES: Final = 20
"""How many files of one person are found again: the newest."""

MAX_KEPT: Final = 5
"""How many declarations wait beside the files of one person; one more is not kept."""

_FIELDS: Final = ("case", "files", "kept")
"""What a write expects to stand as it was read; `case` alone is what rows had at first."""


CaseOf = Callable[[str], Case | None]


class OpenFiles(NamedTuple):
    """The ids of a person's files, and of the declarations `kept` beside them, each in
    the order in which they came. `row` is what stands in the store; None for nothing yet.

    Ids may be of cases that have ended since, or have another address: ask the cases.
    """

    key: Key
    row: Item | None = None
    files: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @classmethod
    def of(cls, person: str, row: Item | None) -> "OpenFiles":
        if row is None:
            return cls(open_key(person))
        files = row.get("files", [row["case"]] if "case" in row else [])
        return cls(open_key(person), row, tuple(files), tuple(row.get("kept", ())))

    def with_file(self, case: str) -> "OpenFiles":
        return self.without(case)._replace(files=(*self.without(case).files, case)[-MAX_FILES:])

    def with_kept(self, case: str) -> "OpenFiles":
        return self._replace(kept=(*self.kept, case))

    def without(self, case: str) -> "OpenFiles":
        files = tuple(one for one in self.files if one != case)
        return self._replace(files=files, kept=tuple(one for one in self.kept if one != case))

    def among(self, files: Sequence[Case], kept: Sequence[Case]) -> "OpenFiles":
        """Return the same with these alone: what has gone meanwhile is forgotten."""
        return self._replace(files=tuple(c.id for c in files), kept=tuple(c.id for c in kept))

    def write(self) -> Write:
        """Return what stores it, if the row is still as it was read."""
        pk, sk = self.key
        facts = {"files": list(self.files), "kept": list(self.kept)}
        if self.row is None:
            return Put({"pk": pk, "sk": sk, "kind": "open", **facts})
        there: Item = {name: self.row[name] for name in _FIELDS if name in self.row}
        if not self.files and not self.kept:
            return Delete(self.key, expect=there)
        missing = [name for name in _FIELDS if name not in self.row]
        gone = ("case",) if "case" in self.row else ()
        return Change(self.key, expect=there, absent=missing, set=facts, remove=gone)


class FoundFiles(NamedTuple):
    """The cases behind the ids that are still what they were: files of this person that may go
    on or be opened again, those of them that are `open` as far as their person knows, and
    declarations that still wait."""

    files: list[Case]
    open: list[Case]
    kept: list[Case]


def find(opened: OpenFiles, person: str, cases: Cases) -> FoundFiles:
    """Look up the cases of a person behind the ids."""
    files = _those(opened.files, person, cases.case, "active", "terminal")
    # Of a refusal whose letter has not left nobody learns by declaring again.
    is_open = [case for case in files if kind(cases.known_state(case)) == "active"]
    return FoundFiles(files, is_open, waiting(opened, person, cases.case))


def waiting(opened: OpenFiles, person: str, case_of: CaseOf) -> list[Case]:
    """Look up the declarations of a person that wait for an answer."""
    return _those(opened.kept, person, case_of, "unconfirmed")


def _those(ids: Sequence[str], person: str, case_of: CaseOf, *kinds: str) -> list[Case]:
    """Return the cases of these kinds. Whose address was corrected since is not found under the
    old one any more."""
    found = [case for one in ids if (case := case_of(one)) is not None]
    return [case for case in found if case.person == person and kind(case.state) in kinds]


def open_key(person: str) -> Key:
    """Return the key of a person's row: an open file is found in whatever year it came."""
    return f"OPEN#{person}", "OPEN"

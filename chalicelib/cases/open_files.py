"""The row that finds the files of a person, and what is kept beside them."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from chalicelib.cases.case import Case
from chalicelib.cases.states import kind
from chalicelib.core.ports import Change, Delete, Item, Key, Put, Write

MAX_FILES: Final = 20
"""How many files of one person are found again: the newest."""

MAX_KEPT: Final = 5
"""How many declarations wait beside the files of one person; one more is not kept."""

_FIELDS: Final = ("case", "files", "kept")
"""What a write expects to stand as it was read; `case` alone is what rows had at first."""


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
    on or be opened again, and declarations that still wait."""

    files: list[Case]
    kept: list[Case]

    @property
    def open(self) -> list[Case]:
        return [case for case in self.files if kind(case.state) == "active"]


def find(opened: OpenFiles, person: str, case_of: Callable[[str], Case | None]) -> FoundFiles:
    """Look up the cases of a person behind the ids. Whose address was corrected since is not
    found under the old one any more."""

    def those(ids: Sequence[str], *kinds: str) -> list[Case]:
        cases = [case for one in ids if (case := case_of(one)) is not None]
        return [case for case in cases if case.person == person and kind(case.state) in kinds]

    return FoundFiles(those(opened.files, "active", "terminal"), those(opened.kept, "unconfirmed"))


def open_key(person: str) -> Key:
    """Return the key of a person's row: an open file is found in whatever year it came."""
    return f"OPEN#{person}", "OPEN"

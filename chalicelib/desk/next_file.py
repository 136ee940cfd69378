"""The next file: what follows one in the list that its reader came from, as that list was shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.staff import Staff
from chalicelib.cases.standing_back import stands_back
from chalicelib.cases.states import kind
from chalicelib.desk.files import Files, line_of
from chalicelib.desk.filters import Filters
from chalicelib.desk.list_order import Line, LinePlace, place_of

FILES_A_ROUND: Final = 3
MAX_ROUNDS: Final = 4
"""How many files are looked at, and how often, before a list is said to go on without one."""


class NextFile(NamedTuple):
    """The file that follows, and `at`: where it stands. `is_end`: nothing follows any more."""

    case: Case | None
    at: str = ""
    is_end: bool = False


@dataclass(frozen=True)
class NextFiles:
    files: Files

    def after(self, filters: Filters, staff: Staff, case: Case) -> NextFile:
        """Return the next file that somebody may open: what went on meanwhile, and from what they
        stand back, is passed over."""
        if filters.q:
            return self._found(filters, staff, case)
        place = _place(filters, case)
        for _ in range(MAX_ROUNDS):
            lines, is_whole = self.files.lines_after(filters, staff.id, place, FILES_A_ROUND)
            others = [line for line in lines if line.row["case"] != case.id]
            for line, found in self._cases(others):
                if found.state == line.state and _is_open(found, staff):
                    return NextFile(found, written(line, filters))
            if is_whole:
                return NextFile(None, is_end=True)
            if not lines:
                break
            place = place_of(lines[-1], filters.order)
        return NextFile(None)

    def _found(self, filters: Filters, staff: Staff, case: Case) -> NextFile:
        """Return what follows among what a search found."""
        found = self.files.search(filters.q)
        ids = [one.id for one in found.cases]
        rest = found.cases[ids.index(case.id) + 1 :] if case.id in ids else []
        following = next((one for one in rest if _is_open(one, staff)), None)
        return NextFile(following, is_end=following is None and not found.reached)

    def _cases(self, lines: Sequence[Line]) -> list[tuple[Line, Case]]:
        keys = [case_key(line.row["case"]) for line in lines]
        rows = self.files.store.batch_get(keys) if keys else {}
        return [
            (line, Case.of(rows[key])) for line, key in zip(lines, keys, strict=True) if key in rows
        ]


def written(line: Line, filters: Filters) -> str:
    """Return where a file stands in a list, for its address: what it is sorted by may change while
    somebody reads it; its name does not."""
    place = place_of(line, filters.order)
    return place.position if filters.order == "name" else " ".join(place).strip()


def _place(filters: Filters, case: Case) -> LinePlace:
    """Return where a file stood in the list that was shown; where it would stand now, for who
    comes from elsewhere."""
    now = place_of(line_of(case), filters.order)
    by, _, position = filters.at.rpartition(" ")
    if not position:
        return now
    return LinePlace(now.by if filters.order == "name" else by, position)


def _is_open(case: Case, staff: Staff) -> bool:
    return kind(case.state) != "gone" and not stands_back(case, staff.id, staff.email)

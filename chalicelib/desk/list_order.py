"""The orders of a list of files: by when each came, its name, its day, its last change, its score."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from chalicelib.cases.file_index import folded
from chalicelib.core import references
from chalicelib.core.ports import Item, Store
from chalicelib.desk.appraisals import appraisals_key, share_for

SCORES_AT_ONCE: Final = 100
"""Files whose appraisals one call reads."""

LAST_FIRST: Final = ("changed", "score")


class Line(NamedTuple):
    """A file in a list: its row, its state, and where the list goes on behind it."""

    row: Item
    state: str

    @property
    def position(self) -> str:
        return str(self.row["sk"])

    @property
    def ref(self) -> str:
        return references.reference(self.row["form"], self.row["case"])


class LinePlace(NamedTuple):
    """Where a file stands in a list: by what it is sorted by, and by when it came."""

    by: str
    position: str


def place_of(line: Line, order: str) -> LinePlace:
    """Return where a file stands in an order; by its score once that was read, `in_order`."""
    match order:
        case "name":
            return LinePlace(" ".join(folded(line.row["org"])), line.position)
        case "due":
            return LinePlace(str(line.row.get("due") or "9"), line.position)
        case "changed":
            return LinePlace(str(line.row["changed"]), line.position)
        case "score":
            return LinePlace(str(line.row.get("share", "")), line.position)
    return LinePlace("", line.position)


def is_behind(line: Line, place: LinePlace, order: str) -> bool:
    """Say whether a list shows a file after a place."""
    own = place_of(line, order)
    return own < place if order in LAST_FIRST else own > place


def in_order(store: Store, lines: Sequence[Line], order: str, me: str) -> list[Line]:
    """Return files in an order, as somebody sees it."""
    found = _scored(store, lines, me) if order == "score" else lines
    return sorted(found, key=lambda line: place_of(line, order), reverse=order in LAST_FIRST)


def _scored(store: Store, lines: Sequence[Line], me: str) -> list[Line]:
    """Return files with the mean share of the points that somebody may read of each."""
    keys, rows = [appraisals_key(line.row["case"]) for line in lines], dict[tuple[str, str], Item]()
    for start in range(0, len(keys), SCORES_AT_ONCE):
        rows |= store.batch_get(keys[start : start + SCORES_AT_ONCE])
    found = []
    for line, key in zip(lines, keys, strict=True):
        share = share_for(me, rows.get(key), line.row["form"])
        shown = {} if share is None else {"share": f"{share:.6f}"}
        found.append(line._replace(row={**line.row, **shown}))
    return found

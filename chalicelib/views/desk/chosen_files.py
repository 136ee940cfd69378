"""The files that a form of many names: those to be decided, and why each of the others is none."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.cases.standing_back import stands_back
from chalicelib.cases.states import kind
from chalicelib.core import references
from chalicelib.core.errors import NotFound
from chalicelib.core.typed_text import whole_number
from chalicelib.desk.files import Files, Tab
from chalicelib.desk.filters import Filters
from chalicelib.desk.many import MANY_MAX, Chosen
from chalicelib.views.desk.opened_files import OpenedFiles
from chalicelib.web.request import text_field, texts_of

_PARTS: Final = 3

NAMED_MAX: Final = MANY_MAX * 10
"""Files that a form may name: more than any page lists."""

READS_MAX: Final = MANY_MAX * 2
"""Files that are looked at, of a whole list too: those beyond are too many in any case."""

WhyLeftOut = Literal["gone", "held", "stood_back", "too_many"]


class ChosenFiles(NamedTuple):
    """`taken` are the files, each as it was seen when it was chosen; `left_out` says by reference
    why others that were named are none of them."""

    taken: list[tuple[Case, Chosen]]
    left_out: Mapping[str, WhyLeftOut]


def chosen_files(opened: OpenedFiles, staff: Staff, fields: Mapping[str, object]) -> ChosenFiles:
    """Return what a form names, and what its sender may decide of that."""
    names = "shown" if "shown_all" in fields else "file"
    taken: dict[str, tuple[Case, Chosen]] = {}
    left_out: dict[str, WhyLeftOut] = {}
    for at, text in enumerate(texts_of(fields, names)[:NAMED_MAX]):
        ref, *seen = text.split(":")
        if references.parse_reference(ref) is None:
            continue
        if len(taken) == MANY_MAX or at >= READS_MAX:
            left_out[ref] = "too_many"
            continue
        try:
            case = opened.case(ref)
        except NotFound:
            left_out[ref] = "gone"
            continue
        if stands_back(case, staff.id, staff.email):
            left_out[ref] = "stood_back"
        elif kind(case.state) == "held":
            left_out[ref] = "held"
        else:
            taken.setdefault(case.id, (case, _as_seen(case, seen)))
    return ChosenFiles(list(taken.values()), left_out)


def named_files(
    opened: OpenedFiles, files: Files, staff: Staff, fields: Mapping[str, object]
) -> tuple[ChosenFiles, Tab | None]:
    """Return what a form names, or what the list that it stands under begins with; with how many
    files that list has, where it has more."""
    if "listed_all" not in fields:
        return chosen_files(opened, staff, fields), None
    filters = Filters.of_query(text_field(fields, "filters"))
    listed, is_whole = files.first(filters, staff.id, READS_MAX)
    taken, left_out = chosen_files(opened, staff, {"file": listed})
    others = {ref: why for ref, why in left_out.items() if why != "too_many"}
    is_cut = not is_whole or others != left_out
    return ChosenFiles(taken, others), files.number(filters, staff.id) if is_cut else None


def _as_seen(case: Case, seen: list[str]) -> Chosen:
    """Return a file as the form says that it was seen; as it is, where it does not say."""
    numbers = [n for part in seen if (n := whole_number(part)) is not None]
    if len(seen) == len(numbers) == _PARTS - 1:
        return Chosen(case.id, *numbers)
    return Chosen(case.id, case.version, case.events)

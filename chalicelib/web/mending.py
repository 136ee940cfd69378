"""A long form as a page of what is to be mended alone: all other answers go along unseen."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, TypedDict

from chalicelib.web.form_errors import Description, LinkedError

FieldDescription = Description
"""A field, or a section of them, as the description of its form has it."""

MENDED_AT_ONCE: Final = 4
"""Fields that one page asks for again: what else is wrong is asked for when these are right."""

NOTED_AT_ONCE: Final = 2
"""Answers with nothing wrong that are shown beside them."""

SHOWN_AGAIN: Final = ("consent_privacy", "consent_newsletter")
"""Boxes whose words are agreed to: they are read with the button that sends."""

WHOLE_ROWS: Final = 4
"""Rows of a list that are shown whole for what is wrong with all of them together: of a longer one,
only the cells that it is about."""

ROW_NAME_LENGTH: Final = 60

CELLS: Final[Mapping[str, tuple[str, ...]]] = {
    "one_lead": ("role",),
    "no_coach_fees": ("category",),
    "nothing_requested": ("requested",),
    "budget_gap": ("amount", "requested"),
    "over_maximum": ("requested",),
    "contribution_low": ("amount",),
    "admin_fee_high": ("category", "requested"),
}
"""Problems of all rows of a list together → the cells of each that they are about."""

TOO_MANY: Final = "too_many"
"""The problem of a list that is about its rows beyond those that it may have: they are shown whole."""

_IN_A_ROW: Final = re.compile(r"(\w+)\[(\d{1,9})\]\.(\w+)")


class Mended(TypedDict):
    """One field to fill in again: `around` are the fields beside it, by which it may be asked, and
    `row` counts from one in the list `of`, and `named` is what it begins with; blank where it
    stands in no list."""

    field: FieldDescription
    path: str
    value: object
    around: Sequence[FieldDescription]
    of: str
    row: int
    named: str


class Mending(TypedDict):
    """`carried` are all other answers, as a form posts them; `left` counts what is asked later, and
    `apart` has what is wrong with a list of which no more than some cells are shown, by the first
    of them."""

    section: list[tuple[str, list[Mended]]]
    consents: list[Mended]
    carried: list[tuple[str, str]]
    problems: list[LinkedError]
    left: int
    apart: dict[str, str]


def to_mend(
    description: Description,
    values: Mapping[str, object],
    problems: Sequence[LinkedError],
    opened: Collection[str] = (),
    noted: Collection[str] = (),
    boxes: Collection[str] = (),
) -> Mending:
    """Return what a page asks for again, of a form with these values and what is wrong with them.

    `opened` names sections whose fields are all asked for, right or wrong; `noted` are paths of
    answers that whoever gave them should see again, though nothing is wrong with them; `boxes`
    are shown in any case.
    """
    every = [field for section in description["sections"] for field in section["fields"]]
    keys = {field["key"] for field in every}
    wrong, apart = _wrong(every, values, problems)
    wrong |= set([path for path in map(_place, noted) if path not in wrong][:NOTED_AT_ONCE])
    asked = [(section["title"], list(_asked(section, every, values, wrong, opened)))
             for section in description["sections"]]  # fmt: skip
    shown = {one["path"] for _, found in asked for one in found}
    agreed = [_whole(field, every, values) for field in every
              if field["key"] in boxes and field["key"] not in shown]  # fmt: skip
    seen = shown | {one["path"] for one in agreed}
    at_hand = seen | apart.keys()
    listed = [_at(one, apart) for one in problems if _place(one["target"]) in at_hand
            or one["target"].partition("[")[0] not in keys]  # fmt: skip
    return {
        "section": [(title, found) for title, found in asked if found],
        "consents": agreed,
        "carried": [pair for field in every
                    for pair in _posted(field, field["key"], values.get(field["key"]), seen)],
        "problems": listed,
        "left": len(problems) - len(listed),
        "apart": {at["target"]: at["message"] for at in listed if at["target"] in apart.values()},
    }  # fmt: skip


def _wrong(
    every: Sequence[FieldDescription],
    values: Mapping[str, object],
    problems: Sequence[LinkedError],
) -> tuple[set[str], dict[str, str]]:
    """Return the paths of what is wrong, no more than is mended at once, and the first of those
    that stand for a list."""
    keys = {field["key"] for field in every}
    named = dict.fromkeys(_place(problem["target"]) for problem in problems)
    once = [place for place in named if place.partition("[")[0] in keys][:MENDED_AT_ONCE]
    cells = dict(_cells(every, values, problems))
    wrong = {path for place in once for path in cells.get(place, (place,))}
    return wrong, {place: cells[place][0] for place in once if place in cells}


def _cells(
    every: Sequence[FieldDescription],
    values: Mapping[str, object],
    problems: Sequence[LinkedError],
) -> Iterator[tuple[str, list[str]]]:
    """Yield each long list of which no more is wrong than what some cells of its rows say
    together, or how many rows there are, and the paths of these cells."""
    for field in every:
        codes = [one["code"] for one in problems if one["target"] == field["key"]]
        rows = values.get(field["key"])
        if not codes or field["type"] != "rows":
            continue
        if not isinstance(rows, list) or len(rows) <= WHOLE_ROWS:
            continue
        if all(code in (*CELLS, TOO_MANY) for code in codes):
            about = [cell for code in codes for cell in CELLS.get(code, ())]
            room = int(field["max"]) if TOO_MANY in codes else len(rows)
            yield field["key"], [f"{field['key']}[{number}].{inner['key']}" for number in range(len(rows))
                                 for inner in field["fields"] if inner["key"] in about or number >= room]  # fmt: skip


def _at(problem: LinkedError, apart: Mapping[str, str]) -> LinkedError:
    """Return a line of the summary as it links to what is shown of its list."""
    return {**problem, "target": apart.get(problem["target"], problem["target"])}


def _place(target: str) -> str:
    """Return the path of what is shown for a problem: a field of a row alone, any other whole."""
    return target if _IN_A_ROW.fullmatch(target) else target.partition("[")[0]


def _asked(
    section: FieldDescription,
    every: Sequence[FieldDescription],
    values: Mapping[str, object],
    wrong: Collection[str],
    opened: Collection[str],
) -> Iterator[Mended]:
    for field in section["fields"]:
        key = field["key"]
        if (section["id"] in opened and "hidden" not in field) or key in wrong:
            yield _whole(field, every, values)
            continue
        for inner in field.get("fields", ()):
            rows = values.get(key)
            for number, row in enumerate(rows if isinstance(rows, list) else ()):
                if (path := f"{key}[{number}].{inner['key']}") in wrong:
                    value = row.get(inner["key"], "") if isinstance(row, Mapping) else ""
                    yield {"field": inner, "path": path, "value": value, "around": field["fields"],
                           "of": field["label"], "row": number + 1, "named": _named(row)}  # fmt: skip


def _named(row: object) -> str:
    """Return what a row is known by: the longest of its texts, cut."""
    texts = (
        [text for text in row.values() if isinstance(text, str)] if isinstance(row, Mapping) else []
    )
    return max(texts, key=len, default="")[:ROW_NAME_LENGTH]


def _whole(
    field: FieldDescription, every: Sequence[FieldDescription], values: Mapping[str, object]
) -> Mended:
    value = values.get(field["key"], field.get("default", ""))
    return {
        "field": field,
        "path": field["key"],
        "value": value,
        "around": every,
        "of": "",
        "row": 0,
        "named": "",
    }


def _posted(
    field: FieldDescription, path: str, value: object, seen: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield what a browser would post for the value of a field, unless the field is seen: no more
    rows and choices than it has, and of a single field that came twice the last."""
    if path in seen:
        return
    if field["type"] == "rows":
        rows = value if isinstance(value, list) else []
        for number, row in enumerate(rows[: int(field["max"])]):
            if isinstance(row, Mapping):
                yield from _posted_row(field, f"{path}[{number}]", row, seen)
    elif isinstance(value, list) and field["type"] == "lines":
        lines = enumerate(value[: int(field["max"])])
        yield from ((f"{path}[{n}]", text) for n, text in lines if text and isinstance(text, str))
    elif isinstance(value, list) and field["type"] == "choices":
        chosen = value[: len(field["options"])]
        yield from ((path, text) for text in chosen if text and isinstance(text, str))
    elif isinstance(value, list):
        yield from _posted(field, path, value[-1] if value else "", seen)
    elif isinstance(value, str | int | float) and value != "" and value is not False:
        yield path, "on" if value is True else str(value)


def _posted_row(
    field: FieldDescription, path: str, row: Mapping[str, object], seen: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is posted for a row; a blank one keeps its place in the list."""
    cells = [(inner, f"{path}.{inner['key']}") for inner in field["fields"]]
    found = [
        pair for inner, at in cells for pair in _posted(inner, at, row.get(inner["key"], ""), seen)
    ]
    first = cells[0][1]
    yield from found or ([] if first in seen else [(first, "")])

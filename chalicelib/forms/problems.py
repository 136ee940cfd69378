"""What is wrong with a form, by our own codes: pydantic's words never reach a person."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chalicelib import content
from chalicelib.core.errors import RelaisError
from chalicelib.core.languages import Lang
from chalicelib.forms import field_types

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField
    from chalicelib.content.shapes.text import Text

Fields = Mapping[str, "FormField"]

PROBLEMS_LIMIT: Final = 100
"""Problems that are told at once."""

RESULT_NOT_MAILED: Final = "result_not_mailed"
"""The warning that a result was asked for by mail, and is shown alone."""

_PATH = re.compile(r"(\w+)(?:\[(\d+)\](?:\.(\w+))?)?")


class Problem(NamedTuple):
    """What is wrong with a field, or worth a look; `field` is "" for the whole form."""

    field: str
    code: str
    params: Mapping[str, Any] = {}

    def message(self, lang: Lang) -> str:
        return self.worded(content.messages()[self.code], lang)

    def worded(self, text: "Text", lang: Lang) -> str:
        """Return a text for whoever reads it, with what it is about."""
        from chalicelib.core import formatting

        shown = {key: formatting.formatted(value, lang) for key, value in self.params.items()}
        return text[lang].format_map(shown)


class InvalidForm(RelaisError):
    """Fields that do not fit, each with its problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{p.field}: {p.code}" for p in problems))
        self.problems = tuple(problems)


def key_of(path: str) -> str:
    """Return the field of the form that a path leads into: `team[0].email` → `team`."""
    return path.partition("[")[0]


def by_key(f: "FormField") -> "dict[str, FormField]":
    """Return the fields of a row by key; none where the field has no rows."""
    return {row["key"]: row for row in f.get("fields", ())}


def in_page_order(problems: Iterable[Problem], fields: Fields) -> list[Problem]:
    """Return the first problem of each field, from which others often follow, in the order of
    the page."""
    found: dict[str, Problem] = {}
    for problem in problems:
        found.setdefault(problem.field, problem)
    keys = list(fields)

    def place(problem: Problem) -> tuple[int, int, int]:
        path = _PATH.fullmatch(problem.field)
        if path is None or path[1] not in fields:
            return (-1, 0, 0)
        row = list(by_key(fields[path[1]])) if path[3] else []
        return (
            keys.index(path[1]),
            int(path[2] or -1),
            row.index(path[3]) if path[3] in row else -1,
        )

    return sorted(found.values(), key=place)[:PROBLEMS_LIMIT]


def at_page_row(problem: Problem, places: Mapping[str, list[int]]) -> Problem:
    """Return the problem with the number that its row has on the page."""
    path = _PATH.fullmatch(problem.field)
    if path is None or path[2] is None or path[1] not in places:
        return problem
    row = f"{path[1]}[{places[path[1]][int(path[2])]}]"
    return Problem(f"{row}.{path[3]}" if path[3] else row, problem.code, problem.params)


_CODES: Final = {
    "extra_forbidden": "unknown_field",
    "string_type": "wrong_type",
    "string_unicode": "wrong_value",
    "literal_error": "choose",
    "list_type": "wrong_list",
    "model_type": "wrong_list",
    "model_attributes_type": "wrong_list",
    "int_type": "whole",
    "int_parsing": "whole",
    "int_parsing_size": "whole",
    "int_from_float": "whole",
    "float_type": "number",
    "float_parsing": "number",
    "finite_number": "number",
    "bool_type": "tick",
}
"""What pydantic says → our message; our own codes pass as they are."""


_SHOWN_HOW: Final = {
    "phone": "phone",
    "bn_rr": "bn_rr",
    "postal_code": "postal_code",
    "date": "date",
    "month": "month",
    "month_day": "month_day",
    "assessment_ref": "reference",
}
"""Kinds whose limit nobody needs to know: their message shows how to write them."""


def from_pydantic(error: Mapping[str, Any], fields: Fields) -> Problem:
    path = _path(error["loc"])
    kind = error["type"]
    facts = error.get("ctx") or {}
    f = fields.get(error["loc"][0])
    for part in error["loc"][1:]:
        if isinstance(part, str) and f is not None and "fields" in f:
            f = by_key(f).get(part)
    if kind == "string_too_long" and f is not None and f["type"] in _SHOWN_HOW:
        return Problem(path, _SHOWN_HOW[f["type"]])
    if kind == "string_too_long":
        given = error.get("input")
        count = len(given) if isinstance(given, str) else 0
        return Problem(path, "too_long", {"max": facts["max_length"], "count": count})
    if kind in ("too_long", "too_short"):
        limit = facts["max_length" if kind == "too_long" else "min_length"]
        name = "max" if kind == "too_long" else "min"
        code = "too_many" if kind == "too_long" else "too_few"
        return Problem(path, code, {name: limit, "count": facts["actual_length"]})
    if kind in ("greater_than_equal", "less_than_equal") and f is not None:
        return _out_of_range(path, f, kind)
    if kind in _CODES or kind not in content.messages():
        return Problem(path, _CODES.get(kind, "wrong_value"))
    return Problem(path, kind, dict(facts))


def _out_of_range(path: str, f: "FormField", kind: str) -> Problem:
    low, high = field_types.limits_of(f)
    shown: dict[str, object] = {"min": low, "max": high}
    if f["type"] == "money":
        shown = {name: {"cents": limit} for name, limit in shown.items()}
    if "min" in f and "max" in f:
        return Problem(path, "range", shown)
    if kind == "greater_than_equal":
        return Problem(path, "at_least", {"min": shown["min"]})
    return Problem(path, "at_most", {"max": shown["max"]})


def _path(loc: Iterable[str | int]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".")

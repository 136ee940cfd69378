"""What is wrong with a coach of a sheet: by row and column, in words of either language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from chalicelib import content
from chalicelib.coaches.coach import Coach
from chalicelib.core.languages import Lang
from chalicelib.forms.profile_rules import misfits

_CODES: Final = {
    "missing": "required",
    "string_too_long": "too_long",
    "too_short": "too_few",
    "too_long": "too_many",
    "literal_error": "unknown_choice",
    "extra_forbidden": "unknown_column",
    "tick": "yes_or_no",
    "date_from_datetime_parsing": "date",
    "date_parsing": "date",
    "date_type": "date",
}
"""For each type of pydantic's errors, the code of our message."""


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """What is wrong at one place of the sheet; row 1 names the columns."""

    row: int
    column: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def message(self, lang: Lang) -> str:
        texts = content.coaches()["import"]
        text = (texts if self.code in texts else content.messages())[self.code]
        return text[lang].format_map(self.facts)

    def line(self, lang: Lang) -> str:
        """Return the message with its place: « Ligne 4, colonne … »; a whole row has no column."""
        texts = content.coaches()
        known = texts["columns"].get(self.column)
        column = known[lang] if known else self.column
        place = texts["import"]["place" if column else "row"]
        return place[lang].format(row=self.row, column=column, message=self.message(lang))


def problems_with(coach: Coach, changes: Mapping[str, object]) -> dict[str, SheetProblem]:
    """Return why changes do not fit a coach, by column; nothing when they do."""
    values = {**coach.model_dump(), **changes}
    problems: list[SheetProblem] = []
    try:
        Coach.model_validate(values)
    except ValidationError as error:
        problems.extend(model_problems(0, error, frozenset()))
        problems.extend(SheetProblem(0, column, code) for column, code in misfits(values))
    return {problem.column: problem for problem in problems}


def model_problems(
    at: int, error: ValidationError, columns: frozenset[str]
) -> Iterator[SheetProblem]:
    for fault in error.errors(include_url=False):
        if not fault["loc"]:
            continue  # columns that do not fit together: `misfits` finds all of these
        column = str(fault["loc"][0])
        if fault["type"] == "missing" and column not in columns:
            continue  # reported once, for the heading
        facts = dict(fault.get("ctx", {}))
        value = fault["input"]
        if fault["type"] in ("string_too_long", "too_long"):
            facts |= {"max": facts["max_length"], "count": len(value)}
        if fault["type"] == "too_short":
            facts |= {"min": facts["min_length"]}
        yield SheetProblem(at, column, _CODES.get(fault["type"], fault["type"]), facts)

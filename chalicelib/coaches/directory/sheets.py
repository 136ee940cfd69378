"""Reads coaches from a spreadsheet, with every problem by row and column, and writes them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from chalicelib import content
from chalicelib.coaches.catalogue import DATE_COLUMNS
from chalicelib.coaches.coach import Coach, options
from chalicelib.coaches.directory.folding import fold_text, fold_to_words
from chalicelib.coaches.directory.sheet_problems import SheetProblem, model_problems
from chalicelib.core.csv_table import csv_table, csv_value
from chalicelib.core.languages import LANGS
from chalicelib.core.typed_dates import NotADate
from chalicelib.forms.cells import is_error, read_sheet_day
from chalicelib.forms.profile_rules import misfits
from chalicelib.forms.sheet_bounds import Grid

if TYPE_CHECKING:
    from chalicelib.coaches.coach import ContentOption
    from chalicelib.content.shapes.text import Option

MAX_ROWS: Final = 20_000
"""How many coaches a sheet may hold."""

MOST_AHEAD: Final = timedelta(days=366)
"""How far after today a day of a sheet may be: what was checked in 2099 is a slip. A consent is of
today at the latest, or somebody would be shown who has not agreed yet."""

LIST_COLUMNS: Final = {
    "serves": "provinces",
    "modes": "modes",
    "languages": "languages",
    "streams": "streams",
    "sectors": "issue_areas",
}
"""The columns that hold several values, each with the list of its options."""
_SINGLE_COLUMNS: Final = {
    "province": "provinces",
    "availability": "availability",
    "status": "statuses",
}
YES_NO_COLUMNS: Final = frozenset({"email_public", "phone_public"})
_YES_NO_WORDS: Final = {"x": "yes", "o": "yes", "y": "yes", "n": "no", "vrai": "yes", "faux": "no"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The coaches of the rows without a problem, the numbers of these rows, and the problems of the
    others."""

    coaches: tuple[Coach, ...]
    problems: tuple[SheetProblem, ...]
    rows: tuple[int, ...] = ()


def parse(
    cells: Grid,
    progress: Callable[[int, int], None] | None = None,
    *,
    today: date | None = None,
) -> Sheet:
    """Return the coaches and problems of a sheet whose first row names the columns.

    No day may be long after `today`, where that is told. `progress` is called after each row with the number of rows read and of all rows.
    """
    filled = [(at, row) for at, row in enumerate(cells, 1) if any(cell.strip() for cell in row)]
    if len(filled) < 2:
        return Sheet((), (SheetProblem(1, "", "empty"),))
    (_, head), *rows = filled
    if len(rows) > MAX_ROWS:
        facts = {"count": len(rows), "max": MAX_ROWS}
        return Sheet((), (SheetProblem(1, "", "too_many_rows", facts),))
    columns = [_column(cell) for cell in head]
    problems = list(_head_problems(head, columns))
    coaches: dict[int, Coach] = {}
    seen: dict[str, int] = {}
    for done, (at, row) in enumerate(rows, 1):
        given = {c: v.strip() for c, v in zip(columns, row, strict=False) if c and v.strip()}
        coach, wrong = _coach(at, given, frozenset(columns), seen)
        if ahead := list(days_ahead(at, coach, today)):
            coach, wrong = None, [*wrong, *ahead]
        problems.extend(wrong)
        if coach:
            coaches[at] = coach
        if progress:
            progress(done, len(rows))
    return Sheet(tuple(coaches.values()), tuple(problems), tuple(coaches))


def days_ahead(at: int, coach: Coach | None, today: date | None) -> Iterator[SheetProblem]:
    """Yield the days of a coach that are too far to come, where `today` is told."""
    if coach is None or today is None:
        return
    for column in sorted(DATE_COLUMNS):
        day = getattr(coach, column)
        if day is None or day <= today:
            continue
        if column == "consent_publication":
            yield SheetProblem(at, column, "not_agreed_yet")
        elif day > today + MOST_AHEAD:
            yield SheetProblem(at, column, "day_ahead")


def _column(cell: str) -> str:
    """Return the column that a heading names by its key or its label; empty if none."""
    return _headings().get(fold_to_words(cell.replace("_", " ")).strip(), "")


@cache
def _headings() -> dict[str, str]:
    labels = content.coaches()["columns"]
    named = {
        fold_to_words(label[lang]).strip(): column
        for column, label in labels.items()
        for lang in LANGS
    }
    return named | {column.replace("_", " "): column for column in labels}


def _head_problems(head: Sequence[str], columns: Sequence[str]) -> Iterator[SheetProblem]:
    for cell, column in zip(head, columns, strict=True):
        if cell.strip() and not column:
            yield SheetProblem(1, cell.strip()[:60], "unknown_column")
    for column in {c for c in columns if c and columns.count(c) > 1}:
        yield SheetProblem(1, column, "column_repeated")
    for column, info in Coach.model_fields.items():
        if info.is_required() and column not in columns and column != "slug":
            yield SheetProblem(1, column, "column_missing")


def _coach(
    at: int, given: Mapping[str, str], columns: frozenset[str], seen: dict[str, int]
) -> tuple[Coach | None, list[SheetProblem]]:
    """Return the coach of a row, or the row's problems.

    `given` has the filled cells by column; `seen` the row of each slug so far, and gains this.
    """
    values, problems = _values(at, given)
    if "first_name" in given and "last_name" in given:
        values.setdefault("slug", slug_of(f"{given['first_name']} {given['last_name']}"))
    coach = None
    try:
        coach = Coach.model_validate(values)
    except ValidationError as error:
        reported = {problem.column for problem in problems}
        for wrong in model_problems(at, error, columns):
            if wrong.column not in reported:
                problems.append(wrong)
        problems.extend(SheetProblem(at, column, code) for column, code in misfits(values))
    address = str(values.get("slug", ""))
    if address and seen.setdefault(address, at) != at:
        facts = {"value": address, "first": seen[address]}
        problems.append(SheetProblem(at, "slug", "slug_repeated", facts))
    return (None if problems else coach), problems


def _values(at: int, given: Mapping[str, str]) -> tuple[dict[str, object], list[SheetProblem]]:
    """Return the cells as the model of a coach takes them, and the choices nobody knows.

    Choices may be written by any of their names.
    """
    values: dict[str, object] = {}
    problems: list[SheetProblem] = []
    for column, cell in given.items():
        if is_error(cell):
            problems.append(SheetProblem(at, column, "error_cell", {"value": cell}))
            continue
        text = csv_value(cell)
        if column in LIST_COLUMNS or column in _SINGLE_COLUMNS:
            listed = (LIST_COLUMNS | _SINGLE_COLUMNS)[column]
            written = _split(text, listed) if column in LIST_COLUMNS else [text]
            known = {**_ids_by_name(listed)}
            if column == "province":
                # A coach serves all of Canada, and lives in one place of it.
                known = {name: value for name, value in known.items() if value != "all"}
            chosen = [known.get(fold_to_words(one).strip(), "") for one in written]
            problems.extend(
                SheetProblem(
                    at, column, "unknown_choice", {"value": one[:60], "known": _ids_as_text(listed)}
                )
                for one, value in zip(written, chosen, strict=True)
                if not value
            )
            kept = [value for value in chosen if value]
            if kept:
                values[column] = kept if column in LIST_COLUMNS else kept[0]
        elif column in YES_NO_COLUMNS:
            values[column] = _YES_NO_WORDS.get(text.lower(), text.lower())
        else:
            values[column] = _day(text) if column in DATE_COLUMNS else text
    return values, problems


def _day(text: str) -> str:
    """Return a day as the model takes it, however the cell has it; what is none stays, and is
    refused there."""
    try:
        return read_sheet_day(text).isoformat()
    except NotADate:
        return text


def _split(text: str, listed: str) -> list[str]:
    parts = re.split(r"[;|\n]", text)
    if len(parts) == 1 and fold_to_words(text).strip() not in _ids_by_name(listed):
        parts = text.split(",")
    return [part.strip() for part in parts if part.strip()]


@cache
def _ids_by_name(listed: str) -> dict[str, str]:
    """Return the id of each option under each of its names, folded."""
    by_name: dict[str, str] = {}
    for option in _options(listed):
        for key in ("fr_abbreviation", "own", "en", "fr", "id"):
            if name := str(option.get(key, "")):
                by_name[fold_to_words(name.replace("_", " ")).strip()] = option["id"]
                by_name[fold_to_words(name).strip()] = option["id"]
    return by_name


def _options(listed: str) -> "Sequence[ContentOption]":
    if listed == "statuses":
        return content.coaches()["statuses"]
    if listed == "provinces":
        everywhere = content.coaches()["provinces"]["all"]
        all_of_canada: Option = {"id": "all", "en": everywhere["en"], "fr": everywhere["fr"]}
        return [*options(listed), all_of_canada]
    return options(listed)


@cache
def _ids_as_text(listed: str) -> str:
    return ", ".join(option["id"] for option in _options(listed))


def slug_of(name: str) -> str:
    """Return the slug for a name: « Jean-Florian D’Amours » is jean-florian-damours."""
    return "-".join(re.findall(r"[a-z0-9]+", fold_text(name).replace("'", "")))[:80].strip("-")


def write(coaches: Iterable[Coach]) -> bytes:
    """Return all columns as a CSV file that `read_cells` and `parse` read back."""
    columns = list(Coach.model_fields)
    values = (coach.model_dump(mode="json") for coach in coaches)
    return csv_table(columns, ([_cell(row[column]) for column in columns] for row in values))


def _cell(value: object) -> object:
    return "; ".join(value) if isinstance(value, list) else value

"""Reads a list that staff bring: each row an address with its basis and its proof, or a problem."""

import calendar
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Final

from pydantic_core import PydanticCustomError

from chalicelib import content
from chalicelib.core import eastern_time
from chalicelib.core.csv_table import csv_value
from chalicelib.core.languages import LANGS, Lang, lang_or
from chalicelib.core.records import stamp
from chalicelib.core.typed_dates import NotADate
from chalicelib.forms import cells, field_types
from chalicelib.forms.normalise import tidy
from chalicelib.forms.sheet_bounds import Bounds, SheetTooLarge, UnreadableSheet
from chalicelib.newsletter.subscribers import consent_text

IMPORT_COLUMNS: Final = ("email", "lang", "basis", "since", "evidence")
"""Columns that every list has; `name` and `topics` may stand beside them."""

NAME_MAX_LENGTH: Final = 80
"""As in the form of the newsletter."""

EVIDENCE_MIN_LENGTH: Final = 10
EVIDENCE_MAX_LENGTH: Final = 1000

BOUNDS: Final = Bounds(file_bytes=50_000_000, rows=100_001, sane_marks=False)

_LANGUAGES: Final = {
    "fr": "fr", "francais": "fr", "français": "fr", "french": "fr", "fr-ca": "fr",
    "en": "en", "anglais": "en", "english": "en", "en-ca": "en",
}  # fmt: skip


class ImportRefused(Exception):
    """The file cannot be read; the message is one line, for staff."""


class RowRefused(Exception):
    """One row cannot be taken: `code` is the key of its words, `column` where the fault is; empty
    when the row is right and its owner out."""

    def __init__(self, code: str, column: str = "", **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.column = column
        self.facts = facts


@dataclass(frozen=True)
class ImportEntry:
    """One address, with what allows to write to it."""

    email: str
    lang: Lang
    basis: str
    since: date
    evidence: str
    name: str | None
    topics: tuple[str, ...]

    def expires_at(self) -> str | None:
        """Return the end of the last day of an implied consent; None for an express one."""
        months = bases()[self.basis]
        if months is None:
            return None
        end = datetime.combine(_later(self.since, months), time.max, eastern_time.zone())
        return stamp(end.astimezone(UTC))


def words(code: str, lang: Lang, **facts: object) -> str:
    return content.newsletter()["sheet"]["problems"][code][lang].format(**facts)


Row = Mapping[str, str]
Problems = list[RowRefused]


def rows_of(file: bytes, lang: Lang) -> list[tuple[int, Row | Problems]]:
    """Return the number and the cells of each row that is not blank, by the key of its column, or
    what is wrong with them.

    Raises ImportRefused for what is no list at all.
    """
    try:
        grid = cells.read_cells("", file, BOUNDS)
    except SheetTooLarge:
        raise ImportRefused(words("too_large", lang, max=BOUNDS.rows - 1)) from None
    except UnreadableSheet as unreadable:
        raise ImportRefused(unreadable.message(lang)) from None
    except ValueError:
        raise ImportRefused(words("unreadable", lang)) from None
    filled = [(at, row) for at, row in enumerate(grid, 1) if any(cell.strip() for cell in row)]
    head = filled[0][1] if filled else []
    columns = [_column(cell) for cell in head]
    _check_columns(head, columns, lang)
    return [(at, _cells(columns, row)) for at, row in filled[1:]]


def _check_columns(head: Sequence[str], columns: Sequence[str], lang: Lang) -> None:
    missing = [name for name in IMPORT_COLUMNS if name not in columns]
    if missing:
        raise ImportRefused(words("columns", lang, names=", ".join(missing)))
    if twice := [name for name, number in Counter(filter(None, columns)).items() if number > 1]:
        raise ImportRefused(words("twice", lang, names=", ".join(twice)))
    unknown = [h.strip()[:40] for h, c in zip(head, columns, strict=True) if h.strip() and not c]
    if unknown:
        raise ImportRefused(words("unknown_column", lang, names=", ".join(unknown)))


def _column(cell: str) -> str:
    return _headings().get(" ".join(cell.casefold().replace("_", " ").split()), "")


@cache
def _headings() -> dict[str, str]:
    sheet = content.newsletter()["sheet"]
    named = {
        label[lang].casefold(): key for key, label in sheet["columns"].items() for lang in LANGS
    }
    also = {name: key for key, names in sheet["also"].items() for name in names}
    return {**also, **named, **{key: key for key in sheet["columns"]}}


def _cells(columns: Sequence[str], row: Sequence[str]) -> Row | Problems:
    problems: Problems = []
    if any(cell.strip() for cell in row[len(columns) :]):
        problems.append(RowRefused("extra", columns[-1] or columns[0]))
    found: dict[str, str] = {}
    for column, cell in zip(columns, row, strict=False):
        if column and re.search(r"[\r\n]", cell.strip()):
            # A quotation mark that stands alone makes one cell of many lines.
            problems.append(RowRefused("one_line", column, name=column))
        elif column and cells.is_error(cell):
            problems.append(RowRefused("error_cell", column, name=cell.strip()))
        elif column:
            found[column] = str(tidy(csv_value(cell)))
    return problems or {**dict.fromkeys(IMPORT_COLUMNS, ""), **found}


def entry_of(row: Row, today: date, lang: Lang) -> ImportEntry | Problems:
    """Return the entry of a row, or all that is wrong with it."""
    found: dict[str, object] = {}
    problems: Problems = []
    reads: dict[str, Callable[[str], object]] = {
        "email": lambda text: _read(field_types.email, text, "email", "email"),
        "lang": _language,
        "basis": _basis,
        "since": lambda text: _since(text, today, lang),
        "evidence": _evidence,
        "name": lambda text: _name(text) if text else None,
        "topics": _topics,
    }
    for column, read in reads.items():
        try:
            found[column] = read(row.get(column, ""))
        except RowRefused as refused:
            problems.append(refused)
    return problems or ImportEntry(**found)  # type: ignore[arg-type]


def _language(text: str) -> Lang:
    found = _LANGUAGES.get(text.casefold())
    if found is None:
        raise RowRefused("lang", "lang")
    return lang_or(found, "fr")


def _evidence(text: str) -> str:
    if len(text) < EVIDENCE_MIN_LENGTH:
        raise RowRefused("evidence", "evidence")
    return text[:EVIDENCE_MAX_LENGTH]


def _topics(text: str) -> tuple[str, ...]:
    topics = tuple(part for part in re.split(r"[\s;,]+", text) if part)
    if unknown := set(topics) - set(consent_text.topics()):
        raise RowRefused("topic", "topics", names=", ".join(sorted(unknown)))
    return topics


def _since(text: str, today: date, lang: Lang) -> date:
    # A list says in its words which language its dates are of: only French has one order.
    try:
        found = cells.read_sheet_day(text, "fr" if lang == "fr" else None)
    except NotADate:
        raise RowRefused("since", "since") from None
    if found > today:
        raise RowRefused("since_ahead", "since")
    return found


def _basis(text: str) -> str:
    """Return the basis that is called so, by its id or by its words in either language."""
    for one in content.newsletter()["bases"]:
        names = (one["id"], *(one[lang] for lang in LANGS))
        if text.casefold() in (name.casefold() for name in names):
            return one["id"]
    raise RowRefused("basis", "basis", known=", ".join(bases()))


def _name(text: str) -> str:
    """Return a first name as the form takes one."""
    if len(text) > NAME_MAX_LENGTH:
        raise RowRefused("name_long", "name", max=NAME_MAX_LENGTH)
    return _read(field_types.name, text, "name", "name")


def _read(kind: Callable[[str], str], text: str, code: str, column: str) -> str:
    try:
        return kind(text)
    except PydanticCustomError:
        raise RowRefused(code, column) from None


def bases() -> dict[str, int | None]:
    """Return how many months each basis carries an implied consent; None for an express one."""
    return {basis["id"]: basis["months"] for basis in content.newsletter()["bases"]}


def _later(day: date, months: int) -> date:
    """Return the same day some months on, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))

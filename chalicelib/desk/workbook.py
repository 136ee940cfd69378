"""A sheet of Excel, written row by row: it takes the same memory however many rows there are."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from chalicelib.core.typed_text import without_turns
from chalicelib.desk.columns import Cell, CellKind

SHOWN_CELL_LENGTH: Final = 32_000
"""Characters of one cell; Excel takes 32,767."""

_FORMATS: Final = {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "money": "#,##0.00"}
_WIDTHS: Final = {"day": 12, "moment": 17, "money": 14, "number": 12}
_TEXT_WIDTH: Final = 28

_LIVE: Final = re.compile(r"[=+@#\-]")
"""How a text may begin that a spreadsheet would reckon, or take for an error of its own."""


def write(
    path: str,
    title: str,
    heads: Sequence[str],
    kinds: Sequence[CellKind],
    rows: Iterable[Sequence[Cell]],
) -> None:
    """Write one sheet to a file: headings that stay in sight, then the rows. No cell of it is a
    formula, whatever it says."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for number, kind in enumerate(kinds, 1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = _WIDTHS.get(kind, _TEXT_WIDTH)
    bold, top = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    first = []
    for head in heads:
        cell = _text(sheet, head)
        cell.font, cell.alignment = bold, top
        first.append(cell)
    sheet.append(first)
    for row in rows:
        sheet.append([_cell(sheet, value, kind) for value, kind in zip(row, kinds, strict=True)])
    book.save(path)


def _cell(sheet: object, value: Cell, kind: CellKind) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return value if kind == "number" else _formatted(sheet, value, kind)
    if kind in ("day", "moment"):
        try:
            read = date.fromisoformat(value) if kind == "day" else datetime.fromisoformat(value)
        except ValueError:
            return _text(sheet, value)
        return _formatted(sheet, read, kind)
    text = _plain(value)
    # Most text is none that could be anything else, and a bare one costs a third.
    return _text(sheet, text) if _LIVE.match(text) else text


def _formatted(sheet: object, value: object, kind: CellKind) -> object:
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = _FORMATS.get(kind, "General")
    return cell


def _text(sheet: object, text: str) -> "WriteOnlyCell":
    """Return a cell that is text, and stays text when somebody presses Enter in it."""
    cell = WriteOnlyCell(sheet, _plain(text))
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _plain(text: str) -> str:
    text = ILLEGAL_CHARACTERS_RE.sub("", without_turns(text))
    return text if len(text) <= SHOWN_CELL_LENGTH else f"{text[:SHOWN_CELL_LENGTH]}…"

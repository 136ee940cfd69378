"""Reads the cells of a CSV or XLSX file as text, within bounds that hold whatever is in it."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from xml.parsers import expat
from zipfile import BadZipFile

from chalicelib.core.typed_dates import read_day
from chalicelib.forms.normalise import has_sane_marks
from chalicelib.forms.sheet_bounds import (
    DIRECTORY,
    MAX_CELL_LENGTH,
    MAX_COLUMNS,
    Bounds,
    Grid,
    SheetTooLarge,
    UnreadableSheet,
)
from chalicelib.forms.workbook_parts import check_archive

_ERROR_CELL: Final = re.compile(
    r"#(N/[AD]|REF!|VALUE!|VALEUR!|NAME\?|NOM\s?\?|DIV/0!|NULL?!|NUM!|NOMBRE!|SPILL!|PROPAGATION!"
    r"|CALC!|ERROR!|FIELD!|CONNECT!|BLOCKED!|UNKNOWN!)|Err:\d{3}"
)
"""What Excel, LibreOffice and Google Sheets write where a formula fails, in either language."""


def is_error(cell: str) -> bool:
    """Return whether a cell holds no value, but the error of a formula."""
    return _ERROR_CELL.fullmatch(cell.strip()) is not None


def read_cells(name: str, data: bytes, bounds: Bounds = DIRECTORY) -> Grid:
    """Return the cells of a CSV or XLSX file as text, as people's programs write them.

    Raises ValueError when it is neither, UnreadableSheet where what is wrong can be said, and
    SheetTooLarge before reading what would take too much time or memory.
    """
    if len(data) > bounds.file_bytes:
        raise SheetTooLarge("bytes")
    if data.startswith(_OLD_EXCEL):
        raise UnreadableSheet("sheet_old_excel")
    if data[:2] == b"PK":
        return _workbook(data, bounds)
    # Programs and people put such marks before one another: none says anything in a cell.
    text = _decoded(data).replace("\ufeff", "")
    if _WEB_PAGE.match(text):
        raise UnreadableSheet("sheet_web_page")
    if name.lower().endswith(".xlsx"):
        raise ValueError("not an XLSX file")
    delimiter, blank = _delimiter(text)
    text = text if blank is None else text[blank:]
    rows = csv.reader(io.StringIO(text, ""), delimiter=delimiter, strict=True)
    try:
        grid = _bounded(rows, bounds)
    except csv.Error as error:
        if "field limit" in str(error):
            raise ValueError("not a CSV file") from error
        row = rows.line_num + (blank is not None)
        raise UnreadableSheet("sheet_quote", row=row) from error
    # The line that names the separator is a row of the file all the same.
    return grid if blank is None else [[], *grid]


_OLD_EXCEL: Final = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08", b"\x09\x04\x06")
"""What an .xls file begins with; the first also an XLSX file with a password."""

_WEB_PAGE: Final = re.compile(
    r"\s*(?:<(?:!doctype|!--|\?xml|html|head|meta|body|style|table|div)\b|MIME-Version:)",
    re.IGNORECASE,
)
"""What other programs write as .xls: a page, or XML."""


def _decoded(data: bytes) -> str:
    """Return the text of a CSV file: UTF-8, UTF-16 (« Unicode text » of Excel), or cp1252, which
    Excel writes when asked for plain CSV."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16")
    if len(data) > 1 and len(data) % 2 == 0 and b"\0" in data[:2]:
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _delimiter(text: str) -> tuple[str, int | None]:
    """Return what stands between cells; and where the rows begin, when a first line names it, as
    Excel understands it: `sep=;`."""
    first, _, _ = text.partition("\n")
    named = _SEPARATOR.fullmatch(first.rstrip("\r"))
    if named:
        return named[1], len(first) + 1
    heads = next((line for line in text[:10_000].split("\n") if line.strip()), "")
    # What stands in quotation marks separates nothing.
    return max(",;\t|", key=_QUOTED.sub("", heads).count), None


_SEPARATOR: Final = re.compile(r'"?sep=([,;\t|])"?[,;\t|]*', re.IGNORECASE)
_QUOTED: Final = re.compile(r'"[^"]*"')


def _bounded(rows: Iterable[Sequence[object]], bounds: Bounds) -> Grid:
    """Return the rows as text. Raises SheetTooLarge at the first row too many or too wide."""
    grid: Grid = []
    for row in rows:
        if len(grid) == bounds.rows:
            raise SheetTooLarge("rows")
        if len(row) > MAX_COLUMNS:
            raise SheetTooLarge("columns")
        cells = [_as_text(cell) for cell in row]
        if any(len(cell) > MAX_CELL_LENGTH for cell in cells):
            raise SheetTooLarge("cell")
        if bounds.sane_marks and not all(map(has_sane_marks, cells)):
            raise SheetTooLarge("cell")
        grid.append(cells)
    return grid


def _workbook(data: bytes, bounds: Bounds) -> Grid:
    from openpyxl import load_workbook  # an operator's tool, not part of the service
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        out_of_sight = check_archive(data, bounds)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = book.worksheets
        sheet = next((each for each in sheets if each.sheet_state == "visible"), sheets[0])
        # The size that a file gives itself may be anything: rows are as long as they are.
        sheet.reset_dimensions()
        grid = _bounded(sheet.iter_rows(values_only=True), bounds)
        part = out_of_sight.get(sheet._worksheet_path.lstrip("/"))  # noqa: SLF001
        if part is not None:
            part.check(grid)
        return grid
    except (SheetTooLarge, UnreadableSheet):
        raise
    except (
        BadZipFile, InvalidFileException, KeyError, IndexError, TypeError, AttributeError,
        NotImplementedError, SyntaxError, ValueError, EOFError, expat.ExpatError,
    ) as error:  # fmt: skip
        raise ValueError("not an XLSX file") from error


def read_sheet_day(cell: str, lang: str | None = None) -> date:
    """Return the day of a cell: as people write it, with an hour beside it, or as the number that
    a spreadsheet keeps for it. Raises NotADate."""
    text = cell.strip()
    if _SERIAL.fullmatch(text):
        return _SERIAL_BEGINS + timedelta(days=int(text.partition(".")[0]))
    return read_day(_HOUR.sub("", text), lang)


_SERIAL: Final = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
"""Days since the end of 1899: from 1954 to 2119."""

_SERIAL_BEGINS: Final = date(1899, 12, 30)
_HOUR: Final = re.compile(
    r"(?:T|,?\s+(?:à |at )?)\d{1,2}\s?[:h]\s?\d{0,2}(?::\d{2})?(?:\.\d+)?\s*(?:[ap]\.?m\.?)?"
    r"(?:Z|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)

"""Reads the cells of a CSV or XLSX file as text, within bounds that hold whatever is in it."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from chalicelib.core.typed_dates import read_day
from chalicelib.forms.normalise import has_sane_marks

Grid = list[list[str]]
"""The cells of a sheet, row by row."""

MAX_FILE_BYTES: Final = 10_000_000
MAX_SHEET_ROWS: Final = 25_000
MAX_COLUMNS: Final = 200
MAX_CELL_LENGTH: Final = 32_767
"""Characters of one cell, as in Excel."""

MAX_PARTS: Final = 200
"""Files in the archive that an XLSX file is; Excel writes about ten."""

MAX_UNPACKED_BYTES: Final = 50_000_000
MAX_ELEMENTS: Final = 3_000_000
"""XML elements of all parts together: a sheet with every row has four for each filled cell."""

_CHUNK_BYTES: Final = 65_536
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
"""What each entry of a ZIP directory begins with."""


_ERROR_CELL: Final = re.compile(
    r"#(N/[AD]|REF!|VALUE!|VALEUR!|NAME\?|NOM\s?\?|DIV/0!|NULL?!|NUM!|NOMBRE!|SPILL!|PROPAGATION!"
    r"|CALC!|ERROR!|FIELD!|CONNECT!|BLOCKED!|UNKNOWN!)|Err:\d{3}"
)
"""What Excel, LibreOffice and Google Sheets write where a formula fails, in either language."""


def is_error(cell: str) -> bool:
    """Return whether a cell holds no value, but the error of a formula."""
    return _ERROR_CELL.fullmatch(cell.strip()) is not None


class SheetTooLarge(ValueError):
    """Raised for a file that holds more than any such sheet needs."""


class BrokenRow(ValueError):
    """Raised for a CSV file whose quotation marks do not close; `row` is the first such line."""

    def __init__(self, row: int) -> None:
        super().__init__(f"line {row}")
        self.row = row


@dataclass(frozen=True)
class Bounds:
    """How much a sheet may hold."""

    file_bytes: int = MAX_FILE_BYTES
    rows: int = MAX_SHEET_ROWS
    sane_marks: bool = True
    """Whether a cell with more marks on a letter than any language has is refused here."""


DIRECTORY: Final = Bounds()


def read_cells(name: str, data: bytes, bounds: Bounds = DIRECTORY) -> Grid:
    """Return the cells of a CSV or XLSX file as text, as people's programs write them.

    Raises ValueError when it is neither, BrokenRow for a quotation mark that stands alone, and
    SheetTooLarge before reading what would take too much time or memory.
    """
    if len(data) > bounds.file_bytes:
        raise SheetTooLarge("bytes")
    if data[:2] == b"PK" or name.lower().endswith(".xlsx"):
        return _workbook(data, bounds)
    text = _decoded(data)
    delimiter, blank = _delimiter(text)
    text = text if blank is None else text[blank:]
    rows = csv.reader(io.StringIO(text, ""), delimiter=delimiter, strict=True)
    try:
        grid = _bounded(rows, bounds)
    except csv.Error as error:
        if "field limit" in str(error):
            raise ValueError("not a CSV file") from error
        raise BrokenRow(rows.line_num + (blank is not None)) from error
    # The line that names the separator is a row of the file all the same.
    return grid if blank is None else [[], *grid]


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
        _check_archive(data, bounds)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # The size that a file gives itself may be anything: rows are as long as they are.
        sheet.reset_dimensions()
        return _bounded(sheet.iter_rows(values_only=True), bounds)
    except SheetTooLarge:
        raise
    except (
        BadZipFile, InvalidFileException, KeyError, IndexError, TypeError, AttributeError,
        NotImplementedError, SyntaxError, ValueError, EOFError, expat.ExpatError,
    ) as error:  # fmt: skip
        raise ValueError("not an XLSX file") from error


def _check_archive(data: bytes, bounds: Bounds) -> None:
    """Raises SheetTooLarge for an archive whose parts are too many, too large or too far apart,
    and ValueError for XML with entities; reads each part once, piece by piece."""
    # The directory is counted before it is read.
    if data.count(_ENTRY_SIGNATURE) > MAX_PARTS:
        raise SheetTooLarge("parts")
    with ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        # What a part unpacks to is cut at the size that it gives itself.
        if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise SheetTooLarge("unpacked")
        scan = _Scan(bounds)
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as opened:
                    scan.read(iter(lambda: opened.read(_CHUNK_BYTES), b""))  # noqa: B023


class _Scan:
    """Walks through XML, and stops at what no sheet of coaches needs."""

    def __init__(self, bounds: Bounds) -> None:
        self._elements = 0
        self._bounds = bounds

    def read(self, chunks: Iterable[bytes]) -> None:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        for chunk in chunks:
            parser.Parse(chunk)
        parser.Parse(b"", True)

    def _doctype(self, *_: object) -> None:
        # Entities are declared there, and one may stand for gigabytes; Excel writes none.
        raise ValueError("a document type in XML")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise SheetTooLarge("elements")
        kind = name.rpartition(":")[2]
        if kind not in ("row", "c"):
            return
        place = attributes.get("r", "")
        letters = place.rstrip("0123456789")
        if int(place[len(letters) :][:9] or 1) > self._bounds.rows:
            raise SheetTooLarge("rows")
        if len(letters) > 3 or _column_number(letters) > MAX_COLUMNS:
            raise SheetTooLarge("columns")


def _column_number(letters: str) -> int:
    """Return the number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


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

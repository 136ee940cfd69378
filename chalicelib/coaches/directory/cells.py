"""Reads the cells of a CSV or XLSX file as text, within bounds that hold whatever is in it."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

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


class SheetTooLarge(ValueError):
    """Raised for a file that holds more than any sheet of coaches needs."""


def read_cells(name: str, data: bytes) -> Grid:
    """Return the cells of a CSV or XLSX file as text.

    Raises ValueError when it is neither, and SheetTooLarge before reading what would take too
    much time or memory.
    """
    if len(data) > MAX_FILE_BYTES:
        raise SheetTooLarge("bytes")
    if data[:2] == b"PK" or name.lower().endswith(".xlsx"):
        return _workbook(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")  # what Excel writes when asked for plain CSV
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return _bounded(csv.reader(io.StringIO(text, ""), delimiter=delimiter))
    except csv.Error as error:
        raise ValueError("not a CSV file") from error


def _bounded(rows: Iterable[Sequence[object]]) -> Grid:
    """Return the rows as text. Raises SheetTooLarge at the first row too many or too wide."""
    grid: Grid = []
    for row in rows:
        if len(grid) == MAX_SHEET_ROWS:
            raise SheetTooLarge("rows")
        if len(row) > MAX_COLUMNS:
            raise SheetTooLarge("columns")
        cells = [_as_text(cell) for cell in row]
        if not all(len(cell) <= MAX_CELL_LENGTH and has_sane_marks(cell) for cell in cells):
            raise SheetTooLarge("cell")
        grid.append(cells)
    return grid


def _workbook(data: bytes) -> Grid:
    from openpyxl import load_workbook  # an operator's tool, not part of the service
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_archive(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # The size that a file gives itself may be anything: rows are as long as they are.
        sheet.reset_dimensions()
        return _bounded(sheet.iter_rows(values_only=True))
    except SheetTooLarge:
        raise
    except (
        BadZipFile, InvalidFileException, KeyError, IndexError, TypeError, AttributeError,
        NotImplementedError, SyntaxError, ValueError, EOFError, expat.ExpatError,
    ) as error:  # fmt: skip
        raise ValueError("not an XLSX file") from error


def _check_archive(data: bytes) -> None:
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
        scan = _Scan()
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as opened:
                    scan.read(iter(lambda: opened.read(_CHUNK_BYTES), b""))  # noqa: B023


class _Scan:
    """Walks through XML, and stops at what no sheet of coaches needs."""

    def __init__(self) -> None:
        self._elements = 0

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
        if int(place[len(letters) :][:9] or 1) > MAX_SHEET_ROWS:
            raise SheetTooLarge("rows")
        if len(letters) > 3 or _column_number(letters) > MAX_COLUMNS:
            raise SheetTooLarge("columns")


def _column_number(letters: str) -> int:
    """Return the number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


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

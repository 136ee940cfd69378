"""Looks through the parts of an XLSX file before it is read: what is too much, what is out of sight."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat
from zipfile import ZipFile

from chalicelib.forms.sheet_bounds import (
    MAX_COLUMNS,
    MAX_PARTS,
    MAX_UNPACKED_BYTES,
    Bounds,
    Grid,
    SheetTooLarge,
    UnreadableSheet,
)

_CHUNK_BYTES: Final = 65_536
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
"""What each entry of a ZIP directory begins with."""


@dataclass
class OutOfSight:
    """What a program shows of a sheet otherwise than its cells are: `merged` is the first range
    that looks like one cell, `columns` are the first and last of each hidden stretch."""

    merged: str = ""
    rows: list[int] = field(default_factory=list)
    columns: list[tuple[int, int]] = field(default_factory=list)

    def check(self, grid: Grid) -> None:
        """Refuse what no reader sees. Raises UnreadableSheet for merged cells, and for hidden ones
        in which something is."""
        if self.merged:
            first = self.merged.partition(":")[0]
            letters = first.rstrip("0123456789")
            place = int(first[len(letters) :] or 1)
            raise UnreadableSheet("sheet_merged", range=self.merged, row=place, column=letters)
        for row in self.rows:
            if row <= len(grid) and any(cell.strip() for cell in grid[row - 1]):
                raise UnreadableSheet("sheet_hidden_row", row=row)
        for number, cells in enumerate(grid, 1):
            for begin, end in self.columns:
                for at, cell in enumerate(cells[begin - 1 : end], begin):
                    if cell.strip():
                        raise UnreadableSheet(
                            "sheet_hidden_column", row=number, column=_column_letters(at)
                        )


def check_archive(data: bytes, bounds: Bounds) -> dict[str, OutOfSight]:
    """Return what is out of sight in each part, read once, piece by piece.

    Raises SheetTooLarge for an archive whose parts are too many, too large or too far apart, and
    ValueError for XML with entities.
    """
    # The directory is counted before it is read.
    if data.count(_ENTRY_SIGNATURE) > MAX_PARTS:
        raise SheetTooLarge("parts")
    with ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        # What a part unpacks to is cut at the size that it gives itself.
        if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise SheetTooLarge("unpacked")
        scan = PartScan(bounds)
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as opened:
                    scan.read(part.filename, iter(lambda: opened.read(_CHUNK_BYTES), b""))  # noqa: B023
        return scan.out_of_sight


class PartScan:
    """Walks through XML, and stops at what no sheet of coaches needs."""

    def __init__(self, bounds: Bounds) -> None:
        self._elements = 0
        self._bounds = bounds
        self._part = OutOfSight()
        self._row = 0
        self.out_of_sight: dict[str, OutOfSight] = {}

    def read(self, name: str, chunks: Iterable[bytes]) -> None:
        self._part = self.out_of_sight[name] = OutOfSight()
        self._row = 0
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
        if self._elements > self._bounds.elements:
            raise SheetTooLarge("elements")
        kind = name.rpartition(":")[2]
        if kind not in ("row", "c"):
            self._look(kind, attributes)
            return
        place = attributes.get("r", "")
        letters = place.rstrip("0123456789")
        if int(place[len(letters) :][:9] or 1) > self._bounds.rows:
            raise SheetTooLarge("rows")
        if len(letters) > 3 or _column_number(letters) > MAX_COLUMNS:
            raise SheetTooLarge("columns")
        if kind == "row":
            self._row = int(place or self._row + 1)
            if _is_hidden(attributes):
                self._part.rows.append(self._row)

    def _look(self, kind: str, attributes: Mapping[str, str]) -> None:
        if kind == "mergeCell" and not self._part.merged:
            self._part.merged = attributes.get("ref", "?")[:20]
        elif kind == "col" and _is_hidden(attributes):
            begin, end = (int(attributes.get(name, "")[:6] or 1) for name in ("min", "max"))
            self._part.columns.append((max(1, begin), min(end, MAX_COLUMNS)))


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return attributes.get("hidden", "") in ("1", "true")


def _column_letters(number: int) -> str:
    """Return the letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, at = divmod(number - 1, 26)
        letters = chr(65 + at) + letters
    return letters


def _column_number(letters: str) -> int:
    """Return the number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number

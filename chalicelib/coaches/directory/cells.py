"""Reads the cells of a CSV or XLSX file as text."""

import csv
import io
from datetime import date, datetime
from zipfile import BadZipFile

Grid = list[list[str]]
"""The cells of a sheet, row by row."""


def read_cells(name: str, data: bytes) -> Grid:
    """Return the cells of a CSV or XLSX file as text. Raises ValueError when it is neither."""
    if data[:2] == b"PK" or name.lower().endswith(".xlsx"):
        return _workbook(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")  # what Excel writes when asked for plain CSV
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, ""), delimiter=delimiter)]
    except csv.Error as error:
        raise ValueError("not a CSV file") from error


def _workbook(data: bytes) -> Grid:
    from openpyxl import load_workbook  # an operator's tool, not part of the service
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise ValueError("not an XLSX file") from error
    return [[_as_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)

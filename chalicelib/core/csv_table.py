"""Tables that people open in a spreadsheet, written in one way."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO, Final

from chalicelib.core.typed_text import without_turns

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A spreadsheet takes a cell that begins so for a formula, and runs it."""


def csv_text(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a header and rows as CSV, each cell as `csv_cell` writes it."""
    out = io.StringIO()
    _write(out, columns, rows)
    return out.getvalue()


def csv_table(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return the content of a CSV file in UTF-8, with the mark by which Excel knows it."""
    return csv_text(columns, rows).encode("utf-8-sig")


def write_csv(file: IO[bytes], columns: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Write the same to a file, row by row."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    _write(text, columns, rows)
    text.flush()
    text.detach()


def _write(out: IO[str], columns: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([csv_cell(value) for value in row] for row in rows)


def csv_cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula; see `csv_value`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = without_turns(str(value))
    return f"'{text}" if _escapable(text) else text


def csv_value(cell: str) -> str:
    """Return the text that `csv_cell` wrote into a cell."""
    return cell[1:] if cell.startswith("'") and _escapable(cell) else cell


def _escapable(text: str) -> bool:
    # An apostrophe before a formula is escaped too, or its reader would lose it.
    return text.lstrip("'").startswith(_FORMULA_STARTS)

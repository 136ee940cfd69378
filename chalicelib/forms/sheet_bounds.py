"""What a sheet may hold, and what is told of one that is not read."""

from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.core.languages import Lang

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


class SheetTooLarge(ValueError):
    """Raised for a file that holds more than any such sheet needs."""


class UnreadableSheet(ValueError):
    """Raised for a file that would be read otherwise than its author sees it: `code` is the key of
    its words."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def message(self, lang: Lang) -> str:
        return content.messages()[self.code][lang].format(**self.facts)


@dataclass(frozen=True)
class Bounds:
    """How much a sheet may hold."""

    file_bytes: int = MAX_FILE_BYTES
    rows: int = MAX_SHEET_ROWS
    elements: int = MAX_ELEMENTS
    sane_marks: bool = True
    """Whether a cell with more marks on a letter than any language has is refused here."""


DIRECTORY: Final = Bounds()

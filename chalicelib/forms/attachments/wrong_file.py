"""Why a file is not taken, by the code of its message."""

from typing import Final

from chalicelib.core.errors import RelaisError

KIND: Final = "file_kind"
PROGRAM: Final = "file_program"
DAMAGED: Final = "file_damaged"
MIXED: Final = "file_mixed"
FETCHES: Final = "file_fetches"
BOMB: Final = "file_bomb"
LOCKED: Final = "file_locked"
MACROS: Final = "file_macros"


class WrongFile(RelaisError):
    """A file that is none of the kinds that are taken, or not one alone, or not whole."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

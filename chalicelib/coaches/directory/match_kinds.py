"""In which ways a word is found, and what each costs."""

from enum import IntEnum
from typing import Final

from chalicelib.coaches.directory.levels import KIND_COST


class MatchKind(IntEnum):
    """How a word was found, the best way first; visitors see the names in small letters."""

    EXACT = 0
    SYNONYM = 1
    PREFIX = 2
    ONE_EDIT = 3
    NEAR = 4


# As plain numbers: arithmetic with members of an enumeration is slow.
EXACT: Final = MatchKind.EXACT * KIND_COST
SYNONYM: Final = MatchKind.SYNONYM * KIND_COST
PREFIX: Final = MatchKind.PREFIX * KIND_COST
ONE_EDIT: Final = MatchKind.ONE_EDIT * KIND_COST
NEAR: Final = MatchKind.NEAR * KIND_COST

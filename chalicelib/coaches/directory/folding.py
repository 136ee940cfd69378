"""Folds text for the search: to small letters without accents, ligatures and marks."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

APOSTROPHES: Final = frozenset("'’‘ʼʻʹ`´＇")
HYPHENS: Final = frozenset("-‐‑‒–−.:")
"""A full stop joins too, so that « C.-B. » and « N.-É. » can be found as cb and ne; and so does
a colon, for « Kahnawà:ke »."""

_SPELLED: Final = {
    "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h",
}  # fmt: skip
SAINTS: Final = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
SAINT_ABBREVIATIONS: Final = {word: (short,) for short, word in SAINTS.items()}
"""How a folded word may stand in a text instead."""
_TABLE_SIZE: Final = 4_000
"""Letters that the table keeps: a query of odd letters must not make it grow without end."""


_UNALIGNED_LETTERS: set[str] = set()
"""Those of the letters met that do not fold to exactly one."""


class _Folds(dict[int, str]):
    """Has the folded form of each letter, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _fold_letter(chr(code))
        if len(folded) != 1:
            _UNALIGNED_LETTERS.add(chr(code))
        if len(self) < _TABLE_SIZE:
            self[code] = folded
        return folded


def _fold_letter(letter: str) -> str:
    if letter in APOSTROPHES:
        return "'"
    if letter in HYPHENS:
        return "-"
    if unicodedata.category(letter) == "Cf":
        return ""
    loose = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letter).casefold())
    return "".join(_fold_piece(piece) for piece in loose)


def _fold_piece(piece: str) -> str:
    if unicodedata.combining(piece):
        return ""
    if piece.isalnum() or unicodedata.category(piece).startswith("M"):
        return _SPELLED.get(piece, piece)
    return " "


FOLDED_LETTERS: Final = _Folds()


def _windows_table() -> bytes:
    """Return the folded byte of each byte of Windows-1252; those that need two stay as is."""
    table = bytearray(range(256))
    for byte in range(256):
        letter = bytes([byte]).decode("cp1252", "replace")
        folded = FOLDED_LETTERS[ord(letter)]
        if len(folded) == 1 and folded.isascii():
            table[byte] = ord(folded)
    table[0x8C], table[0xC6] = 0x9C, 0xE6
    return bytes(table)


_WINDOWS: Final = _windows_table()


def _fold_quickly(text: str) -> bytes | None:
    """Return the folded bytes of a text in Windows-1252, ten times as fast; None for others."""
    try:
        return text.encode("cp1252").translate(_WINDOWS)
    except UnicodeEncodeError:
        return None


def fold_text(text: str) -> str:
    """Return the text in bare small letters: words apart by spaces, their pieces by `'` or `-`."""
    return fold_aligned(text)[0]


def fold_aligned(text: str) -> tuple[str, bool]:
    """Return the folded text, and whether each of its letters stands where it stood."""
    folded = _fold_quickly(text)
    if folded is None:
        return text.translate(FOLDED_LETTERS), False
    if folded.isascii():
        return folded.decode("ascii"), True
    folded = folded.replace(b"\x9c", b"oe").replace(b"\xe6", b"ae")
    return folded.decode("ascii") if folded.isascii() else text.translate(FOLDED_LETTERS), False


def fold_to_words(text: str) -> str:
    """Return the folded text with spaces also between the pieces of a word."""
    return fold_text(text).replace("'", " ").replace("-", " ")


def pieces(chunk: str) -> list[str]:
    """Return the pieces of a folded word: saint and jerome for « St-Jérôme »."""
    return [SAINTS.get(piece, piece) for piece in chunk.replace("'", "-").split("-") if piece]


def joined_pieces(chunk: str) -> Iterator[str]:
    """Yield what pieces of a folded word make together: all, and those an apostrophe joins.

    « Roy-O’Brien » gives royobrien and obrien; « St-Onge » gives saintonge and stonge.
    """
    bound = chunk.split("-") if "'" in chunk and "-" in chunk else []
    for several in (chunk, *bound):
        parts = pieces(several)
        if len(parts) > 1:
            yield "".join(parts)
            yield several.replace("'", "").replace("-", "")


def index_words(text: str) -> Iterator[str]:
    """Yield every word that finds a short text: its pieces, and what they make together."""
    for chunk in fold_text(text).split():
        yield from pieces(chunk)
        yield from joined_pieces(chunk)


def index_words_of_prose(text: str) -> Iterator[str]:
    """Yield the words of running text, where what stands before an apostrophe is an article."""
    for chunk in fold_text(text).split():
        parts = pieces(chunk)
        yield from (part for part in parts if len(part) > 1)
        if len(parts) > 1 and "'" not in chunk:
            yield from joined_pieces(chunk)


class Origins:
    """Tells where each letter of a folded text stands in the text as it was written."""

    def __init__(self, text: str) -> None:
        self._from: list[int] = []
        self._shift: list[int] = []
        shift = 0
        for place, length in _odd_letters(text):
            # Each letter more pushes back all that follow; a letter less pulls them.
            for step in range(1, length) if length else (0,):
                self._from.append(place + shift + step)
                self._shift.append(shift + (step or -1))
            shift += length - 1

    def __getitem__(self, place: int) -> int:
        known = bisect_right(self._from, place)
        return place - self._shift[known - 1] if known else place


def _odd_letters(text: str) -> list[tuple[int, int]]:
    """Return the places of letters that do not fold to one, and to how many each does."""
    return sorted(
        (place, len(FOLDED_LETTERS[ord(letter)]))
        for letter in _UNALIGNED_LETTERS.intersection(text)
        for place in _places(text, letter)
    )


def _places(text: str, letter: str) -> Iterator[int]:
    place = text.find(letter)
    while place >= 0:
        yield place
        place = text.find(letter, place + 1)

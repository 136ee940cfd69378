"""Sets of coaches: one bit each in an integer, one letter each in a snapshot."""

from collections.abc import Iterable, Iterator
from typing import Final

Posting = str | list[str]
"""The coaches filed under a word, as stored: letters, or for a common word [hexadecimal]."""

_FIRST_LETTER: Final = 0x5D
"""The first letter that stands for a coach: beyond those that JSON escapes."""
_GAP_FROM: Final = 0xD800
_GAP: Final = 0x800
"""Letters that UTF-8 has no place for."""
_DENSE: Final = 48
"""Beyond one coach in so many, hexadecimal is shorter and quicker to read than letters."""


def bit_of(number_of: int) -> int:
    """The bit of the coach with this number; it is also the letter that stands for them."""
    place = number_of + _FIRST_LETTER
    return place if place < _GAP_FROM else place + _GAP


def number_of(place: int) -> int:
    return place - _FIRST_LETTER if place < _GAP_FROM else place - _FIRST_LETTER - _GAP


def pack(numbers: Iterable[int], size: int) -> Posting:
    found = sorted(set(numbers))
    letters = "".join(chr(bit_of(n)) for n in found)
    if len(found) * _DENSE < size:
        return letters
    return [f"{from_letters(letters):x}"]


def unpack(posting: Posting) -> int:
    return from_letters(posting) if isinstance(posting, str) else int(posting[0], 16)


def union(postings: Iterable[Posting]) -> int:
    """Every coach in any of them. Letters are joined first: one pass for a thousand words."""
    letters: list[str] = []
    mask = 0
    for posting in postings:
        if isinstance(posting, str):
            letters.append(posting)
        else:
            mask |= int(posting[0], 16)
    return mask | from_letters("".join(letters))


def from_letters(letters: str) -> int:
    if len(letters) < 4:
        mask = 0
        for letter in letters:
            mask |= 1 << ord(letter)
        return mask
    bits = bytearray((ord(max(letters)) >> 3) + 1)
    for place in memoryview(letters.encode("utf-32-le")).cast("I"):
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def set_bits(mask: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    digits = bin(mask)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)

"""Sets of coaches: one bit each in an integer in memory, one letter each in a snapshot."""

from collections.abc import Iterable, Iterator
from typing import Final

from chalicelib.coaches.directory.layout import Posting

_FIRST_LETTER: Final = 0x5D
"""The code of the first coach's letter: it is beyond those that JSON escapes."""
_GAP_FROM: Final = 0xD800
_GAP: Final = 0x800
"""How many codes from there on are surrogates, which UTF-8 cannot write."""
_DENSE: Final = 48
"""From one coach in so many on, hexadecimal is shorter and quicker to read than letters."""


def bit_of(number_of: int) -> int:
    """Return the bit of the coach in this row; its number is also that of their letter."""
    place = number_of + _FIRST_LETTER
    return place if place < _GAP_FROM else place + _GAP


def number_of(place: int) -> int:
    """Return the row of the coach whose bit this is."""
    return place - _FIRST_LETTER if place < _GAP_FROM else place - _FIRST_LETTER - _GAP


def pack(numbers: Iterable[int], size: int) -> Posting:
    """Return the coaches in these rows, of `size` in all, as they are stored."""
    found = sorted(set(numbers))
    letters = "".join(chr(bit_of(n)) for n in found)
    if len(found) * _DENSE < size:
        return letters
    return [f"{from_letters(letters):x}"]


def unpack(posting: Posting) -> int:
    """Return the stored coaches as a bit mask."""
    return from_letters(posting) if isinstance(posting, str) else int(posting[0], 16)


def union(postings: Iterable[Posting]) -> int:
    """Return every coach in any of them; letters are joined first, to read them in one pass."""
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
    """Yield the numbers of the bits that are set, lowest first."""
    digits = bin(mask)
    end = len(digits)
    at = digits.rfind("1")
    while at >= 0:
        yield end - 1 - at
        at = digits.rfind("1", 0, at)

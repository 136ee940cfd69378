"""A fair order among equals: another one each day and for each query, the same all day."""

from hashlib import blake2s
from typing import Final

from chalicelib.directory.postings import bit, places

_FEW: Final = 600
"""Up to so many coaches are sorted; more are drawn one by one, as far as the page needs."""
_ODD_1: Final = 0x9E3779B97F4A7C15
_ODD_2: Final = 0xBF58476D1CE4E5B9
_64: Final = (1 << 64) - 1


def seed(day: str, words: str) -> int:
    return int.from_bytes(blake2s(f"{day}\n{words}".encode(), digest_size=8).digest(), "big")


def draw(mask: int, count: int, size: int, wanted: int, luck: int) -> list[int]:
    """The first `wanted` of the `count` coaches in `mask`, in the order that `luck` gives."""
    if count <= _FEW:
        return sorted(places(mask), key=lambda place: _mixed(place ^ luck))[:wanted]
    return _walk(mask, size, wanted, luck)


def _mixed(value: int) -> int:
    value = (value ^ (value >> 31)) * _ODD_1 & _64
    value = (value ^ (value >> 29)) * _ODD_2 & _64
    return value ^ (value >> 32)


def _walk(mask: int, size: int, wanted: int, luck: int) -> list[int]:
    """Go round all coaches in steps of a chosen length modulo a prime: each is met once."""
    prime = _prime(size)
    step = 1 + luck % (prime - 1)
    number = (luck >> 32) % prime
    bits = mask.to_bytes((mask.bit_length() + 7) // 8, "little")
    end = len(bits)
    found: list[int] = []
    for _ in range(prime):
        place = bit(number)
        if number < size and place >> 3 < end and bits[place >> 3] >> (place & 7) & 1:
            found.append(place)
            if len(found) == wanted:
                break
        number = (number + step) % prime
    return found


def _prime(size: int) -> int:
    candidate = size | 1
    while any(candidate % divisor == 0 for divisor in range(3, int(candidate**0.5) + 1, 2)):
        candidate += 2
    return candidate

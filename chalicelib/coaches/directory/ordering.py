"""A fair order among equals: the same all day, another one each day and for each query."""

from functools import cache
from hashlib import blake2s
from typing import Final

from chalicelib.coaches.directory.postings import bit_of, set_bits

_SORT_LIMIT: Final = 400
"""Up to so many coaches are sorted; of more, only those that the page needs are drawn."""
_PRIME: Final = (1 << 61) - 1


def daily_seed(day: str, words: str) -> int:
    """Return the number that the order of a day (ISO) and a query follows from."""
    return int.from_bytes(blake2s(f"{day}\n{words}".encode(), digest_size=8).digest(), "big")


def draw(mask: int, count: int, size: int, wanted: int, seed: int) -> list[int]:
    """Return the bits of the first `wanted` coaches of a mask, in the order that a seed gives.

    The mask has `count` coaches, the directory `size`.
    """
    if count > _SORT_LIMIT:
        return _walk(mask, size, wanted, seed)
    # Cubes, since a sum of the bits themselves would favour neighbours' neighbours.
    factor, shift = seed % _PRIME or 1, (seed >> 3) % _PRIME
    drawn = sorted([((p * p * p * factor + shift) % _PRIME, p) for p in set_bits(mask)])
    return [place for _, place in drawn[:wanted]]


def _walk(mask: int, size: int, wanted: int, seed: int) -> list[int]:
    """Go round all coaches in steps of one length, modulo a prime: each is met once."""
    prime = _prime(size)
    step = 1 + seed % (prime - 1)
    number = (seed >> 32) % prime
    digits = bin(mask)[:1:-1]
    end = len(digits)
    found: list[int] = []
    for _ in range(prime):
        place = bit_of(number)
        if place < end and digits[place] == "1":
            found.append(place)
            if len(found) == wanted:
                break
        number = (number + step) % prime
    return found


@cache
def _prime(size: int) -> int:
    candidate = size | 1
    while any(candidate % divisor == 0 for divisor in range(3, int(candidate**0.5) + 1, 2)):
        candidate += 2
    return candidate

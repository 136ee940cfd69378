"""Counts, for each of many sets, how many of some coaches are in it."""

from collections.abc import Sequence
from typing import Final

from chalicelib.coaches.directory.postings import set_bits

_FEW: Final = 120
"""Up to so many coaches are counted one by one; of more, each set's share is counted."""

_MAX_REMEMBERED: Final = 200


class Tally:
    """The sets, and for each coach met the sets that they are in: a byte each in one number, so
    that the numbers of several coaches are added up to all counts at once."""

    def __init__(self, masks: Sequence[int]) -> None:
        self._masks = masks
        self._bytes = [mask.to_bytes((mask.bit_length() + 7) >> 3, "little") for mask in masks]
        self._by_place: dict[int, int] = {}
        self._counted: dict[int, Sequence[int]] = {}

    def counts(self, found: int) -> Sequence[int]:
        """Return how many of those found are in each set, in the order of the sets."""
        if found.bit_count() > _FEW:
            return self._counts_of_many(found)
        known = self._by_place
        total = 0
        for place in set_bits(found):
            if place not in known:
                known[place] = self._sets_of(place)
            total += known[place]
        return total.to_bytes(len(self._masks), "little")

    def _counts_of_many(self, found: int) -> Sequence[int]:
        """Return the same; what everybody asks for, such as a filter alone, is remembered."""
        known = self._counted.get(found)
        if known is None:
            known = [(found & mask).bit_count() for mask in self._masks]
            if len(self._counted) >= _MAX_REMEMBERED:
                self._counted.clear()
            self._counted[found] = known
        return known

    def _sets_of(self, place: int) -> int:
        at, bit = place >> 3, 1 << (place & 7)
        return int.from_bytes(
            bytes(at < len(mask) and mask[at] & bit > 0 for mask in self._bytes), "little"
        )

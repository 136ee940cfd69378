"""Counts, for each of many sets, how many of some coaches are in it."""

from collections.abc import Sequence
from typing import Final

from chalicelib.coaches.directory.postings import set_bits

_FEW: Final = 120
"""Up to so many coaches are counted one by one; of more, each set's share is counted."""

_MAX_REMEMBERED: Final = 200


class Tally:
    """The sets, as bit masks and turned round: for eight coaches at a time one number, with a byte
    for each set, whose bits say which of the eight are in it. So one coach's sets are a shift away,
    and the numbers of several coaches are added up to all counts at once."""

    def __init__(self, masks: Sequence[int]) -> None:
        self._masks = masks
        size = max(map(int.bit_length, masks), default=0) + 7 >> 3
        columns = zip(*(mask.to_bytes(size, "little") for mask in masks), strict=True)
        self._eights = [int.from_bytes(column, "little") for column in columns]
        self._in_any = (1 << 8 * len(self._eights)) - 1
        self._one_each = int.from_bytes(b"\x01" * len(masks), "little")
        self._counted: dict[int, Sequence[int]] = {}

    def counts(self, found: int) -> Sequence[int]:
        """Return how many of those found are in each set, in the order of the sets."""
        if found.bit_count() > _FEW:
            return self._counts_of_many(found)
        # Whoever has a bit beyond those of all sets is in none.
        places = set_bits(found & self._in_any)
        eights, one_each = self._eights, self._one_each
        sets = [eights[place >> 3] >> (place & 7) & one_each for place in places]
        return sum(sets).to_bytes(len(self._masks), "little")

    def _counts_of_many(self, found: int) -> Sequence[int]:
        """Return the same; what everybody asks for, such as a filter alone, is remembered."""
        known = self._counted.get(found)
        if known is None:
            known = [(found & mask).bit_count() for mask in self._masks]
            if len(self._counted) >= _MAX_REMEMBERED:
                self._counted.clear()
            self._counted[found] = known
        return known

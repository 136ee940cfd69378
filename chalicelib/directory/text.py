"""Where a word stands in the texts of one coach."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from chalicelib.directory.folding import SHORT, Origins, fold, pieces, plain

Part = tuple[str, str, str]
"""A field, the language of its text (or none), and the text as it was written."""

Spot = tuple[int, int]
"""Where a word begins and ends in the folded texts."""

_MOST: Final = 12
_BOUND: Final = re.compile(r"\w['-]\w")
_NAMES: Final = frozenset({"name", "organization", "title", "city"})
"""Where a word may be written apart and asked for as one: « O’Brien », "obrien"."""


class Text:
    """Several texts put together, to look for words in all of them at once."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = [part for part in parts if part[2]]
        self._starts: list[int] = []
        at = 1
        for _, _, text in self.parts:
            self._starts.append(at)
            at += len(text) + 1
        self._written = f" {' '.join([part[2] for part in self.parts])} "
        self.folded = plain(self._written)
        self._origins: Origins | None = None
        self._bound: list[tuple[str, Spot]] | None = None

    def find(self, word: str, *, exact: bool) -> list[Spot]:
        """Where a word begins with this one; or, if `exact`, is it."""
        spots: list[Spot] = []
        for spelled in (word, *SHORT[word]) if word in SHORT else (word,):
            needle = f" {spelled} " if exact else f" {spelled}"
            at = self.folded.find(needle)
            while at >= 0 and len(spots) < _MOST:
                spots.append((at + 1, at + 1 + len(spelled)))
                at = self.folded.find(needle, at + 1)
        return spots

    def find_bound(self, whole: str) -> list[Spot]:
        """Where the pieces of a word, put together, begin with this one."""
        if self._bound is None:
            self._bound = list(self._bindings())
        return [spot for joined, spot in self._bound if joined.startswith(whole)]

    def _bindings(self) -> Iterator[tuple[str, Spot]]:
        start = 1
        for field, _, text in self.parts:
            folded, at = fold(text), 0
            for chunk in folded.split() if field in _NAMES and _BOUND.search(folded) else ():
                at = folded.index(chunk, at)
                parts = pieces(chunk)
                if len(parts) > 1:
                    yield "".join(parts), (start + at, start + at + len(chunk.rstrip("'-")))
                at += len(chunk)
            start += len(folded) + 1

    def is_word(self, spot: Spot) -> bool:
        """Whether the word ends with the spot."""
        return self.folded[spot[1]] == " "

    def word(self, spot: Spot) -> str:
        """The whole word that begins at the spot, as compared."""
        return self.folded[spot[0] : self.folded.index(" ", spot[1])]

    def place(self, spot: Spot) -> tuple[int, int, int]:
        """The number of the part, and where the spot is in its text as it was written."""
        if self._origins is None:
            self._origins = Origins(self._written)
        begin, end = self._origins[spot[0]], self._origins[spot[1]]
        number = bisect_right(self._starts, begin) - 1
        start = self._starts[number]
        return number, begin - start, end - start

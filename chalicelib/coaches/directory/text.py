"""Where a word stands in the texts of one coach."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

from chalicelib.coaches.directory.folding import (
    SAINT_ABBREVIATIONS,
    Origins,
    fold_aligned,
    joined_pieces,
)


class Part(NamedTuple):
    """One text of a coach: its field, its language if it has one, as written and as folded."""

    field: str
    lang: str
    text: str
    folded: str
    even: bool
    """Whether every folded letter stands where it stood."""


def folded_part(field: str, lang: str, text: str) -> Part:
    return Part(field, lang, text, *fold_aligned(text))


Span = tuple[int, int]
"""Where a word begins and ends in the folded texts."""

PartSpan = tuple[int, int, int]
"""The number of a text, and where in it a word begins and ends as it was written."""

_MAX_SPANS: Final = 12
_JOINED_WORDS: Final = re.compile(r"\w['-]\w")
_NAMES: Final = frozenset({"name", "organization", "title", "city"})
"""Where a word may be written apart and asked for as one: « O’Brien », "obrien"."""


class FoldedTexts:
    """Several texts put together, to look for words in all of them at once."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = [folded_part for folded_part in parts if folded_part.text]
        folded = " ".join([folded_part.folded for folded_part in self.parts])
        self.folded = f" {folded} ".replace("'", " ").replace("-", " ")
        self._bound: list[tuple[str, Span]] | None = None
        self._origins: dict[int, Origins] = {}

    @cached_property
    def _starts(self) -> list[int]:
        lengths = [len(folded_part.folded) + 1 for folded_part in self.parts]
        return list(accumulate(lengths[:-1], initial=1))

    def find(self, word: str, *, exact: bool, most: int = _MAX_SPANS) -> list[Span]:
        """Where a word begins with this one; or, if `exact`, is it."""
        spots: list[Span] = []
        for spelled in (
            (word, *SAINT_ABBREVIATIONS[word]) if word in SAINT_ABBREVIATIONS else (word,)
        ):
            needle = f" {spelled} " if exact else f" {spelled}"
            at = self.folded.find(needle)
            while at >= 0 and len(spots) < most:
                spots.append((at + 1, at + 1 + len(spelled)))
                at = self.folded.find(needle, at + 1)
        return spots

    def find_bound(self, whole: str) -> list[Span]:
        """Where the pieces of a word, put together, begin with this one."""
        if self._bound is None:
            self._bound = list(self._bindings())
        return [spot for joined, spot in self._bound if joined.startswith(whole)]

    def _bindings(self) -> Iterator[tuple[str, Span]]:
        for folded_part, start in zip(self.parts, self._starts, strict=True):
            bound = folded_part.field in _NAMES and _JOINED_WORDS.search(folded_part.folded)
            at = 0
            for chunk in folded_part.folded.split() if bound else ():
                at = folded_part.folded.index(chunk, at)
                for whole in joined_pieces(chunk):
                    yield whole, (start + at, start + at + len(chunk.rstrip("'-")))
                at += len(chunk)

    def is_word(self, spot: Span) -> bool:
        """Whether the word ends with the spot."""
        return self.folded[spot[1]] == " "

    def word(self, spot: Span) -> Span:
        """The whole word that the spot begins."""
        return spot[0], self.folded.index(" ", spot[1])

    def number(self, spot: Span) -> int:
        """Which of the parts the spot is in."""
        return bisect_right(self._starts, spot[0]) - 1

    def place(self, spot: Span) -> PartSpan:
        """The number of the part, and where the spot is in its text as it was written."""
        number = bisect_right(self._starts, spot[0]) - 1
        start = self._starts[number]
        begin, end = spot[0] - start, spot[1] - start
        if self.parts[number].even:
            return number, begin, end
        origins = self._origins.get(number)
        if origins is None:
            origins = self._origins[number] = Origins(self.parts[number].text)
        return number, origins[begin], origins[end]

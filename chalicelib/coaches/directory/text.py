"""Where a word stands in the texts of one coach."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from chalicelib.coaches.directory.folding import (
    SAINT_ABBREVIATIONS,
    Origins,
    fold_aligned,
    fold_text,
    joined_pieces,
)


class Part(NamedTuple):
    """One text of a coach, as written; `lang` is empty if it is in no language."""

    field: str
    lang: str
    text: str


Span = tuple[int, int]
"""Where a word begins and ends in the folded texts."""

PartSpan = tuple[int, int, int]
"""The number of a part, and where in its text, as written, a word begins and ends."""

_MAX_SPANS: Final = 12
"""Places of one word that are looked for."""

_JOINED_WORDS: Final = re.compile(r"\w['-]\w")
_NAME_FIELDS: Final = frozenset({"name", "organization", "title", "city"})
"""Where a visitor may write as one word what stands in pieces: « O’Brien », "obrien"."""


Spelling = tuple[str, int]
"""What to look for in folded texts, and how many letters of it are before the word's end."""


def spellings(word: str, *, exact: bool) -> list[Spelling]:
    """Return how a word may stand in texts if `exact`, else how words that begin with it do."""
    end = " " if exact else ""
    several = (word, *SAINT_ABBREVIATIONS.get(word, ()))
    return [(f" {each}{end}", len(each) + 1) for each in several]


class FoldedTexts:
    """Several texts put together, to look for words in all of them at once."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = [part for part in parts if part.text]
        texts = [part.text for part in self.parts]
        self._bare, self._aligned = fold_aligned(" ".join(texts))
        if not self._aligned:
            texts = [fold_text(text) for text in texts]
            self._bare = " ".join(texts)
        self._starts = list(accumulate([len(text) + 1 for text in texts[:-1]], initial=1))
        self.folded = f" {self._bare} ".replace("'", " ").replace("-", " ")
        self._joined: list[tuple[str, Span]] | None = None
        self._origins: dict[int, Origins] = {}

    def find(self, word: Sequence[Spelling], most: int = _MAX_SPANS) -> list[Span]:
        """Return where a word stands, in any of its `spellings`."""
        spans: list[Span] = []
        find = self.folded.find
        for spelling, length in word:
            at = find(spelling)
            while at >= 0 and len(spans) < most:
                spans.append((at + 1, at + length))
                at = find(spelling, at + length)
        return spans

    def find_joined(self, joined: str, *, exact: bool) -> list[Span]:
        """Return where the pieces of a word, put together, are this one, or else begin with it."""
        if self._joined is None:
            self._joined = list(self._all_joined())
        return [
            span
            for word, span in self._joined
            if word == joined or (not exact and word.startswith(joined))
        ]

    def _all_joined(self) -> Iterator[tuple[str, Span]]:
        ends = [*self._starts[1:], len(self._bare) + 2]
        for part, start, end in zip(self.parts, self._starts, ends, strict=False):
            if part.field not in _NAME_FIELDS:
                continue
            folded = self._bare[start - 1 : end - 2]
            at = 0
            for chunk in folded.split() if _JOINED_WORDS.search(folded) else ():
                at = folded.index(chunk, at)
                for word in joined_pieces(chunk):
                    yield word, (start + at, start + at + len(chunk.rstrip("'-")))
                at += len(chunk)

    def is_word(self, span: Span) -> bool:
        """Return whether the word ends with the span."""
        return self.folded[span[1]] == " "

    def word(self, span: Span) -> Span:
        """Return the whole word that the span begins."""
        return span[0], self.folded.index(" ", span[1])

    def part_number(self, span: Span) -> int:
        return bisect_right(self._starts, span[0]) - 1

    def as_written(self, span: Span) -> PartSpan:
        """Return the part that the span is in, and its place in the text as written."""
        number = bisect_right(self._starts, span[0]) - 1
        start = self._starts[number]
        begin, end = span[0] - start, span[1] - start
        if self._aligned:
            return number, begin, end
        origins = self._origins.get(number)
        if origins is None:
            origins = self._origins[number] = Origins(self.parts[number].text)
        return number, origins[begin], origins[end]

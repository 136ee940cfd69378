"""The words of one field of all coaches, such as their names."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Final

from chalicelib.coaches.directory.layout import Posting
from chalicelib.coaches.directory.postings import union, unpack

Values = Mapping[str, Mapping[str, int]]
"""For each filter and each of its values, the coaches as a bit mask."""

CACHE_SIZE: Final = 400
"""Beginnings, and misspelt words, that an index remembers."""


class FieldIndex:
    """The words of one field, each with its coaches as a bit mask."""

    def __init__(self, postings: Mapping[str, Posting]) -> None:
        self.postings = postings
        self._sorted = list(postings)
        self._common: dict[str, int] = {}
        self._by_start: dict[str, int] = {}

    def exact(self, word: str) -> int:
        posting = self.postings.get(word)
        if posting is None:
            return 0
        if isinstance(posting, str):
            return unpack(posting)
        if word not in self._common:
            self._common[word] = unpack(posting)
        return self._common[word]

    def any_of(self, words: Iterable[str]) -> int:
        return reduce(or_, [self.exact(word) for word in words if word in self.postings], 0)

    def starting_with(self, start: str) -> int:
        known = self._by_start.get(start)
        if known is not None:
            return known
        words = self._sorted
        first = bisect_left(words, start)
        last = bisect_left(words, f"{start}\U0010ffff", first)
        found = union(self.postings[word] for word in words[first:last])
        if last - first > 3 and len(self._by_start) < CACHE_SIZE:
            self._by_start[start] = found
        return found

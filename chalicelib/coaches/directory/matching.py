"""Which coaches a word finds, and how well: as typed, by another name, begun, misspelt."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from string import ascii_lowercase
from typing import Final

from chalicelib.coaches.directory.folding import SAINTS
from chalicelib.coaches.directory.layout import Posting
from chalicelib.coaches.directory.postings import union, unpack
from chalicelib.coaches.directory.query import Term

Levels = dict[int, int]
"""For each cost, the coaches found at it and not cheaper."""

Corrections = tuple[tuple[str, ...], tuple[str, ...]]
"""The words one slip away, the likelier slips first."""

EXACT, ALIKE, BEGUN, MISSPELT = range(4)
KINDS: Final = ("exact", "synonym", "prefix", "one_edit")
_KIND: Final = 64
"""How much a kind weighs beside a field: over any number of words, kinds come first."""

_ENOUGH_RESULTS: Final = 10
"""A word that finds so many as it stands is not taken for a misspelt one."""
_CORRECTED_LENGTHS: Final = range(4, 25)
"""Lengths of words that may be misspelt; at the least length only if nothing else is found."""
_CACHE_SIZE: Final = 400


@dataclass(frozen=True, slots=True)
class Match:
    term: Term
    levels: Levels
    misspelt: tuple[str, ...]

    def names(self, kind: int) -> bool:
        """Whether the term was found in this way in a name or a specialty."""
        steps = 4 if kind == MISSPELT else 2
        return any(kind * _KIND + step in self.levels for step in range(steps))


class FieldIndex:
    """The words of one field."""

    def __init__(self, postings: Mapping[str, Posting]) -> None:
        self.postings = postings
        self._order = list(postings)
        self._common: dict[str, int] = {}
        self._begun: dict[str, int] = {}

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
        return reduce(or_, (self.exact(word) for word in words if word in self.postings), 0)

    def begun(self, start: str) -> int:
        known = self._begun.get(start)
        if known is not None:
            return known
        order = self._order
        first = bisect_left(order, start)
        last = bisect_left(order, f"{start}\U0010ffff", first)
        found = union(self.postings[word] for word in order[first:last])
        if last - first > 3 and len(self._begun) < _CACHE_SIZE:
            self._begun[start] = found
        return found


class WordIndex:
    """The words of all fields, the best field first."""

    def __init__(self, fields: Sequence[Mapping[str, Posting]]) -> None:
        self.fields = [FieldIndex(postings) for postings in fields]
        self._all = frozenset().union(*fields)
        self._near: dict[str, Corrections] = {}
        self._odd_letters = ""

    def match(self, term: Term, everyone: int) -> Match:
        if term.optional:
            named = self.fields[0].any_of(term.words)
            return Match(term, {0: named, 1: everyone ^ named} if named else {}, ())
        if len(term.words) == 1:
            match = self._word(term, term.words[0], term.others)
        else:
            match = self._phrase(term)
        if term.whole and term.whole != term.words[0]:
            return self._as_one(match, term)
        return match

    def _as_one(self, match: Match, term: Term) -> Match:
        """The word written as one comes before its pieces found apart."""
        whole = self._word(term, term.whole, ())
        found = LevelsBuilder()
        for cost, mask in sorted(
            [*whole.levels.items(), *((cost + _KIND, mask) for cost, mask in match.levels.items())]
        ):
            found.add(cost, mask)
        return Match(term, found.levels, whole.misspelt + match.misspelt)

    def _phrase(self, term: Term) -> Match:
        matches = [self._word(term, word, ()) for word in term.words]
        found = LevelsBuilder()
        alike = [(ALIKE * _KIND + 1, self._everywhere(other)) for other in term.others]
        for cost, mask in sorted([*intersect([m.levels for m in matches]).items(), *alike]):
            found.add(cost, mask)
        return Match(term, found.levels, tuple(word for m in matches for word in m.misspelt))

    def _word(self, term: Term, word: str, others: Sequence[tuple[str, ...]]) -> Match:
        found = LevelsBuilder()
        for place, field in enumerate(self.fields):
            found.add(EXACT * _KIND + place, field.exact(word))
        alike = [*variants(word), *(other[0] for other in others if len(other) == 1)]
        for place, field in enumerate(self.fields):
            found.add(ALIKE * _KIND + place, field.any_of(alike))
        for other in others:
            if len(other) > 1:
                found.add(ALIKE * _KIND + 2, self._everywhere(other))
        for place, field in enumerate(self.fields):
            # One letter begins a name, two a specialty: in running text they begin everything.
            if len(word) > place:
                found.add(BEGUN * _KIND + place, field.begun(word))
            if term.typed in SAINTS and len(term.typed) > place:
                found.add(BEGUN * _KIND + place, field.begun(term.typed))
        likely, others_near = self._misspelt(word, found.seen)
        for place, field in enumerate(self.fields):
            found.add(MISSPELT * _KIND + 2 * place, field.any_of(likely))
            found.add(MISSPELT * _KIND + 2 * place + 1, field.any_of(others_near))
        return Match(term, found.levels, likely + others_near)

    def _everywhere(self, words: Sequence[str]) -> int:
        return reduce(and_, (reduce(or_, (f.exact(w) for f in self.fields)) for w in words))

    def _misspelt(self, word: str, seen: int) -> Corrections:
        if len(word) not in _CORRECTED_LENGTHS or not word.isalpha():
            return (), ()
        if seen and (len(word) == _CORRECTED_LENGTHS.start or seen.bit_count() >= _ENOUGH_RESULTS):
            return (), ()
        known = self._near.get(word)
        if known is None:
            letters = ascii_lowercase if word.isascii() else self._letters()
            likely, near = (self._all.intersection(way) for way in one_edit(word, letters))
            known = tuple(sorted(likely)), tuple(sorted(near - likely))
            if len(self._near) < _CACHE_SIZE:
                self._near[word] = known
        return known

    def _letters(self) -> str:
        if not self._odd_letters:
            met = {letter for word in self._all if not word.isascii() for letter in word}
            self._odd_letters = "".join(sorted(letter for letter in met if not letter.isascii()))
        return self._odd_letters


class LevelsBuilder:
    """Levels as they are found, the cheapest first: nobody is in two."""

    def __init__(self) -> None:
        self.levels: Levels = {}
        self.seen = 0

    def add(self, cost: int, mask: int) -> None:
        fresh = mask ^ (mask & self.seen)
        if fresh:
            self.levels[cost] = self.levels.get(cost, 0) | fresh
            self.seen |= fresh


def intersect(several: Sequence[Levels]) -> Levels:
    """The coaches that every word finds, at what the words cost together."""
    total, *others = several
    for levels in others:
        together: Levels = {}
        for cost, mask in total.items():
            for more, other in levels.items():
                hit = mask & other
                if hit:
                    together[cost + more] = together.get(cost + more, 0) | hit
        total = together
    return total


def variants(word: str) -> list[str]:
    """The other number of a word, in English or French: cities, city; locaux, local."""
    if len(word) < 4:
        return []
    found = []
    if word.endswith(("s", "x")):
        found.append(word[:-1])
    if word.endswith("ies"):
        found.append(f"{word[:-3]}y")
    if word.endswith("y"):
        found.append(f"{word[:-1]}ies")
    if word.endswith("aux"):
        found.append(f"{word[:-3]}al")
    if word.endswith("al"):
        found.append(f"{word[:-2]}aux")
    return found


def one_edit(word: str, letters: str) -> tuple[list[str], list[str]]:
    """Every word this may be a slip of: first two letters changed over, or one lost.

    Those come first, since there are few of them: of all the ways to change a letter or to
    add one, it is seldom that one gives just what was typed.
    """
    cuts = [(word[:at], word[at:], word[at + 1 :]) for at in range(len(word))]
    likely = [head + tail[0] + here[0] + tail[1:] for head, here, tail in cuts if tail]
    likely += [head + letter + here for head, here, _ in cuts for letter in letters]
    likely += [word + letter for letter in letters]
    near = [head + tail for head, _, tail in cuts]
    near += [head + letter + tail for head, _, tail in cuts for letter in letters]
    return likely, near

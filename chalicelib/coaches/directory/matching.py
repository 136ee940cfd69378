"""Finds the coaches for one term: as written, by a synonym, by a beginning, or misspelt."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from operator import and_, or_
from string import ascii_lowercase
from typing import Final, NamedTuple

from chalicelib.coaches.directory.folding import SAINTS
from chalicelib.coaches.directory.layout import Posting
from chalicelib.coaches.directory.postings import union, unpack
from chalicelib.coaches.directory.query import Term

Levels = dict[int, int]
"""For each cost, the bit mask of the coaches found at it and at none below."""


class MatchKind(IntEnum):
    """How a word was found, the best way first; visitors see the names in small letters."""

    EXACT = 0
    SYNONYM = 1
    PREFIX = 2
    ONE_EDIT = 3


_KIND_COST: Final = 64
"""What a kind costs beside a field: over any number of words, the kind decides first."""

# As plain numbers: arithmetic with members of an enumeration is slow.
_EXACT: Final = MatchKind.EXACT * _KIND_COST
_SYNONYM: Final = MatchKind.SYNONYM * _KIND_COST
_PREFIX: Final = MatchKind.PREFIX * _KIND_COST
_ONE_EDIT: Final = MatchKind.ONE_EDIT * _KIND_COST

_ENOUGH_RESULTS: Final = 10
"""A word that finds so many coaches as it stands is not taken for a misspelt one."""

_CORRECTED_LENGTHS: Final = range(4, 25)
"""Lengths of words that may be misspelt; at the least length only if nothing else is found."""

_CACHE_SIZE: Final = 400
"""Beginnings, and misspelt words, that an index remembers."""


class Corrections(NamedTuple):
    """The known words one slip away from a word; `likely` are the slips made most often."""

    likely: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The coaches whom a term finds, and the words it may be a misspelling of."""

    term: Term
    levels: Levels
    corrections: tuple[str, ...]

    def in_name_or_specialty(self, kind: MatchKind) -> bool:
        """Return whether the term was found in this way in a name or a specialty."""
        steps = 4 if kind == MatchKind.ONE_EDIT else 2
        return any(kind * _KIND_COST + step in self.levels for step in range(steps))


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
        return reduce(or_, (self.exact(word) for word in words if word in self.postings), 0)

    def starting_with(self, start: str) -> int:
        known = self._by_start.get(start)
        if known is not None:
            return known
        words = self._sorted
        first = bisect_left(words, start)
        last = bisect_left(words, f"{start}\U0010ffff", first)
        found = union(self.postings[word] for word in words[first:last])
        if last - first > 3 and len(self._by_start) < _CACHE_SIZE:
            self._by_start[start] = found
        return found


class WordIndex:
    """The words of all fields, the field that counts most first."""

    def __init__(self, fields: Sequence[Mapping[str, Posting]]) -> None:
        self.fields = [FieldIndex(postings) for postings in fields]
        self._all = frozenset().union(*fields)
        self._corrections: dict[str, Corrections] = {}
        self._odd_letters = ""

    def match(self, term: Term, everyone: int) -> Match:
        """Return whom a term finds; `everyone` is the bit mask of all coaches."""
        if term.optional:
            named = self.fields[0].any_of(term.words)
            return Match(term, {0: named, 1: everyone ^ named} if named else {}, ())
        if len(term.words) == 1:
            match = self._word(term, term.words[0], term.synonyms)
        else:
            match = self._phrase(term)
        if term.joined and term.joined != term.words[0]:
            return self._joined_first(match, term)
        return match

    def _joined_first(self, match: Match, term: Term) -> Match:
        """Put whoever has the word written as one before those who have its pieces apart."""
        joined = self._word(term, term.joined, ())
        found = LevelsBuilder()
        apart = ((cost + _KIND_COST, mask) for cost, mask in match.levels.items())
        for cost, mask in sorted([*joined.levels.items(), *apart]):
            found.add(cost, mask)
        return Match(term, found.levels, joined.corrections + match.corrections)

    def _phrase(self, term: Term) -> Match:
        matches = [self._word(term, word, ()) for word in term.words]
        found = LevelsBuilder()
        synonyms = [(_SYNONYM + 1, self._everywhere(other)) for other in term.synonyms]
        for cost, mask in sorted([*intersect([m.levels for m in matches]).items(), *synonyms]):
            found.add(cost, mask)
        return Match(term, found.levels, tuple(word for m in matches for word in m.corrections))

    def _word(self, term: Term, word: str, synonyms: Sequence[tuple[str, ...]]) -> Match:
        found = LevelsBuilder()
        for place, field in enumerate(self.fields):
            found.add(_EXACT + place, field.exact(word))
        alike = [*variants(word), *(other[0] for other in synonyms if len(other) == 1)]
        for place, field in enumerate(self.fields):
            found.add(_SYNONYM + place, field.any_of(alike))
        for other in synonyms:
            if len(other) > 1:
                found.add(_SYNONYM + 2, self._everywhere(other))
        for place, field in enumerate(self.fields):
            # One letter begins a name, two a specialty: in running text they begin everything.
            if len(word) > place:
                found.add(_PREFIX + place, field.starting_with(word))
            if term.text in SAINTS and len(term.text) > place:
                found.add(_PREFIX + place, field.starting_with(term.text))
        likely, others = self._corrected(word, found.seen)
        for place, field in enumerate(self.fields):
            found.add(_ONE_EDIT + 2 * place, field.any_of(likely))
            found.add(_ONE_EDIT + 2 * place + 1, field.any_of(others))
        return Match(term, found.levels, likely + others)

    def _everywhere(self, words: Sequence[str]) -> int:
        """Return who has all the words, in whichever fields."""
        return reduce(and_, (reduce(or_, (f.exact(w) for f in self.fields)) for w in words))

    def _corrected(self, word: str, seen: int) -> Corrections:
        """Return the words it may be a misspelling of, if it found too few coaches, `seen`."""
        if len(word) not in _CORRECTED_LENGTHS or not word.isalpha():
            return Corrections()
        if seen and (len(word) == _CORRECTED_LENGTHS.start or seen.bit_count() >= _ENOUGH_RESULTS):
            return Corrections()
        known = self._corrections.get(word)
        if known is None:
            letters = ascii_lowercase if word.isascii() else self._letters()
            likely, others = (self._all.intersection(way) for way in one_edit(word, letters))
            known = Corrections(tuple(sorted(likely)), tuple(sorted(others - likely)))
            if len(self._corrections) < _CACHE_SIZE:
                self._corrections[word] = known
        return known

    def _letters(self) -> str:
        """Return the letters beyond ASCII that words of the index have."""
        if not self._odd_letters:
            met = {letter for word in self._all if not word.isascii() for letter in word}
            self._odd_letters = "".join(sorted(letter for letter in met if not letter.isascii()))
        return self._odd_letters


class LevelsBuilder:
    """Collects levels from the cheapest on, so that each coach is in one level alone."""

    def __init__(self) -> None:
        self.levels: Levels = {}
        self.seen = 0

    def add(self, cost: int, mask: int) -> None:
        fresh = mask ^ (mask & self.seen)
        if fresh:
            self.levels[cost] = self.levels.get(cost, 0) | fresh
            self.seen |= fresh


def intersect(several: Sequence[Levels]) -> Levels:
    """Return the coaches who are in all of them, at the sum of their costs."""
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
    """Return what the singular or plural may be, in either language: cities → city,
    locaux → local."""
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
    """Return every spelling that this word may be one slip away from.

    The first list has two letters swapped or one lost; the second has one added or changed.
    The first is the likelier: few words have such a neighbour by chance.
    """
    cuts = [(word[:at], word[at:], word[at + 1 :]) for at in range(len(word))]
    likely = [head + tail[0] + here[0] + tail[1:] for head, here, tail in cuts if tail]
    likely += [head + letter + here for head, here, _ in cuts for letter in letters]
    likely += [word + letter for letter in letters]
    near = [head + tail for head, _, tail in cuts]
    near += [head + letter + tail for head, _, tail in cuts for letter in letters]
    return likely, near

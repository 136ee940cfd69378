"""Finds the coaches for one term: as written, by another name, by a beginning, or misspelt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import and_, or_
from typing import Final

from chalicelib.coaches.directory.field_index import CACHE_SIZE, FieldIndex, Values
from chalicelib.coaches.directory.folding import SAINTS
from chalicelib.coaches.directory.layout import FIELDS, PLACES, Index, names_any
from chalicelib.coaches.directory.levels import (
    KIND_COST,
    Levels,
    LevelsBuilder,
    intersect_pieces,
    merge,
)
from chalicelib.coaches.directory.match_kinds import EXACT, NEAR, ONE_EDIT, PREFIX, SYNONYM
from chalicelib.coaches.directory.misspellings import CORRECTED_LENGTHS, SURE_LENGTH, Misspellings
from chalicelib.coaches.directory.slips import NearNames, alike_in_sound
from chalicelib.coaches.directory.terms import Term
from chalicelib.coaches.directory.word_forms import relatives, variants

_APART: Final = 8
"""What it costs more to have the pieces of a name apart, and not as one word."""

_MEANT: Final = 3
_SERVED: Final = 4
"""What it costs to have chosen what a word means, and to serve the province that it means, beside
having the word in a text."""

_ELSEWHERE: Final = 5
"""What it costs more to serve a province that is named and to live elsewhere."""

_PLACES: Final = (*PLACES, "province")

_ABBREVIATION_LENGTH: Final = 3
"""Known words so short are not taken for the beginning of another."""


@dataclass(frozen=True, slots=True)
class Match:
    """The coaches whom a term finds, and the words that it was taken for on the way: words of its
    family, those it may be a misspelling of, and names that are near it."""

    term: Term
    levels: Levels
    related: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    widened: bool = False


class WordIndex:
    """The words of all fields, the field that counts most first, and what names stand for."""

    def __init__(self, index: Index, values: Values) -> None:
        self.fields = [FieldIndex(index["words"][field]) for field in FIELDS]
        self._texts = self.fields[1:]
        self._synonyms = index["synonyms"]
        self.meanings = index.get("meanings", [])
        self._named = index.get("named", {})
        self._sounds = index.get("sounds", {})
        self._values = values
        known = [key for key in (*self._synonyms, *self._named) if " " not in key]
        self._all = frozenset(known).union(*(field.postings for field in self.fields))
        self._misspellings = Misspellings(self._all, self.fields[:2])
        self._matched: dict[Term, Match] = {}

    def match(self, term: Term, everyone: int) -> Match:
        """Return whom a term finds; `everyone` is the bit mask of all coaches.

        Visitors use the same words: those of the first are remembered.
        """
        known = self._matched.get(term)
        if known is None:
            known = self._match(term, everyone)
            if len(self._matched) < CACHE_SIZE:
                self._matched[term] = known
        # Terms are equal however they were typed; a page shows how.
        return known if known.term is term else replace(known, term=term)

    def _match(self, term: Term, everyone: int) -> Match:
        if term.optional:
            named = self.fields[0].any_of(term.words)
            return Match(term, {0: named, 1: everyone ^ named} if named else {})
        if term.parts:
            match = self._phrase(term)
        elif len(term.words) == 1:
            match = self._word(term, term.words[0])
        else:
            match = self._pieces(term)
        if term.joined and term.joined != term.words[0]:
            match = self._joined_first(match, term)
        return self._locals_first(match) if match.levels else self.wider(match)

    def _locals_first(self, match: Match) -> Match:
        """Put those who live in the province that a term names before those who only serve it."""
        number = match.term.meaning
        first = [] if number is None else self.meanings[number]["first"]
        home = self.with_any([filed for filed in first if filed[0] == "home"])
        if not home:
            return match
        several = [(cost, mask & home) for cost, mask in match.levels.items()]
        several += [(cost + _ELSEWHERE, mask) for cost, mask in match.levels.items()]
        return replace(match, levels=merge(several))

    def number_of(self, name: str) -> int | None:
        """Return the number of what a word names."""
        return self._named.get(name)

    def wider(self, match: Match) -> Match:
        """Return the same with who serves the place that the term names, or comes nearest."""
        number = match.term.meaning
        if number is None or match.widened:
            return match
        near = self.with_any(self.meanings[number]["near"])
        levels = merge([*match.levels.items(), (SYNONYM + _SERVED + 1, near)])
        return replace(match, levels=levels, widened=True) if near else match

    def plainly(self, term: Term) -> int:
        """Return who has the term itself, its singular or plural, or what it names."""
        found = self.everywhere(term.words) | self.any_of((term.joined,))
        if len(term.words) == 1:
            found |= self.any_of(variants(term.words[0]))
        return found | (0 if term.meaning is None else self._meant(term.meaning))

    def any_of(self, words: Iterable[str]) -> int:
        """Return who has any of the words in any field."""
        wanted = list(words)
        return reduce(or_, [field.any_of(wanted) for field in self.fields])

    def everywhere(self, words: Sequence[str]) -> int:
        """Return who has all the words, in whichever fields."""
        return reduce(and_, [self.any_of((word,)) for word in words])

    def with_any(self, filed: Iterable[Sequence[str]]) -> int:
        """Return who has any of these values."""
        return reduce(or_, [self._values[name].get(value, 0) for name, value in filed], 0)

    def _meant(self, number: int) -> int:
        meaning = self.meanings[number]
        if meaning["every"]:
            return reduce(and_, [self.with_any([filed]) for filed in meaning["first"]])
        return self.with_any(meaning["first"])

    def _joined_first(self, match: Match, term: Term) -> Match:
        """Put whoever has the word written as one before those who have its pieces apart."""
        joined = self._word(replace(term, synonyms=(), meaning=None), term.joined)
        initials = any(len(piece) == 1 for piece in term.words)
        if joined.levels and initials and min(joined.levels) < KIND_COST:
            return replace(joined, term=term)
        apart = [(cost + _APART, mask) for cost, mask in match.levels.items()]
        return replace(
            match,
            levels=merge([*joined.levels.items(), *apart]),
            corrections=joined.corrections + match.corrections,
            near=joined.near + match.near,
        )

    def _pieces(self, term: Term) -> Match:
        alone = replace(term, synonyms=(), meaning=None)
        matches = [self._word(alone, word) for word in term.words]
        levels = intersect_pieces([match.levels for match in matches])
        return Match(
            term,
            merge([*levels.items(), *self._other_names(term, term.words[:0])]),
            tuple(word for match in matches for word in match.related),
            tuple(word for match in matches for word in match.corrections),
            tuple(word for match in matches for word in match.near),
        )

    def _phrase(self, term: Term) -> Match:
        """Return who has the words of a known phrase, or of one of its other names. Those of a
        place, such as « nord de l’Ontario », say nothing apart."""
        if term.meaning is not None and names_any(self.meanings[term.meaning], _PLACES):
            return Match(term, merge(self._other_names(term, ())))
        *sure, anywhere = [
            reduce(and_, [self._up_to(place, (word,)) for word in term.words])
            for place in range(len(self.fields))
        ]
        alike = reduce(and_, [self._up_to(2, (word, *variants(word))) for word in term.words])
        # Here and there in a text, the words of a name say less than to have chosen what it names.
        last = EXACT + 2 if term.meaning is None else SYNONYM + _SERVED + 1
        levels = [
            *((EXACT + place, mask) for place, mask in enumerate(sure)),
            (last, anywhere),
            (max(last, SYNONYM + 2), alike),
        ]
        return Match(term, merge([*levels, *self._other_names(term, ())]))

    def _up_to(self, place: int, words: Sequence[str]) -> int:
        return reduce(or_, [field.any_of(words) for field in self.fields[: place + 1]])

    def _other_names(self, term: Term, alike: Iterable[str]) -> list[tuple[int, int]]:
        """Return who has other words for a term, or what it names; names of people are none."""
        single = [*alike, *(other[0] for other in term.synonyms if len(other) == 1)]
        found = [(SYNONYM + n, field.any_of(single)) for n, field in enumerate(self._texts, 1)]
        for other in term.synonyms:
            if len(other) > 1:
                words = [self._texts[0].exact(w) | self._texts[1].exact(w) for w in other]
                found.append((SYNONYM + 2, reduce(and_, words)))
        if term.meaning is not None:
            meaning = self.meanings[term.meaning]
            if meaning["every"]:
                found.append((SYNONYM + _MEANT, self._meant(term.meaning)))
            else:
                served = [filed for filed in meaning["first"] if filed[0] == "province"]
                there = [filed for filed in meaning["first"] if filed[0] != "province"]
                found.append((SYNONYM + _MEANT, self.with_any(there)))
                found.append((SYNONYM + _SERVED, self.with_any(served)))
        return sorted(found)

    def _word(self, term: Term, word: str) -> Match:
        found = LevelsBuilder()
        for place, field in enumerate(self.fields):
            found.add(EXACT + place, field.exact(word))
        for cost, mask in self._other_names(term, variants(word)):
            found.add(cost, mask)
        if not term.known or len(word) > _ABBREVIATION_LENGTH:
            self._begun(found, term, word)
        long = len(word) >= SURE_LENGTH
        # Of a short word one of its family is likelier than a slip, of a long one a slip is.
        related = () if long else self._related_if_alone(found, word)
        if term.known:
            return Match(term, found.levels, related or self._related_if_alone(found, word))
        likely, others = self._misspellings.of(word, found.seen)
        self._misspelt(found, likely, 0, long=long)
        self._misspelt(found, others, 1, long=long)
        related = related or self._related_if_alone(found, word)
        near = () if found.seen else self._near_names(word)
        found.add(NEAR, self.fields[0].any_of(near))
        return Match(term, found.levels, related, likely + others, near)

    def _begun(self, found: LevelsBuilder, term: Term, word: str) -> None:
        for place, field in enumerate(self.fields):
            # One letter begins a name, two a specialty: in running text they begin everything.
            if len(word) > place:
                found.add(PREFIX + place, field.starting_with(word))
            if term.text in SAINTS and len(term.text) > place:
                found.add(PREFIX + place, field.starting_with(term.text))

    def _related(self, found: LevelsBuilder, word: str) -> tuple[str, ...]:
        """Add who has a word of the same family, where nothing else is found."""
        words = [other for other in relatives(word) if other in self._all]
        for other in words:
            for cost, mask in self._of_known(other):
                found.add(SYNONYM + cost, mask)
        return tuple(words)

    def _related_if_alone(self, found: LevelsBuilder, word: str) -> tuple[str, ...]:
        return () if found.seen else self._related(found, word)

    def _misspelt(
        self, found: LevelsBuilder, words: Sequence[str], more: int, *, long: bool
    ) -> None:
        fields = self.fields if long or not (found.seen or more) else self.fields[:2]
        for place, field in enumerate(fields):
            found.add(ONE_EDIT + 2 * place + more, field.any_of(words))
        for word in words if long else ():
            if word in self._synonyms or word in self._named:
                for cost, mask in self._of_known(word):
                    found.add(ONE_EDIT + 4 + cost, mask)

    def _of_known(self, word: str) -> list[tuple[int, int]]:
        """Return who has a word that the index knows, in texts or by its other names."""
        others = tuple(tuple(other) for other in self._synonyms.get(word, ()))
        term = Term(word, (word,), word, others, self._named.get(word))
        return [(cost - SYNONYM, mask) for cost, mask in self._other_names(term, (word,))]

    @cached_property
    def _names(self) -> NearNames:
        return NearNames(self.fields[0].postings)

    def _near_names(self, word: str) -> tuple[str, ...]:
        if not word.isalpha() or len(word) not in CORRECTED_LENGTHS:
            return ()
        return tuple(dict.fromkeys((*alike_in_sound(word, self._sounds), *self._names.near(word))))

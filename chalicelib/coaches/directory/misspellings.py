"""Known words that a word may be a misspelling of, one slip away."""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Final, NamedTuple

from chalicelib.coaches.directory.field_index import CACHE_SIZE, FieldIndex
from chalicelib.coaches.directory.slips import one_edit

_ENOUGH_RESULTS: Final = 10
"""A word that finds so many coaches as it stands is not taken for a misspelt one."""

CORRECTED_LENGTHS: Final = range(4, 25)
"""Lengths of words that may be misspelt; at the least length only if nothing else is found."""

SURE_LENGTH: Final = 6
"""From so many letters on, a slip is forgiven anywhere; before, only past the first letter, in
names and titles: of two short words one often looks like the other. A letter lost or two swapped
are forgiven in texts too, where nobody else is found: the page asks then what was meant."""


class Corrections(NamedTuple):
    """The known words one slip away from a word; `likely` are the slips made most often."""

    likely: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Misspellings:
    """`known` are all words of the index; `sure_fields`, names and titles."""

    def __init__(self, known: frozenset[str], sure_fields: Sequence[FieldIndex]) -> None:
        self._known = known
        self._sure_fields = sure_fields
        self._found: dict[str, Corrections] = {}
        self._odd_letters = ""

    def of(self, word: str, seen: int) -> Corrections:
        """Return the words it may be a misspelling of, if it found too few coaches, `seen`."""
        if len(word) not in CORRECTED_LENGTHS or not word.isalpha():
            return Corrections()
        if seen and (len(word) == CORRECTED_LENGTHS.start or seen.bit_count() >= _ENOUGH_RESULTS):
            return Corrections()
        known = self._found.get(word)
        if known is None:
            letters = ascii_lowercase if word.isascii() else self._letters()
            likely, others = (self._known.intersection(way) for way in one_edit(word, letters))
            if len(word) < SURE_LENGTH:
                likely = frozenset(each for each in likely if each[0] == word[0])
                others = frozenset(each for each in others if self._sure(word, each))
            known = Corrections(tuple(sorted(likely)), tuple(sorted(others - likely)))
            if len(self._found) < CACHE_SIZE:
                self._found[word] = known
        return known

    def _sure(self, word: str, other: str) -> bool:
        return word[0] == other[0] and any(other in field.postings for field in self._sure_fields)

    def _letters(self) -> str:
        """Return the letters beyond ASCII that words of the index have."""
        if not self._odd_letters:
            met = {letter for word in self._known if not word.isascii() for letter in word}
            self._odd_letters = "".join(sorted(letter for letter in met if not letter.isascii()))
        return self._odd_letters

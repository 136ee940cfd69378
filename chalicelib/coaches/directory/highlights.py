"""Why a coach was found: the words in their texts, or a label they chose, that a term names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from chalicelib.coaches.directory.layout import FILTERS, Labels
from chalicelib.coaches.directory.matching import (
    ALIKE,
    BEGUN,
    EXACT,
    KINDS,
    MISSPELT,
    Match,
    variants,
)
from chalicelib.coaches.directory.text import Spot, Text, part
from chalicelib.core.languages import Lang

SEARCHED: Final = {
    name: column
    for name, (column, _) in FILTERS.items()
    if name in ("stream", "sector", "language", "province", "delivery")
}
"""The filters whose labels are searched too, each with its column."""

Found = tuple[list[Spot], list[Spot]]
"""Every place of some words, and the first of each."""


class Sighting(NamedTuple):
    """The kind of a match, where it is, and of each of its words the first place."""

    kind: int
    spots: list[Spot]
    first: list[Spot]


def sight(text: Text, match: Match) -> Sighting | None:
    """How the coach came to be found by a term, the best way first."""
    words, whole = match.term.words, match.term.whole
    if whole != words[0] and (found := _bound(text, whole)):
        return Sighting(EXACT, *found)
    if found := _all(text, words, exact=False):
        return Sighting(EXACT if all(map(text.is_word, found[1])) else BEGUN, *found)
    if match.names(EXACT) and (found := _bound(text, whole)):
        return Sighting(EXACT, *found)
    for name in (*((word,) for word in variants(words[0])), *match.term.others):
        if found := _all(text, name, exact=True):
            return Sighting(ALIKE, *found)
    for word in match.misspelt:
        if found := _all(text, (word,), exact=True):
            return Sighting(MISSPELT, *found)
    if match.names(MISSPELT):
        return next(
            (Sighting(MISSPELT, *found) for w in match.misspelt if (found := _bound(text, w))), None
        )
    return None


def _bound(text: Text, whole: str) -> Found | None:
    """Where the pieces of a name, put together, are the word: « O’Brien », "obrien"."""
    spots = text.find_bound(whole) if whole else []
    return (spots, spots[:1]) if spots else None


def _all(text: Text, words: Iterable[str], *, exact: bool) -> Found | None:
    """Where each of the words stands; nowhere, if one is missing."""
    spots: list[Spot] = []
    first: list[Spot] = []
    for word in words:
        found = text.find(word, exact=exact)
        if not found:
            return None
        spots.extend(found)
        first.append(found[0] if exact else next(filter(text.is_word, found), found[0]))
    return spots, first


def said(match: Match, sighting: Sighting, text: Text, lang: Lang) -> dict[str, Any]:
    """`found` is the whole words, as written; `text` explains what was not asked as such."""
    words = [text.word(spot) for spot in sighting.first]
    places = [text.place(word) for word in words]
    part = text.parts[places[0][0]]
    seen = {
        "query": match.term.typed,
        "found": " ".join([text.parts[at].text[begin:end] for at, begin, end in places]),
        "how": KINDS[sighting.kind],
        "field": "bio" if part.field == "excerpt" else part.field,
    }
    if sighting.kind in (ALIKE, MISSPELT):
        taken = " ".join([text.folded[begin:end] for begin, end in words])
        seen["text"] = f"{match.term.typed}≈{taken}"
    if part.lang and part.lang != lang:
        seen["lang"] = part.lang
    return seen


class Spoken:
    """The labels of one directory in one language, and which of them a term names."""

    def __init__(self, labels: Labels, lang: Lang) -> None:
        self._labels, self._lang = labels, lang
        ways = [(name, value, way) for name in SEARCHED for value, way in _ways(labels[name])]
        self._named = [(name, value) for name, value, _ in ways]
        self._text = Text(part(name, "", way) for name, _, way in ways)

    def named(self, match: Match) -> dict[tuple[str, str], dict[str, Any]]:
        """For each filter and value that the term names, how to say so."""
        sayings: dict[tuple[str, str], dict[str, Any]] = {}
        for kind, words in _readings(match):
            for number in self._together(words, exact=kind != EXACT):
                name, value = self._named[number]
                label = self._labels[name][value][self._lang]
                seen = {
                    "query": match.term.typed,
                    "found": label,
                    "how": KINDS[kind],
                    "field": name,
                }
                if kind in (ALIKE, MISSPELT):
                    seen["text"] = f"{match.term.typed}≈{' '.join(words)}"
                sayings.setdefault((name, value), seen)
        return sayings

    def _together(self, words: Iterable[str], *, exact: bool) -> set[int]:
        """The labels that have all the words."""
        found = [
            {self._text.number(spot) for spot in self._text.find(word, exact=exact, most=500)}
            for word in words
        ]
        return set.intersection(*found) if found else set()


def _readings(match: Match) -> Iterator[tuple[int, tuple[str, ...]]]:
    words = match.term.words
    yield EXACT, words
    yield from ((ALIKE, (word,)) for word in variants(words[0]))
    yield from ((ALIKE, other) for other in match.term.others)
    yield from ((MISSPELT, (word,)) for word in match.misspelt)


def _ways(labels: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Every way to say each value: its label in both languages, its own name, its code."""
    for value, label in labels.items():
        yield from ((value, way) for way in dict.fromkeys((*label.values(), value)))

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
from chalicelib.coaches.directory.text import FoldedTexts, Span, folded_part
from chalicelib.core.languages import Lang

LABEL_FILTERS: Final = {
    name: column
    for name, (column, _) in FILTERS.items()
    if name in ("stream", "sector", "language", "province", "delivery")
}
"""The filters whose labels are searched too, each with its column."""

Found = tuple[list[Span], list[Span]]
"""Every place of some words, and the first of each."""


class FoundTerm(NamedTuple):
    """The kind of a match, where it is, and of each of its words the first place."""

    kind: int
    spots: list[Span]
    first: list[Span]


def find_term(text: FoldedTexts, match: Match) -> FoundTerm | None:
    """How the coach came to be found by a term, the best way first."""
    words, whole = match.term.words, match.term.whole
    if whole != words[0] and (found := _find_joined(text, whole)):
        return FoundTerm(EXACT, *found)
    if found := _find_all(text, words, exact=False):
        return FoundTerm(EXACT if all(map(text.is_word, found[1])) else BEGUN, *found)
    if match.names(EXACT) and (found := _find_joined(text, whole)):
        return FoundTerm(EXACT, *found)
    for name in (*((word,) for word in variants(words[0])), *match.term.others):
        if found := _find_all(text, name, exact=True):
            return FoundTerm(ALIKE, *found)
    for word in match.misspelt:
        if found := _find_all(text, (word,), exact=True):
            return FoundTerm(MISSPELT, *found)
    if match.names(MISSPELT):
        return next(
            (
                FoundTerm(MISSPELT, *found)
                for w in match.misspelt
                if (found := _find_joined(text, w))
            ),
            None,
        )
    return None


def _find_joined(text: FoldedTexts, whole: str) -> Found | None:
    """Where the pieces of a name, put together, are the word: « O’Brien », "obrien"."""
    spots = text.find_bound(whole) if whole else []
    return (spots, spots[:1]) if spots else None


def _find_all(text: FoldedTexts, words: Iterable[str], *, exact: bool) -> Found | None:
    """Where each of the words stands; nowhere, if one is missing."""
    spots: list[Span] = []
    first: list[Span] = []
    for word in words:
        found = text.find(word, exact=exact)
        if not found:
            return None
        spots.extend(found)
        first.append(found[0] if exact else next(filter(text.is_word, found), found[0]))
    return spots, first


def explain(match: Match, sighting: FoundTerm, text: FoldedTexts, lang: Lang) -> dict[str, Any]:
    """`found` is the whole words, as written; `text` explains what was not asked as such."""
    words = [text.word(spot) for spot in sighting.first]
    places = [text.place(word) for word in words]
    folded_part = text.parts[places[0][0]]
    seen = {
        "query": match.term.typed,
        "found": " ".join([text.parts[at].text[begin:end] for at, begin, end in places]),
        "how": KINDS[sighting.kind],
        "field": "bio" if folded_part.field == "excerpt" else folded_part.field,
    }
    if sighting.kind in (ALIKE, MISSPELT):
        taken = " ".join([text.folded[begin:end] for begin, end in words])
        seen["text"] = f"{match.term.typed}≈{taken}"
    if folded_part.lang and folded_part.lang != lang:
        seen["lang"] = folded_part.lang
    return seen


class LabelIndex:
    """The labels of one directory in one language, and which of them a term names."""

    def __init__(self, labels: Labels, lang: Lang) -> None:
        self._labels, self._lang = labels, lang
        ways = [
            (name, value, way)
            for name in LABEL_FILTERS
            for value, way in _names_of_values(labels[name])
        ]
        self._named = [(name, value) for name, value, _ in ways]
        self._text = FoldedTexts(folded_part(name, "", way) for name, _, way in ways)

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


def _names_of_values(labels: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Every way to say each value: its label in both languages, its own name, its code."""
    for value, label in labels.items():
        yield from ((value, way) for way in dict.fromkeys((*label.values(), value)))

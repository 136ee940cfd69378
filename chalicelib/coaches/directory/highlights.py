"""Why a coach was found: the words in their texts, or the labels they chose, that a term names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple, NotRequired, TypedDict

from chalicelib.coaches.directory.layout import FILTERS, Labels
from chalicelib.coaches.directory.matching import Match, MatchKind, variants
from chalicelib.coaches.directory.text import FoldedTexts, Span, folded_part
from chalicelib.core.languages import Lang

LABEL_FILTERS: Final = {
    name: column
    for name, (column, _) in FILTERS.items()
    if name in ("stream", "sector", "language", "province", "delivery")
}
"""The filters whose labels are searched too, each with its column."""

How = Literal["exact", "synonym", "prefix", "one_edit"]
HOW: Final[tuple[How, ...]] = ("exact", "synonym", "prefix", "one_edit")
"""What a visitor is told of each MatchKind, in their order."""

# Members of an enumeration are slow to reach, and each result of a search reaches for several.
_EXACT: Final = MatchKind.EXACT
_SYNONYM: Final = MatchKind.SYNONYM
_PREFIX: Final = MatchKind.PREFIX
_ONE_EDIT: Final = MatchKind.ONE_EDIT

_SUBSTITUTES: Final = (_SYNONYM, _ONE_EDIT)
"""Kinds in which another word was found than the visitor wrote."""

_MAX_LABELS: Final = 500


class Explanation(TypedDict):
    """How one term found a coach.

    `query` is the term, `found` the words as they stand in the `field`, which is a column or
    a filter. `text` sets the two side by side where they differ (« trembley≈tremblay »), and
    `lang` is the language of the words if it is not the visitor's.
    """

    query: str
    found: str
    how: How
    field: str
    text: NotRequired[str]
    lang: NotRequired[str]


Value = tuple[str, str]
"""The name of a filter, and one of its values."""

Spans = tuple[list[Span], list[Span]]
"""Every place of some words, and the first place of each word."""


class FoundTerm(NamedTuple):
    """Where a term stands in some texts: all places, and the first one of each of its words."""

    kind: MatchKind
    spans: list[Span]
    first: list[Span]


def find_term(texts: FoldedTexts, match: Match) -> FoundTerm | None:
    """Return where a term stands, in the best way in which it does; None if it does not."""
    words, joined = match.term.words, match.term.joined
    if joined != words[0] and (found := _find_joined(texts, joined)):
        return FoundTerm(_EXACT, *found)
    if found := _find_all(texts, words, exact=False):
        whole_words = all(map(texts.is_word, found[1]))
        return FoundTerm(_EXACT if whole_words else _PREFIX, *found)
    if match.in_name_or_specialty(_EXACT) and (found := _find_joined(texts, joined)):
        return FoundTerm(_EXACT, *found)
    for name in (*((word,) for word in variants(words[0])), *match.term.synonyms):
        if found := _find_all(texts, name, exact=True):
            return FoundTerm(_SYNONYM, *found)
    for word in match.corrections:
        if found := _find_all(texts, (word,), exact=True):
            return FoundTerm(_ONE_EDIT, *found)
    if match.in_name_or_specialty(_ONE_EDIT):
        for word in match.corrections:
            if found := _find_joined(texts, word):
                return FoundTerm(_ONE_EDIT, *found)
    return None


def _find_joined(texts: FoldedTexts, joined: str) -> Spans | None:
    """Return where the pieces of a name, put together, are the word: « O’Brien », "obrien"."""
    spans = texts.find_joined(joined) if joined else []
    return (spans, spans[:1]) if spans else None


def _find_all(texts: FoldedTexts, words: Iterable[str], *, exact: bool) -> Spans | None:
    """Return where each of the words stands; None if one is missing."""
    spans: list[Span] = []
    first: list[Span] = []
    for word in words:
        found = texts.find(word, exact=exact)
        if not found:
            return None
        spans.extend(found)
        first.append(found[0] if exact else next(filter(texts.is_word, found), found[0]))
    return spans, first


def explain(match: Match, found: FoundTerm, texts: FoldedTexts, lang: Lang) -> Explanation:
    """Return how a term found a coach in their texts, for a visitor who reads `lang`."""
    words = [texts.word(span) for span in found.first]
    places = [texts.as_written(word) for word in words]
    part = texts.parts[places[0][0]]
    explanation: Explanation = {
        "query": match.term.text,
        "found": " ".join([texts.parts[at].text[begin:end] for at, begin, end in places]),
        "how": HOW[found.kind],
        "field": "bio" if part.field == "excerpt" else part.field,
    }
    if found.kind in _SUBSTITUTES:
        taken = " ".join([texts.folded[begin:end] for begin, end in words])
        explanation["text"] = f"{match.term.text}≈{taken}"
    if part.lang and part.lang != lang:
        explanation["lang"] = part.lang
    return explanation


class LabelIndex:
    """The labels of one directory in one language, to find those that a term names."""

    def __init__(self, labels: Labels, lang: Lang) -> None:
        self._labels, self._lang = labels, lang
        names = [
            (filtered, value, name)
            for filtered in LABEL_FILTERS
            for value, name in _names_of_values(labels[filtered])
        ]
        self._values: list[Value] = [(filtered, value) for filtered, value, _ in names]
        self._texts = FoldedTexts(folded_part(filtered, "", name) for filtered, _, name in names)

    def named_by(self, match: Match) -> dict[Value, Explanation]:
        """Return each value that the term names, with the explanation for its coaches."""
        explanations: dict[Value, Explanation] = {}
        for kind, words in _readings(match):
            for number in self._with_all(words, exact=kind != _EXACT):
                filtered, value = self._values[number]
                explanation: Explanation = {
                    "query": match.term.text,
                    "found": self._labels[filtered][value][self._lang],
                    "how": HOW[kind],
                    "field": filtered,
                }
                if kind in _SUBSTITUTES:
                    explanation["text"] = f"{match.term.text}≈{' '.join(words)}"
                explanations.setdefault((filtered, value), explanation)
        return explanations

    def _with_all(self, words: Iterable[str], *, exact: bool) -> set[int]:
        """Return the numbers of the names that have all the words."""
        find, number_of = self._texts.find, self._texts.part_number
        found = [
            {number_of(span) for span in find(word, exact=exact, most=_MAX_LABELS)}
            for word in words
        ]
        return set.intersection(*found) if found else set()


def _readings(match: Match) -> Iterator[tuple[MatchKind, tuple[str, ...]]]:
    """Yield the words that a term may stand for, the best reading first."""
    words = match.term.words
    yield _EXACT, words
    yield from ((_SYNONYM, (word,)) for word in variants(words[0]))
    yield from ((_SYNONYM, other) for other in match.term.synonyms)
    yield from ((_ONE_EDIT, (word,)) for word in match.corrections)


def _names_of_values(labels: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield each value with each of its names: its labels in both languages, its code."""
    for value, label in labels.items():
        yield from ((value, name) for name in dict.fromkeys((*label.values(), value)))

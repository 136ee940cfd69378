"""Why a coach was found: the words in their texts, or the labels they chose, that a term names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from json.encoder import encode_basestring as quote
from typing import Final, Literal, NamedTuple, NotRequired, TypedDict

from chalicelib.coaches.directory.folding import fold_to_words
from chalicelib.coaches.directory.layout import FILTERS, Labels
from chalicelib.coaches.directory.levels import KIND_COST
from chalicelib.coaches.directory.match_kinds import MatchKind
from chalicelib.coaches.directory.matching import Match, WordIndex
from chalicelib.coaches.directory.text import FoldedTexts, Part, Span, Spelling, spellings
from chalicelib.coaches.directory.word_forms import variants
from chalicelib.core.languages import Lang

LABEL_FILTERS: Final = {
    name: column
    for name, (column, _) in FILTERS.items()
    if name in ("stream", "sector", "language", "province", "delivery")
}
"""The filters whose labels are searched too, each with its column."""

How = Literal["exact", "synonym", "prefix", "one_edit", "near"]
HOW: Final[tuple[How, ...]] = ("exact", "synonym", "prefix", "one_edit", "near")
"""What a visitor is told of each MatchKind, in their order."""

# Members of an enumeration are slow to reach, and each result of a search reaches for several.
_EXACT: Final = MatchKind.EXACT
_SYNONYM: Final = MatchKind.SYNONYM
_PREFIX: Final = MatchKind.PREFIX
_ONE_EDIT: Final = MatchKind.ONE_EDIT
_NEAR: Final = MatchKind.NEAR

_SUBSTITUTES: Final = (_SYNONYM, _ONE_EDIT, _NEAR)
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


Explained = tuple[str, str, str]
"""The `query` and the `found` of an explanation, and all of it as JSON. It is a bare tuple, as is
`FoundTerm`, since each result of a page has some: one with names takes five times as long."""


class Opening(NamedTuple):
    """What all explanations of one term in one way begin with, as JSON; and their `how`."""

    query: str
    text: str
    how: How

    @classmethod
    def of(cls, match: Match, kind: int) -> "Opening":
        query = match.term.text
        return cls(query, f'{{"query":{quote(query)},"found":', HOW[kind])

    def explained(self, found: str, field: str, text: str = "", lang: str = "") -> Explained:
        """Return the `Explanation` of what was found in a field. It is written by hand, since
        each result of a page has some: an encoder takes as long as the search."""
        written = f'{self.text}{quote(found)},"how":"{self.how}","field":"{field}"'
        if text:
            written += f',"text":{quote(text)}'
        if lang:
            written += f',"lang":"{lang}"'
        return self.query, found, f"{written}}}"


Value = tuple[str, str]
"""The name of a filter, and one of its values."""


FoundTerm = tuple[list[Span], list[Span]]
"""Where a term stands in some texts: all places, and the first one of each of its words."""


class Sought:
    """One term in one of the ways in which it finds coaches: read once, looked for in the texts of
    each coach of a page."""

    def __init__(self, match: Match, kind: int, labels: "LabelIndex") -> None:
        self.kind = kind
        self._match = match
        self._labels = labels
        self._readings = [
            ([spellings(word, exact=exact) for word in words], exact)
            for words, exact in _readings(match, kind)
        ]
        self._opening = Opening.of(match, kind)

    @cached_property
    def named(self) -> Mapping[Value, Explained]:
        """The values that the term names in this way, with the explanation for their coaches."""
        return self._labels.named_by(self._match, self.kind)

    def find(self, texts: FoldedTexts) -> FoundTerm | None:
        """Return where the term stands; None if it does not. The best reading counts."""
        for words, exact in self._readings:
            spans: list[Span] = []
            first: list[Span] = []
            for word in words:
                found = texts.find(word)
                if not found:
                    break
                spans += found
                first.append(found[0] if exact else next(filter(texts.is_word, found), found[0]))
            else:
                if first:
                    return spans, first
        return None

    def find_part(self, texts: FoldedTexts) -> FoundTerm | None:
        """Return where the words of a phrase stand that are there, and the others elsewhere: in
        the other language, or in a label."""
        found = [
            spans
            for word in self._match.term.words
            for spans in [next(filter(None, map(texts.find, _spelt(word))), [])]
            if spans
        ]
        if not found:
            return None
        return [span for spans in found for span in spans], [spans[0] for spans in found]

    def find_joined(self, texts: FoldedTexts) -> FoundTerm | None:
        """Return the same where the term is in one piece, and the text has it in several, or the
        other way round: « O’Brien », "obrien"."""
        for joined in _joined_readings(self._match, self.kind):
            exact = self.kind != _PREFIX
            spans = texts.find_joined(joined, exact=exact) if joined else []
            if joined and not spans:
                # Two words that were typed for one: « mac askill ».
                spans = texts.find(spellings(joined, exact=exact))
            if spans:
                return spans, spans[:1]
        return None

    def explained(self, found: FoundTerm, texts: FoldedTexts, lang: Lang) -> Explained:
        """Return how the term found a coach in their texts, for a visitor who reads `lang`."""
        _, words = found
        if self.kind == _PREFIX:
            words = [texts.word(span) for span in words]
        places = [texts.as_written(word) for word in words]
        part = texts.parts[places[0][0]]
        shown = " ".join([texts.parts[at].text[begin:end] for at, begin, end in places])
        beside = ""
        if self.kind in _SUBSTITUTES:
            taken = " ".join([texts.folded[begin:end] for begin, end in words])
            beside = f"{self._opening.query}≈{taken}"
        field = "bio" if part.field == "excerpt" else part.field
        return self._opening.explained(shown, field, beside, "" if part.lang == lang else part.lang)

    def in_city(self, city: str) -> Explained:
        """Return the explanation for a coach of a city that the term names."""
        beside = f"{self._opening.query}≈{fold_to_words(city).strip()}"
        return self._opening.explained(city, "city", beside)


class Ways:
    """Tells in which way a term finds each coach; bytes are quicker to look at than bits."""

    def __init__(self, match: Match, labels: "LabelIndex") -> None:
        known: dict[int, Sought] = {}
        for kind in {cost // KIND_COST for cost in match.levels}:
            known[kind] = Sought(match, kind, labels)
        self._levels = [
            (mask.to_bytes((mask.bit_length() + 7) >> 3, "little"), known[cost // KIND_COST])
            for cost, mask in match.levels.items()
        ]

    def of(self, place: int) -> Sought | None:
        """Return the way for the coach of this bit; None if the term does not find them."""
        at, bit = place >> 3, 1 << (place & 7)
        for found, sought in self._levels:
            if at < len(found) and found[at] & bit:
                return sought
        return None


def _spelt(word: str) -> Iterator[list[Spelling]]:
    """Yield how a word stands in texts, and how its singular or plural does."""
    return (spellings(each, exact=True) for each in (word, *variants(word)))


def _readings(match: Match, kind: int) -> Iterator[tuple[Sequence[str], bool]]:
    """Yield the words that a term stands for, where it is found in this way; and whether they
    are whole words. The best reading comes first."""
    term = match.term
    if kind == _EXACT:
        yield ((term.text,) if term.quoted else term.words), True
    elif kind == _PREFIX:
        yield term.words, False
    elif kind == _SYNONYM:
        if len(term.words) == 1:
            yield from (((word,), True) for word in variants(term.words[0]))
        yield from ((other, True) for other in term.synonyms)
        yield from (((word,), True) for word in match.related)
    else:
        words = match.corrections if kind == _ONE_EDIT else match.near
        yield from (((word,), True) for word in words)


def _joined_readings(match: Match, kind: int) -> Sequence[str]:
    """Return the words that a name may make, put together from its pieces."""
    if kind in (_EXACT, _PREFIX):
        return (match.term.joined,)
    if kind == _SYNONYM:
        return ()
    return match.corrections if kind == _ONE_EDIT else match.near


class LabelIndex:
    """The labels of one directory in one language, to find those that a term names."""

    def __init__(self, labels: Labels, lang: Lang, words: WordIndex) -> None:
        self._labels, self._lang, self._words = labels, lang, words
        names = [
            (filtered, value, name)
            for filtered in LABEL_FILTERS
            for value, name in _names_of_values(labels[filtered])
        ]
        self._values: list[Value] = [(filtered, value) for filtered, value, _ in names]
        self._texts = FoldedTexts(Part(filtered, "", name) for filtered, _, name in names)

    def named_by(self, match: Match, kind: int) -> dict[Value, Explained]:
        """Return each value that the term names in this way, with the explanation for its
        coaches."""
        explained: dict[Value, Explained] = {}
        opening = Opening.of(match, kind)
        for words, exact in self._readings(match, kind):
            beside = f"{opening.query}≈{' '.join(words)}" if kind in _SUBSTITUTES else ""
            for number in self._with_all(words, exact=exact):
                found, field = self._shown(value := self._values[number])
                explained.setdefault(value, opening.explained(found, field, beside))
        for value in self._meant(match, kind):
            found, field = self._shown(value)
            beside = f"{opening.query}≈{fold_to_words(found).strip()}"
            explained.setdefault(value, opening.explained(found, field, beside))
        return explained

    def _readings(self, match: Match, kind: int) -> Iterator[tuple[Sequence[str], bool]]:
        yield from _readings(match, kind)
        if kind in (_EXACT, _PREFIX) and len(match.term.words) > 1 and match.term.joined:
            # An abbreviation is filed as one word too: « C.-B. ».
            yield (match.term.joined,), kind == _EXACT

    def _meant(self, match: Match, kind: int) -> Iterator[Value]:
        """Yield the values that the term is a name of."""
        words = [match.term.text] if kind == _SYNONYM else []
        words += [*match.related] if kind == _SYNONYM else []
        words += [*match.corrections] if kind == _ONE_EDIT else []
        numbers = [self._words.number_of(word) for word in words]
        if kind == _SYNONYM:
            numbers[0] = match.term.meaning
        for number in numbers:
            if number is not None:
                meaning = self._words.meanings[number]
                filed = [*meaning["first"], *(meaning["near"] if match.widened else ())]
                yield from ((name, value) for name, value in filed)

    def _shown(self, filed: Value) -> tuple[str, str]:
        """Return what a value is called, and the filter to name for it."""
        name, value = filed
        labels = self._labels["province" if name == "home" else name] if name != "city" else {}
        found = labels[value][self._lang] if value in labels else value
        return found, "province" if name == "home" else name

    def _with_all(self, words: Iterable[str], *, exact: bool) -> set[int]:
        """Return the numbers of the names that have all the words."""
        find, number_of = self._texts.find, self._texts.part_number
        found = [
            {number_of(span) for span in find(spellings(word, exact=exact), _MAX_LABELS)}
            for word in words
        ]
        return set.intersection(*found) if found else set()


def _names_of_values(labels: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield each value with each of its names: its labels in both languages, its code."""
    for value, label in labels.items():
        yield from ((value, name) for name in dict.fromkeys((*label.values(), value)))

"""The choices of each filter, with how many coaches each would leave."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Final, NamedTuple, TypedDict

from chalicelib.coaches.directory.field_index import Values
from chalicelib.coaches.directory.folding import fold_text
from chalicelib.coaches.directory.layout import Labels
from chalicelib.coaches.directory.query import Query
from chalicelib.coaches.directory.tally import Tally
from chalicelib.core.languages import Lang

_PICKED: Final = ',"selected":true}'
_OPEN: Final = ',"selected":false}'

_DIGITS: Final = [str(count) for count in range(1_000)]

_AFTER_PROVINCES: Final = {"all": 1, "remote": 2}
"""What is listed after the provinces, in this order."""


class FacetChoice(TypedDict):
    """One value of a filter; `count` is how many coaches there are with it, while all other
    filters stay as they are."""

    value: str
    label: str
    count: int
    selected: bool


class _Choice(NamedTuple):
    """`number` is its place among the sets of the tally; `anybody` says whether a coach has it."""

    value: str
    label: str
    number: int
    anybody: bool
    text: str


class _Written:
    """Filters as JSON, but for the counts: all of it is the same for each search."""

    def __init__(self, filters: Mapping[str, Sequence[_Choice]]) -> None:
        self._texts = ["{"]
        numbers = []
        for name, choices in filters.items():
            self._texts[-1] += f'"{name}":['
            with_anybody = [choice for choice in choices if choice.anybody]
            for choice in with_anybody:
                self._texts[-1] += choice.text
                self._texts += ["", f"{_OPEN},"]
            self._texts[-1] = self._texts[-1].removesuffix(",") + "],"
            numbers += [choice.number for choice in with_anybody]
        self._texts[-1] = self._texts[-1].removesuffix(",") + "}"
        self._numbers = numbers

    def text(self, counts: Sequence[int]) -> str:
        texts = self._texts.copy()
        # A count belongs behind each text but the last one.
        texts[1::2] = [_DIGITS[n] if (n := counts[at]) < 1_000 else str(n) for at in self._numbers]
        return "".join(texts)


def _picked_text(
    name: str, choices: Sequence[_Choice], counts: Sequence[int], picked: Container[str]
) -> str:
    texts = [
        f"{text}{counts[number]}{_PICKED if value in picked else _OPEN}"
        for value, _, number, anybody, text in choices
        if anybody or value in picked
    ]
    return f'"{name}":[{",".join(texts)}]'


class Facets:
    """Counts for each value how many there would be with it, while the other filters hold."""

    def __init__(self, labels: Labels, values: Values) -> None:
        self._labels = labels
        masks = [values[name].get(value, 0) for name in labels for value in labels[name]]
        self._tally = Tally(masks)
        numbers = iter(range(len(masks)))
        self._numbers = {
            name: {value: (number := next(numbers), masks[number] > 0) for value in labels[name]}
            for name in labels
        }
        self._choices: dict[Lang, dict[str, list[_Choice]]] = {}
        self._written: dict[Lang, _Written] = {}

    def text(self, found: int, filtered: Mapping[str, int], query: Query) -> str:
        """Return the choices of each filter (`FacetChoice`) as JSON; `found` are those whom the
        words find."""
        if not filtered:
            return self._written_in(query.lang).text(self._tally.counts(found))
        facets = [_picked_text(*facet) for facet in self._each(found, filtered, query)]
        return f"{{{','.join(facets)}}}"

    def _written_in(self, lang: Lang) -> _Written:
        """Return the text of all filters, as it is while none of their values is picked."""
        if lang not in self._written:
            self._written[lang] = _Written(self._choices_in(lang))
        return self._written[lang]

    def _each(
        self, found: int, filtered: Mapping[str, int], query: Query
    ) -> Iterator[tuple[str, list[_Choice], Sequence[int], tuple[str, ...]]]:
        """Yield each filter with its choices, the counts of those whom the other filters leave,
        and what is picked."""
        counted: dict[int, Sequence[int]] = {}
        for name, choices in self._choices_in(query.lang).items():
            others = (mask for other, mask in filtered.items() if other != name)
            rest = reduce(and_, others, found)
            if rest not in counted:
                counted[rest] = self._tally.counts(rest)
            yield name, choices, counted[rest], query.filters.get(name, ())

    def _choices_in(self, lang: Lang) -> dict[str, list[_Choice]]:
        """Return the choices of each filter, as they are listed."""
        if lang not in self._choices:
            self._choices[lang] = {name: self._sorted(name, lang) for name in self._labels}
        return self._choices[lang]

    def _sorted(self, name: str, lang: Lang) -> list[_Choice]:
        choices = [
            _Choice(value, label[lang], *self._numbers[name][value], _opened(value, label[lang]))
            for value, label in self._labels[name].items()
        ]
        if name == "province":
            choices.sort(key=lambda each: (_AFTER_PROVINCES.get(each[0], 0), fold_text(each[1])))
        if name == "language":
            choices.sort(key=lambda each: (each[0] not in (lang, "fr", "en"), fold_text(each[1])))
        return choices


def _opened(value: str, label: str) -> str:
    """Return the choice as JSON, up to its count."""
    names = json.dumps({"value": value, "label": label}, ensure_ascii=False, separators=(",", ":"))
    return f'{names[:-1]},"count":'

"""The choices of each filter, with how many coaches each would leave."""

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import and_
from typing import Final, NamedTuple, TypedDict

from chalicelib.coaches.directory.field_index import Values
from chalicelib.coaches.directory.folding import fold_text
from chalicelib.coaches.directory.layout import Labels
from chalicelib.coaches.directory.query import Query
from chalicelib.core.languages import Lang

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
    value: str
    label: str
    mask: int
    text: str


class Facets:
    """Counts for each value how many there would be with it, while the other filters hold."""

    def __init__(self, labels: Labels, values: Values) -> None:
        self._labels = labels
        self._values = values
        self._choices: dict[Lang, dict[str, list[_Choice]]] = {}

    def page(
        self, found: int, filtered: Mapping[str, int], query: Query
    ) -> dict[str, list[FacetChoice]]:
        """Return the choices of each filter; `found` are those whom the words find."""
        return {
            name: [
                {
                    "value": choice.value,
                    "label": choice.label,
                    "count": (rest & choice.mask).bit_count(),
                    "selected": choice.value in picked,
                }
                for choice in choices
                if choice.mask or choice.value in picked
            ]
            for name, choices, rest, picked in self._each(found, filtered, query)
        }

    def text(self, found: int, filtered: Mapping[str, int], query: Query) -> str:
        """Return the same as JSON."""
        facets = [
            f'"{name}":['
            + ",".join([
                f"{text}{(rest & mask).bit_count()}{_PICKED if value in picked else _OPEN}"
                for value, _, mask, text in choices
                if mask or value in picked
            ])
            + "]"
            for name, choices, rest, picked in self._each(found, filtered, query)
        ]  # fmt: skip
        return f"{{{','.join(facets)}}}"

    def _each(
        self, found: int, filtered: Mapping[str, int], query: Query
    ) -> Iterator[tuple[str, list[_Choice], int, tuple[str, ...]]]:
        """Yield each filter with its choices, who the other filters leave, and what is picked."""
        for name, choices in self._choices_in(query.lang).items():
            others = (mask for other, mask in filtered.items() if other != name)
            yield name, choices, reduce(and_, others, found), query.filters.get(name, ())

    def _choices_in(self, lang: Lang) -> dict[str, list[_Choice]]:
        """Return the choices of each filter, as they are listed."""
        if lang not in self._choices:
            self._choices[lang] = {name: self._sorted(name, lang) for name in self._labels}
        return self._choices[lang]

    def _sorted(self, name: str, lang: Lang) -> list[_Choice]:
        known = self._values[name]
        choices = [
            _Choice(value, label[lang], known.get(value, 0), _opened(value, label[lang]))
            for value, label in self._labels[name].items()
        ]
        if name == "province":
            choices.sort(key=lambda each: (_AFTER_PROVINCES.get(each[0], 0), fold_text(each[1])))
        if name == "language":
            choices.sort(key=lambda each: (each[0] not in (lang, "fr", "en"), fold_text(each[1])))
        return choices


_PICKED: Final = ',"selected":true}'
_OPEN: Final = ',"selected":false}'


def _opened(value: str, label: str) -> str:
    """Return the choice as JSON, up to its count."""
    names = json.dumps({"value": value, "label": label}, ensure_ascii=False, separators=(",", ":"))
    return f'{names[:-1]},"count":'

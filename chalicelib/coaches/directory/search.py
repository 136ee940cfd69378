"""The directory that visitors search: loaded once, asked many times, never changed."""

import gzip
import json
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from hashlib import blake2s
from operator import and_, or_
from typing import Any, Final

from chalicelib.coaches.directory import ordering
from chalicelib.coaches.directory.folding import fold_text
from chalicelib.coaches.directory.highlights import LabelIndex
from chalicelib.coaches.directory.layout import FIELDS, FORMAT, read_profile
from chalicelib.coaches.directory.matching import Levels, Match, WordIndex, intersect
from chalicelib.coaches.directory.postings import number_of, unpack
from chalicelib.coaches.directory.query import Query, make_cursor, parse_query, read_cursor
from chalicelib.coaches.directory.results import CoachResult, profile_in
from chalicelib.coaches.directory.suggestions import suggest
from chalicelib.core.languages import LANGS, Lang

_MAX_PREPARED: Final = 20_000
"""Coaches kept ready to show: more than any real directory has."""
_PROVINCES_LAST: Final = {"all": 1, "remote": 2}
"""What is listed after the provinces."""


class Directory:
    """One version of the published coaches."""

    def __init__(self, index: Mapping[str, Any], rows: Sequence[bytes]) -> None:
        self.version: str = index["version"]
        self.count: int = index["count"]
        self._index = index
        self._columns: list[str] = index["columns"]
        self._rows = rows
        self._labels = index["labels"]
        self._words = WordIndex([index["words"][field] for field in FIELDS])
        self._values = {
            name: {value: unpack(posting) for value, posting in values.items()}
            for name, values in index["values"].items()
        }
        available = self._values["availability"]
        self._available = [available.get(value, 0) for value in self._labels["availability"]]
        self._everyone = reduce(or_, self._available, 0)
        self._choices: dict[str, dict[str, list[tuple[str, str, int]]]] = {}
        self._spoken = {lang: LabelIndex(self._labels, lang) for lang in LANGS}
        self._shown: dict[int, tuple[tuple[Lang, int], CoachResult]] = {}
        self._slugs: dict[str, int] = {}

    @classmethod
    def load(cls, stored: bytes) -> "Directory":
        first, *rows = gzip.decompress(stored).split(b"\n")
        index = json.loads(first)
        if index["format"] != FORMAT or index["count"] != len(rows):
            raise ValueError(f"not a directory of format {FORMAT}")
        return cls(index, rows)

    def search(
        self,
        q: str = "",
        filters: Mapping[str, Sequence[str]] | None = None,
        lang: Lang = "fr",
        limit: int | str | None = None,
        cursor: str | None = None,
        *,
        day: str,
    ) -> dict[str, Any]:
        """One page of results; `cursor` is the `next_cursor` of the page before."""
        asked = parse_query(self._index, q, filters or {}, lang, limit)
        day, first = read_cursor(self.version, asked, cursor) if cursor else (day, 0)
        matches = [self._words.match(term, self._everyone) for term in asked.terms]
        levels = self._together(matches)
        found = reduce(or_, levels.values(), 0)
        chosen = {name: self._any(name, values) for name, values in asked.filters.items()}
        kept = reduce(and_, chosen.values(), found)
        total = kept.bit_count()
        places = self._ordered(levels, kept, first, asked, day)
        named = cache(lambda at: self._spoken[lang].named(matches[at]))
        answer = {
            "version": self.version,
            "total": total,
            "results": [self._ready(place, lang).result(matches, named) for place in places],
            "facets": self._facets(found, chosen, asked),
            "next_cursor": None,
        }
        if first + len(places) < total:
            answer["next_cursor"] = make_cursor(self.version, asked, day, first + len(places))
        if asked.ignored:
            answer["ignored"] = list(asked.ignored)
        if not total:
            answer["help"] = suggest(matches, chosen, asked, self._labels, self._everyone)
        return answer

    def etag(self, *asked: str) -> str:
        """The mark of an answer, from the question alone: a 304 need not search. Give the day."""
        text = "\n".join((self.version, *asked))
        return f'"{blake2s(text.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'

    def label(self, name: str, value: str, lang: Lang) -> str:
        """What a value of a filter is called."""
        return str(self._labels[name][value][lang])

    def coach(self, slug: str, lang: Lang) -> dict[str, Any] | None:
        """The whole profile of one coach; None when there is no such coach."""
        if not self._slugs:
            place = self._columns.index("slug") if self._rows else 0
            self._slugs = {json.loads(row)[place]: at for at, row in enumerate(self._rows)}
        at = self._slugs.get(slug)
        row = None if at is None else read_profile(self._columns, self._rows[at])
        return row and profile_in(row, lang, self._labels)

    def _together(self, matches: Sequence[Match]) -> Levels:
        levels = [match.levels for match in matches if match.levels or not match.term.optional]
        return intersect(levels) if levels else {0: self._everyone}

    def _any(self, name: str, values: Sequence[str]) -> int:
        known = self._values[name]
        return reduce(or_, (known.get(value, 0) for value in values), 0)

    def _ordered(self, levels: Levels, kept: int, skip: int, asked: Query, day: str) -> list[int]:
        """Best match first, then the most available; equals in the order of the day."""
        luck = ordering.daily_seed(day, asked.normal)
        places: list[int] = []
        for cost in sorted(levels):
            level = levels[cost] & kept
            for available in self._available if level else ():
                equals = level & available
                count = equals.bit_count()
                if skip >= count:
                    skip -= count
                    continue
                wanted = asked.limit - len(places)
                drawn = ordering.draw(equals, count, self.count, skip + wanted, luck)
                places.extend(drawn[skip:])
                skip = 0
                if len(places) >= asked.limit:
                    return places
        return places

    def _ready(self, place: int, lang: Lang) -> CoachResult:
        # Each coach has one slot and takes it over: no list to keep, nothing to clear at once.
        slot = (2 * place + (lang == "fr")) % _MAX_PREPARED
        known = self._shown.get(slot)
        if known is None or known[0] != (lang, place):
            line = self._rows[number_of(place)]
            known = self._shown[slot] = (
                (lang, place),
                CoachResult(read_profile(self._columns, line), lang),
            )
        return known[1]

    def _facets(
        self, found: int, chosen: Mapping[str, int], asked: Query
    ) -> dict[str, list[dict[str, Any]]]:
        """For each value, how many there would be with it, all other filters kept."""
        facets = {}
        for name, choices in self._offered(asked.lang).items():
            others = (mask for filtered, mask in chosen.items() if filtered != name)
            rest = reduce(and_, others, found)
            picked = asked.filters.get(name, ())
            facets[name] = [
                {
                    "value": v,
                    "label": label,
                    "count": (rest & mask).bit_count(),
                    "selected": v in picked,
                }
                for v, label, mask in choices
                if mask or v in picked
            ]
        return facets

    def _offered(self, lang: Lang) -> dict[str, list[tuple[str, str, int]]]:
        """Each value with its label and its coaches, as they are listed in a language."""
        if lang not in self._choices:
            self._choices[lang] = {name: self._listed(name, lang) for name in self._labels}
        return self._choices[lang]

    def _listed(self, name: str, lang: Lang) -> list[tuple[str, str, int]]:
        known = self._values[name]
        offered = [
            (value, label[lang], known.get(value, 0)) for value, label in self._labels[name].items()
        ]
        if name == "province":
            offered.sort(key=lambda each: (_PROVINCES_LAST.get(each[0], 0), fold_text(each[1])))
        if name == "language":
            offered.sort(key=lambda each: (each[0] not in (lang, "fr", "en"), fold_text(each[1])))
        return offered

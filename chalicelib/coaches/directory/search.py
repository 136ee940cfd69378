"""The directory that visitors search: loaded once, searched many times, never changed."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from hashlib import blake2s
from operator import and_, or_
from typing import Final, NotRequired, TypedDict

from chalicelib.coaches.directory import ordering
from chalicelib.coaches.directory.folding import fold_text
from chalicelib.coaches.directory.highlights import LabelIndex
from chalicelib.coaches.directory.layout import FIELDS, FORMAT, Index, read_profile
from chalicelib.coaches.directory.matching import Levels, Match, WordIndex, intersect
from chalicelib.coaches.directory.postings import number_of, unpack
from chalicelib.coaches.directory.query import Query, make_cursor, parse_query, read_cursor
from chalicelib.coaches.directory.results import CoachPage, CoachResult, Result, coach_page
from chalicelib.coaches.directory.suggestions import Help, suggest
from chalicelib.core.languages import LANGS, Lang

_MAX_PREPARED: Final = 20_000
"""Coaches kept ready to show, in one language each: more than any real directory has."""

_AFTER_PROVINCES: Final = {"all": 1, "remote": 2}
"""What is listed after the provinces, in this order."""


class FacetChoice(TypedDict):
    """One value of a filter; `count` is how many coaches there are with it, while all other
    filters stay as they are."""

    value: str
    label: str
    count: int
    selected: bool


class SearchPage(TypedDict):
    """One page of results.

    `version` names the snapshot, `total` counts the results of all pages. `facets` has the
    choices of each filter. `next_cursor` is None on the last page. `ignored` has the terms
    beyond the eighth, if there are any; `help` comes when nobody was found.
    """

    version: str
    total: int
    results: list[Result]
    facets: dict[str, list[FacetChoice]]
    next_cursor: str | None
    ignored: NotRequired[list[str]]
    help: NotRequired[Help]


class Directory:
    """One version of the published coaches. Sets of coaches are bit masks, see `postings`."""

    def __init__(self, index: Index, rows: Sequence[bytes]) -> None:
        self.version = index["version"]
        self.count = index["count"]
        self._index = index
        self._columns = index["columns"]
        self._rows = rows
        self._labels = index["labels"]
        self._words = WordIndex([index["words"][field] for field in FIELDS])
        self._values = {
            name: {value: unpack(posting) for value, posting in values.items()}
            for name, values in index["values"].items()
        }
        available = self._values["availability"]
        self._by_availability = [available.get(v, 0) for v in self._labels["availability"]]
        self._everyone = reduce(or_, self._by_availability, 0)
        self._choices: dict[Lang, dict[str, list[tuple[str, str, int]]]] = {}
        self._label_index = {lang: LabelIndex(self._labels, lang) for lang in LANGS}
        self._prepared: dict[int, tuple[tuple[Lang, int], CoachResult]] = {}
        self._row_of_slug: dict[str, int] = {}

    @classmethod
    def load(cls, stored: bytes) -> "Directory":
        """Return the directory of a snapshot as `snapshot.serialise` returns it.

        Raises ValueError for one of another format.
        """
        first, *rows = gzip.decompress(stored).split(b"\n")
        index: Index = json.loads(first)
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
    ) -> SearchPage:
        """Return one page of results for a query and filters; of all coaches without either.

        `cursor` is the `next_cursor` of the page before; `day` (ISO) decides the order among
        equals. Raises UnusableQuery.
        """
        query = parse_query(self._index, q, filters or {}, lang, limit)
        day, first = read_cursor(self.version, query, cursor) if cursor else (day, 0)
        matches = [self._words.match(term, self._everyone) for term in query.terms]
        levels = self._all_terms(matches)
        found = reduce(or_, levels.values(), 0)
        filtered = {name: self._any_of(name, values) for name, values in query.filters.items()}
        kept = reduce(and_, filtered.values(), found)
        total = kept.bit_count()
        places = self._ordered(levels, kept, first, query, day)
        page: SearchPage = {
            "version": self.version,
            "total": total,
            "results": self._results(places, matches, lang),
            "facets": self._facets(found, filtered, query),
            "next_cursor": None,
        }
        if first + len(places) < total:
            page["next_cursor"] = make_cursor(self.version, query, day, first + len(places))
        if query.ignored:
            page["ignored"] = list(query.ignored)
        if not total:
            page["help"] = suggest(matches, filtered, query, self._labels, self._everyone)
        return page

    def etag(self, *request: str) -> str:
        """Return the ETag of the response to a request: of this snapshot and these words.

        It is worked out without a search. Say the day too, where the order hangs on it.
        """
        text = "\n".join((self.version, *request))
        return f'"{blake2s(text.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'

    def label(self, name: str, value: str, lang: Lang) -> str:
        """Return what a value of a filter is called."""
        return self._labels[name][value][lang]

    def coach(self, slug: str, lang: Lang) -> CoachPage | None:
        """Return all that is public of one coach; None when there is no such coach."""
        if not self._row_of_slug:
            place = self._columns.index("slug") if self._rows else 0
            self._row_of_slug = {json.loads(row)[place]: at for at, row in enumerate(self._rows)}
        at = self._row_of_slug.get(slug)
        if at is None:
            return None
        return coach_page(read_profile(self._columns, self._rows[at]), lang, self._labels)

    def _all_terms(self, matches: Sequence[Match]) -> Levels:
        levels = [match.levels for match in matches if match.levels or not match.term.optional]
        return intersect(levels) if levels else {0: self._everyone}

    def _any_of(self, name: str, values: Sequence[str]) -> int:
        known = self._values[name]
        return reduce(or_, (known.get(value, 0) for value in values), 0)

    def _ordered(self, levels: Levels, kept: int, skip: int, query: Query, day: str) -> list[int]:
        """Return the bits of one page's coaches, after the first `skip`.

        The best match comes first, then the most available; equals in the order of the day.
        """
        seed = ordering.daily_seed(day, query.canonical_text)
        places: list[int] = []
        for cost in sorted(levels):
            level = levels[cost] & kept
            for available in self._by_availability if level else ():
                equals = level & available
                count = equals.bit_count()
                if skip >= count:
                    skip -= count
                    continue
                wanted = query.limit - len(places)
                drawn = ordering.draw(equals, count, self.count, skip + wanted, seed)
                places.extend(drawn[skip:])
                skip = 0
                if len(places) >= query.limit:
                    return places
        return places

    def _results(self, places: Iterable[int], matches: Sequence[Match], lang: Lang) -> list[Result]:
        labels = self._label_index[lang]
        named_values = cache(lambda number: labels.named_by(matches[number]))
        return [self._coach(place, lang).result(matches, named_values) for place in places]

    def _coach(self, place: int, lang: Lang) -> CoachResult:
        # A coach's slot is taken over by the next one of it: nothing needs to be cleared.
        slot = (2 * place + (lang == "fr")) % _MAX_PREPARED
        known = self._prepared.get(slot)
        if known is not None and known[0] == (lang, place):
            return known[1]
        result = CoachResult(read_profile(self._columns, self._rows[number_of(place)]), lang)
        self._prepared[slot] = ((lang, place), result)
        return result

    def _facets(
        self, found: int, filtered: Mapping[str, int], query: Query
    ) -> dict[str, list[FacetChoice]]:
        facets: dict[str, list[FacetChoice]] = {}
        for name, choices in self._choices_in(query.lang).items():
            others = (mask for other, mask in filtered.items() if other != name)
            rest = reduce(and_, others, found)
            picked = query.filters.get(name, ())
            facets[name] = [
                {
                    "value": value,
                    "label": label,
                    "count": (rest & mask).bit_count(),
                    "selected": value in picked,
                }
                for value, label, mask in choices
                if mask or value in picked
            ]
        return facets

    def _choices_in(self, lang: Lang) -> dict[str, list[tuple[str, str, int]]]:
        """Return each value with its label and its coaches, by filter, as they are listed."""
        if lang not in self._choices:
            self._choices[lang] = {name: self._sorted(name, lang) for name in self._labels}
        return self._choices[lang]

    def _sorted(self, name: str, lang: Lang) -> list[tuple[str, str, int]]:
        known = self._values[name]
        choices = [
            (value, label[lang], known.get(value, 0)) for value, label in self._labels[name].items()
        ]
        if name == "province":
            choices.sort(key=lambda each: (_AFTER_PROVINCES.get(each[0], 0), fold_text(each[1])))
        if name == "language":
            choices.sort(key=lambda each: (each[0] not in (lang, "fr", "en"), fold_text(each[1])))
        return choices

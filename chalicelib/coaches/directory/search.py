"""The directory that visitors search: loaded once, searched many times, never changed."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from hashlib import blake2s
from operator import and_, or_
from typing import Final, NamedTuple, cast

from chalicelib import content
from chalicelib.coaches.directory import ordering
from chalicelib.coaches.directory.candidates import CoachCandidates, find_candidates
from chalicelib.coaches.directory.facets import Facets
from chalicelib.coaches.directory.highlights import Explained, LabelIndex, Ways
from chalicelib.coaches.directory.layout import FORMAT_VERSION, Index, read_profile
from chalicelib.coaches.directory.levels import Levels, all_found
from chalicelib.coaches.directory.matching import Match, WordIndex
from chalicelib.coaches.directory.notes import did_you_mean, left_out
from chalicelib.coaches.directory.postings import number_of, unpack
from chalicelib.coaches.directory.query import (
    OldCursor,
    Query,
    make_cursor,
    parse_query,
    read_cursor,
)
from chalicelib.coaches.directory.quotations import Quotations
from chalicelib.coaches.directory.results import (
    AS_JSON,
    CoachPage,
    CoachResult,
    coach_page,
)
from chalicelib.coaches.directory.search_page import Notes, SearchPage
from chalicelib.coaches.directory.suggestions import suggest
from chalicelib.coaches.directory.terms import TermReader
from chalicelib.core.formatting import sort_key
from chalicelib.core.languages import LANGS, Lang

_MAX_PREPARED: Final = 20_000
"""Coaches kept ready to show, in one language each: more than any real directory has."""


class CoachesFound(NamedTuple):
    """What a search found, before it is put in words: the `coaches` of one page as JSON, and
    `everybody` whom the words find, whatever the filters."""

    query: Query
    total: int
    coaches: list[str]
    everybody: int
    filtered: Mapping[str, int]
    next_cursor: str | None
    notes: Notes


class Directory:
    """One version of the published coaches. Sets of coaches are bit masks, see `postings`."""

    def __init__(self, index: Index, rows: Sequence[bytes]) -> None:
        self.version = index["version"]
        self.count = index["count"]
        self._columns = index["columns"]
        self._rows = rows
        self._labels = index["labels"]
        self._values = {
            name: {value: unpack(posting) for value, posting in values.items()}
            for name, values in index["values"].items()
        }
        self._words = WordIndex(index, self._values)
        self._reader = TermReader(index)
        self._quotations = Quotations(rows, self._labels, self._values)
        available = self._values["availability"]
        self._by_availability = [available.get(v, 0) for v in self._labels["availability"]]
        self._everyone = reduce(or_, self._by_availability, 0)
        self._facets = Facets(self._labels, self._values)
        self._label_index = {lang: LabelIndex(self._labels, lang, self._words) for lang in LANGS}
        self._prepared: dict[int, tuple[tuple[Lang, int], CoachResult]] = {}
        self._row_of_slug: dict[str, int] = {}

    @classmethod
    def load(cls, stored: bytes) -> "Directory":
        """Return the directory of a snapshot as `snapshot.serialise` returns it.

        Raises ValueError for one of another format.
        """
        first, *rows = gzip.decompress(stored).split(b"\n")
        index: Index = json.loads(first)
        if index["format"] != FORMAT_VERSION or index["count"] != len(rows):
            raise ValueError(f"not a directory of format {FORMAT_VERSION}")
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
        text, _ = self.search_text(q, filters, lang, limit, cursor, day=day)
        return cast("SearchPage", json.loads(text))

    def search_text(
        self,
        q: str = "",
        filters: Mapping[str, Sequence[str]] | None = None,
        lang: Lang = "fr",
        limit: int | str | None = None,
        cursor: str | None = None,
        *,
        day: str,
    ) -> tuple[str, Notes]:
        """Return the same page as JSON, and its notes. Raises UnusableQuery.

        Most of a page is the same for each query: that is written once.
        """
        found = self._find(q, filters or {}, lang, limit, cursor, day)
        results = ",".join(found.coaches)
        facets = self._facets.text(found.everybody, found.filtered, found.query)
        head = f'{{"version":"{self.version}","total":{found.total},"results":[{results}]'
        after = "null" if found.next_cursor is None else f'"{found.next_cursor}"'
        notes = f",{AS_JSON(found.notes)[1:-1]}" if found.notes else ""
        return f'{head},"facets":{facets},"next_cursor":{after}{notes}}}', found.notes

    def _find(
        self,
        q: str,
        filters: Mapping[str, Sequence[str]],
        lang: Lang,
        limit: int | str | None,
        cursor: str | None,
        day: str,
    ) -> CoachesFound:
        query = parse_query(self._reader, self._labels, q, filters, lang, limit)
        day, first, restarted = self._start(query, cursor, day)
        candidates = find_candidates(query, self._words, self._quotations, self._everyone)
        everybody = all_found(candidates.levels)
        filtered = {name: self._any_of(name, values) for name, values in query.filters.items()}
        kept = reduce(and_, filtered.values(), everybody)
        total = kept.bit_count()
        places = self._ordered(candidates.levels, kept, first, query, day)
        coaches, explained = self._results(places, candidates.matches, lang)
        last = first + len(places)
        after = make_cursor(self.version, query, day, last) if last < total else None
        notes = self._notes(explained, candidates, filtered, kept, query)
        if restarted:
            notes["restarted"] = restarted
        return CoachesFound(query, total, coaches, everybody, filtered, after, notes)

    def _start(self, query: Query, cursor: str | None, day: str) -> tuple[str, int, str]:
        """Return the day and the place to start at, and what to say if it is the first again."""
        if not cursor:
            return day, 0, ""
        try:
            return *read_cursor(self.version, query, cursor), ""
        except OldCursor:
            return day, 0, content.coaches()["notes"]["restarted"][query.lang]

    def _notes(
        self,
        explained: Sequence[Sequence[Explained]],
        candidates: CoachCandidates,
        filtered: Mapping[str, int],
        kept: int,
        query: Query,
    ) -> Notes:
        """Return what a visitor should know of words that were not found as they were typed."""
        notes: Notes = {}
        if query.ignored:
            notes["ignored"] = list(query.ignored)
        if candidates.left_out:
            notes["left_out"] = left_out(candidates, query)
        if kept:
            guessed = did_you_mean(candidates.matches, kept, explained, query.lang)
            if guessed:
                notes["did_you_mean"] = guessed
        else:
            matches = [*candidates.matches, *candidates.left_out]
            notes["help"] = suggest(matches, filtered, query, self._labels, self._everyone)
        return notes

    def etag(self, *request: str) -> str:
        """Return the ETag of the response to a request: of this snapshot and these words.

        It is worked out without a search. Say the day too, where the order hangs on it.
        """
        text = "\n".join((self.version, *request))
        return f'"{blake2s(text.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'

    def label(self, name: str, value: str, lang: Lang) -> str:
        """Return what a value of a filter is called."""
        return self._labels[name][value][lang]

    def names(self, lang: Lang) -> list[tuple[str, str]]:
        """Return the slug and the name of each coach, in the order of last names."""
        columns = ("last_name", "first_name", "slug") if self._rows else ()
        wanted = [self._columns.index(name) for name in columns]
        found = [[str(json.loads(row)[at]) for at in wanted] for row in self._rows]
        found.sort(key=lambda one: sort_key(f"{one[0]} {one[1]}", lang))
        return [(slug, f"{first} {last}") for last, first, slug in found]

    def coach(self, slug: str, lang: Lang) -> CoachPage | None:
        """Return all that is public of one coach; None when there is no such coach."""
        if not self._row_of_slug:
            place = self._columns.index("slug") if self._rows else 0
            self._row_of_slug = {json.loads(row)[place]: at for at, row in enumerate(self._rows)}
        at = self._row_of_slug.get(slug)
        if at is None:
            return None
        return coach_page(read_profile(self._columns, self._rows[at]), lang, self._labels)

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

    def _results(
        self, places: Iterable[int], matches: Sequence[Match], lang: Lang
    ) -> tuple[list[str], list[Sequence[Explained]]]:
        """Return the coaches of these bits as JSON, and why each was found."""
        terms = [Ways(match, self._label_index[lang]) for match in matches]
        texts: list[str] = []
        explained: list[Sequence[Explained]] = []
        for place in places:
            ways = [way for term in terms if (way := term.of(place))]
            text, whys = self._coach(place, lang).written(ways)
            texts.append(text)
            explained.append(whys)
        return texts, explained

    def _coach(self, place: int, lang: Lang) -> CoachResult:
        # A coach's slot is taken over by the next one of it: nothing needs to be cleared.
        slot = (2 * place + (lang == "fr")) % _MAX_PREPARED
        known = self._prepared.get(slot)
        if known is not None and known[0] == (lang, place):
            return known[1]
        result = CoachResult(read_profile(self._columns, self._rows[number_of(place)]), lang)
        self._prepared[slot] = ((lang, place), result)
        return result

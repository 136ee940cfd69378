"""The same directory in other engines, each used as its documentation advises."""

import json
import sqlite3
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from itertools import islice
from types import SimpleNamespace
from typing import Any

from bench.corpus import Visit
from bench.support import canned
from chalicelib.aws.keys import Keys
from chalicelib.coaches.coach import Coach, public_profile
from chalicelib.coaches.directory.folding import fold_to_words
from chalicelib.coaches.directory.layout import FILTERS
from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.directory.snapshot import (
    all_labels,
    build,
    filter_values,
    label_texts,
    serialise,
)
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import EditionStore
from chalicelib.coaches.profile import Profile, text_in
from chalicelib.core.languages import LANGS
from chalicelib.core.settings import Settings
from chalicelib.services import Services

Found = tuple[list[str], int]
"""The slugs of the first page, and how many there are in all."""

LIMIT = 20
AS_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


CARD = (
    "slug", "first_name", "last_name", "organization", "title_fr", "city", "province", "serves",
    "modes", "languages", "streams", "sectors", "availability", "contact",
)  # fmt: skip


class Engine:
    """Returns a page of coaches, the total and the counts of every facet value, as JSON.

    Engines that can show where a word was found do so; only ours says why.
    """

    def __init__(self, coaches: Sequence[Coach]) -> None:
        self.rows = [public_profile(coach) for coach in coaches]
        self.cards = [
            {key: row.get(key) for key in CARD if key in row}
            | {"excerpt": text_in(row, "bio", "fr")[:220]}
            for row in self.rows
        ]

    def page_of(
        self, page: Sequence[int], total: int, counts: Any, marks: Mapping[int, Any]
    ) -> Found:
        results = [{**self.cards[at], "highlights": marks.get(at, {})} for at in page]
        AS_JSON({"total": total, "results": results, "facets": counts})
        return [result["slug"] for result in results], total

    @abstractmethod
    def search(self, visit: Visit) -> Found: ...

    def texts(self, row: Profile) -> tuple[str, str, str]:
        """Return name, specialty and biography, folded: the same text for every engine."""
        name = f"{row['first_name']} {row['last_name']}"
        special = [row.get("organization", ""), *(text_in(row, "title", lang) for lang in LANGS)]
        special += [row.get("city", ""), *label_texts(row, all_labels())]
        bios = " ".join(text_in(row, "bio", lang) for lang in LANGS)
        return fold_to_words(name), fold_to_words(" ".join(special)), fold_to_words(bios)


class Counter:
    """Facet counts by bit sets, lent to the engines that have none of their own."""

    def __init__(self, rows: Sequence[Profile]) -> None:
        self.masks: dict[str, dict[str, int]] = {name: {} for name in FILTERS}
        for number, row in enumerate(rows):
            for name, value in filter_values(row):
                self.masks[name][value] = self.masks[name].get(value, 0) | 1 << number
        self.everyone = (1 << len(rows)) - 1

    def keep(self, found: int, visit: Visit) -> tuple[int, dict[str, dict[str, int]]]:
        chosen = {}
        for name, values in visit.filters.items():
            mask = 0
            for value in values:
                mask |= self.masks[name].get(value, 0)
            chosen[name] = mask
        kept, counts = found, {}
        for mask in chosen.values():
            kept &= mask
        for name, known in self.masks.items():
            rest = found
            for other, mask in chosen.items():
                if other != name:
                    rest &= mask
            counts[name] = {value: (rest & mask).bit_count() for value, mask in known.items()}
        return kept, counts


def as_mask(numbers: Sequence[int], size: int) -> int:
    bits = bytearray(size // 8 + 1)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


class Body(list[str]):
    """The slugs in a response body, parsed when they are looked at: after the time is taken."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __getitem__(self, at: Any) -> Any:
        return [result["slug"] for result in json.loads(self._text)["results"]][at]


class Relais(Engine):
    """Ours, with highlights, explanations, suggestions and the JSON text of the page."""

    def __init__(self, coaches: Sequence[Coach]) -> None:
        self.directory = Directory.load(serialise(build(coaches)))

    def search(self, visit: Visit) -> Found:
        text, _ = self.directory.search_text(visit.q, visit.filters, "fr", LIMIT, day="2026-01-01")
        return Body(text), 0


class OneEdition(EditionStore):
    """One edition in memory, in place of those of the store."""

    def __init__(self, stored: bytes) -> None:
        self._stored = stored

    def current(self) -> Edition:
        return Edition("000001-0000", "", 0, 0, 1, "BOOK#", 1, "", "", "")

    def snapshot(self, edition: Edition) -> bytes:
        return self._stored


class Handler(Engine):
    """Ours as Lambda calls it: API Gateway's event in, its response out, Chalice included."""

    def __init__(self, coaches: Sequence[Coach]) -> None:
        import app

        given: dict[str, Any] = dict.fromkeys(Settings.model_fields, "https://example.org")
        settings = Settings.model_construct(**given)
        no_rows: Any = SimpleNamespace(get=lambda pk, sk: None)
        services = Services(settings, no_rows, Keys(("links",), b"people"))
        vars(services.coaches)["editions"] = OneEdition(serialise(build(coaches)))
        services.coaches.directory.directory()
        vars(app).update(settings=lambda: settings, services=lambda: services)
        self._app = app.app

    def search(self, visit: Visit) -> Found:
        filters = {name: list(values) for name, values in visit.filters.items()}
        query = {
            "lang": ["fr"],
            "limit": [str(LIMIT)],
            **filters,
            **({"q": [visit.q]} if visit.q else {}),
        }
        return Body(self._app(canned.get("/coaches", query), None)["body"]), 0


class Fuzzy(Engine):
    """rapidfuzz: every row scored, those of 80 and more kept."""

    def __init__(self, coaches: Sequence[Coach]) -> None:
        super().__init__(coaches)
        self.counter = Counter(self.rows)
        self.docs = [" ".join(self.texts(row)) for row in self.rows]

    def search(self, visit: Visit) -> Found:
        from rapidfuzz import fuzz, process

        if not visit.q:
            kept, counts = self.counter.keep(self.counter.everyone, visit)
            return self.page_of(_lowest(kept), kept.bit_count(), counts, {})
        hits = process.extract(
            fold_to_words(visit.q),
            self.docs,
            scorer=fuzz.partial_ratio,
            score_cutoff=80,
            limit=None,
        )
        found = as_mask([number for _, _, number in hits], len(self.rows))
        kept, counts = self.counter.keep(found, visit)
        page = _first([number for _, _, number in hits], kept)
        return self.page_of(page, kept.bit_count(), counts, {})


class Sqlite(Engine):
    """FTS5 with the unicode61 tokenizer: every word a prefix, ranked by bm25."""

    tokenizer = "unicode61 remove_diacritics 2"
    options = ", prefix='2 3'"

    def __init__(self, coaches: Sequence[Coach]) -> None:
        super().__init__(coaches)
        self.counter = Counter(self.rows)
        self.db = sqlite3.connect(":memory:")
        self.db.execute(
            f"CREATE VIRTUAL TABLE fts USING fts5(name, special, bio, "
            f"tokenize='{self.tokenizer}'{self.options})"
        )
        self.db.executemany(
            "INSERT INTO fts(rowid, name, special, bio) VALUES (?, ?, ?, ?)",
            ((number + 1, *self.texts(row)) for number, row in enumerate(self.rows)),
        )
        self.db.execute("INSERT INTO fts(fts) VALUES ('optimize')")

    def search(self, visit: Visit) -> Found:
        found = self.find(visit.q) if visit.q else None
        if found is None:
            kept, counts = self.counter.keep(self.counter.everyone, visit)
            return self.page_of(_lowest(kept), kept.bit_count(), counts, {})
        kept, counts = self.counter.keep(as_mask(found, len(self.rows)), visit)
        page = _first(found, kept)
        return self.page_of(page, kept.bit_count(), counts, self.marks(page))

    def find(self, q: str) -> list[int]:
        return self.match(" ".join(f'"{word}"*' for word in fold_to_words(q).split()))

    def marks(self, page: Sequence[int]) -> dict[int, Any]:
        places = ",".join(str(at + 1) for at in page)
        sql = (
            "SELECT rowid, highlight(fts, 0, '[', ']'), snippet(fts, 2, '[', ']', '…', 32) "
            f"FROM fts WHERE fts MATCH ? AND rowid IN ({places})"
        )
        rows = self.db.execute(sql, (self.last,))
        return {row[0] - 1: {"name": row[1], "excerpt": row[2]} for row in rows}

    def match(self, query: str) -> list[int]:
        self.last = query
        sql = "SELECT rowid FROM fts WHERE fts MATCH ? ORDER BY bm25(fts, 10, 4, 1)"
        return [row[0] - 1 for row in self.db.execute(sql, (query,))]


class Trigram(Sqlite):
    """FTS5 with the trigram tokenizer: all words as they are, else any of their trigrams."""

    tokenizer = "trigram"
    options = ""

    def find(self, q: str) -> list[int]:
        words = [word for word in fold_to_words(q).split() if len(word) > 2]
        if not words:
            return []
        found = self.match(" ".join(f'"{word}"' for word in words))
        if found:
            return found
        trigrams = {word[at : at + 3] for word in words for at in range(len(word) - 2)}
        return self.match(" OR ".join(f'"{trigram}"' for trigram in sorted(trigrams)))


class Tantivy(Engine):
    """tantivy: each word exact, begun or one edit away; facets by its own aggregations."""

    def __init__(self, coaches: Sequence[Coach]) -> None:
        import tantivy

        super().__init__(coaches)
        self.lib: Any = tantivy
        builder = tantivy.SchemaBuilder()
        for field in ("name", "special", "bio"):
            builder.add_text_field(field, stored=field == "bio")
        for name in FILTERS:
            builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("slug", stored=True, tokenizer_name="raw")
        self.schema = builder.build()
        index = tantivy.Index(self.schema)
        writer = index.writer(64_000_000, 1)
        for row in self.rows:
            document = tantivy.Document(slug=row["slug"])
            for field, text in zip(("name", "special", "bio"), self.texts(row), strict=True):
                document.add_text(field, text)
            for name, value in filter_values(row):
                document.add_text(name, value)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher: Any = index.searcher()

    def search(self, visit: Visit) -> Found:
        must, lib = self.lib.Occur.Must, self.lib
        words = [(must, self.word(word)) for word in fold_to_words(visit.q).split()]
        filters = {name: self.filter(name, values) for name, values in visit.filters.items()}
        clauses = words + [(must, each) for each in filters.values()]
        query = lib.Query.boolean_query(clauses) if clauses else lib.Query.all_query()
        result = self.searcher.search(query, LIMIT)
        marker = self.lib.SnippetGenerator.create(self.searcher, query, self.schema, "bio")
        page, marks = [], {}
        for _, at in result.hits:
            document = self.searcher.doc(at)
            number = int(document["slug"][0].removeprefix("coach-"))
            page.append(number)
            marks[number] = marker.snippet_from_doc(document).to_html() if visit.q else ""
        counts = self.counts(query, [name for name in FILTERS if name not in filters])
        for name in filters:
            rest = words + [(must, each) for other, each in filters.items() if other != name]
            without = lib.Query.boolean_query(rest) if rest else lib.Query.all_query()
            counts |= self.counts(without, [name])
        return self.page_of(page, result.count, counts, marks)

    def counts(self, query: Any, names: Sequence[str]) -> Any:
        terms = {name: {"terms": {"field": name, "size": 60}} for name in names}
        return self.searcher.aggregate(query, terms)

    def filter(self, name: str, values: Sequence[str]) -> Any:
        should, query = self.lib.Occur.Should, self.lib.Query
        return query.boolean_query(
            [(should, query.term_query(self.schema, name, value)) for value in values]
        )

    def word(self, word: str) -> Any:
        query = self.lib.Query
        either: list[tuple[Any, float]] = []
        for field, weight in (("name", 3.0), ("special", 2.0), ("bio", 1.0)):
            ways = [(query.term_query(self.schema, field, word), 3.0)]
            ways.append((query.fuzzy_term_query(self.schema, field, word, 0, True, True), 2.0))
            if len(word) > 4:
                ways.append((query.fuzzy_term_query(self.schema, field, word, 1), 1.0))
            either.extend(query.boost_query(way, boost * weight) for way, boost in ways)
        return query.boolean_query([(self.lib.Occur.Should, each) for each in either])


def _first(found: Sequence[int], kept: int) -> list[int]:
    bits = kept.to_bytes(kept.bit_length() // 8 + 1, "little")
    end = len(bits) * 8
    rest = (at for at in found if at < end and bits[at >> 3] >> (at & 7) & 1)
    return list(islice(rest, LIMIT))


def _lowest(kept: int) -> list[int]:
    page: list[int] = []
    while kept and len(page) < LIMIT:
        low = kept & -kept
        page.append(low.bit_length() - 1)
        kept ^= low
    return page


ENGINES: dict[str, type[Engine]] = {
    "Relais": Relais,
    "Relais, whole handler": Handler,
    "tantivy": Tantivy,
    "FTS5 unicode61": Sqlite,
    "FTS5 trigram": Trigram,
    "rapidfuzz": Fuzzy,
}

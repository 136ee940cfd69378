"""What a visitor searches for: the query, checked and bounded."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Final

from chalicelib import content
from chalicelib.coaches.directory.folding import fold_text, pieces
from chalicelib.coaches.directory.layout import Index, Labels
from chalicelib.core.errors import BadQuery
from chalicelib.core.languages import Lang

MAX_QUERY_LENGTH: Final = 200
"""Characters of a query; no person writes more."""

MAX_WORDS: Final = 8
"""Terms of a query that are searched for; the others are ignored."""

MAX_FILTER_VALUES: Final = 60
"""Values of all filters together."""

MAX_RESULTS: Final = 100
DEFAULT_RESULTS: Final = 20
"""Results on one page, at most and unless the visitor says how many."""

_MAX_PHRASE_WORDS: Final = 4

Synonyms = Mapping[str, Sequence[Sequence[str]]]


class UnusableQuery(BadQuery):
    """Raised for a query that cannot be searched for.

    `code` names the message under `refused` in content/coaches.json; `facts` fill its places.
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def message(self, lang: Lang) -> str:
        return content.coaches()["refused"][self.code][lang].format_map(self.facts)


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or one phrase that has synonyms, of a query.

    `text` is the term as it was written, folded. `words` are its pieces, and `joined` is what
    they make together: saint, jerome and saintjerome for « St-Jérôme ». `synonyms` has the
    words of each of its other names, in either language. An `optional` term is a word such as
    « le » that need not be found.
    """

    text: str
    words: tuple[str, ...]
    joined: str
    synonyms: tuple[tuple[str, ...], ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be searched for.

    `ignored` has the terms beyond MAX_WORDS. `canonical_text` is the same for every spelling
    that finds the same: orders and cursors hang on it.
    """

    terms: tuple[Term, ...]
    ignored: tuple[str, ...]
    filters: Mapping[str, tuple[str, ...]]
    lang: Lang
    limit: int
    canonical_text: str


def parse_query(
    index: Index,
    q: str,
    filters: Mapping[str, Sequence[str]],
    lang: Lang,
    limit: int | str | None,
) -> Query:
    """Return the query in the terms and values of this index. Raises UnusableQuery."""
    if len(q) > MAX_QUERY_LENGTH:
        raise UnusableQuery("too_long", max=MAX_QUERY_LENGTH, count=len(q))
    terms, ignored = _terms(fold_text(q).split(), index["synonyms"], index["noise"])
    return Query(
        terms=terms,
        ignored=ignored,
        filters=_filters(index["labels"], filters),
        lang=lang,
        limit=_limit(limit),
        canonical_text=" ".join(term.text for term in terms),
    )


def _limit(limit: int | str | None) -> int:
    try:
        wanted = DEFAULT_RESULTS if limit in (None, "") else int(str(limit)[:9])
    except ValueError:
        raise UnusableQuery("limit", max=MAX_RESULTS) from None
    return max(1, min(wanted, MAX_RESULTS))


def _filters(labels: Labels, given: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    if sum(len(values) for values in given.values()) > MAX_FILTER_VALUES:
        raise UnusableQuery("too_many_filters", max=MAX_FILTER_VALUES)
    filters: dict[str, tuple[str, ...]] = {}
    for name, values in given.items():
        if name not in labels:
            raise UnusableQuery("unknown_filter", name=name[:40], known=", ".join(labels))
        chosen = dict.fromkeys(_value(name, value, labels[name]) for value in values if value)
        if chosen:
            filters[name] = tuple(sorted(chosen))
    return filters


def _value(name: str, value: str, known: Mapping[str, object]) -> str:
    """Return the value in the case in which the filter knows it."""
    for spelled in (value, value.upper(), value.lower()):
        if spelled in known:
            return spelled
    raise UnusableQuery("unknown_value", name=name, value=value[:40], known=", ".join(known))


def _terms(
    chunks: Sequence[str], synonyms: Synonyms, noise: Container[str]
) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Return the terms to search for, and the texts of those that are ignored."""
    words = _single_words(chunks, noise)
    terms: list[Term] = []
    while words:
        term, taken = _longest_phrase(words[:_MAX_PHRASE_WORDS], synonyms)
        terms.append(term)
        words = words[taken:]
    terms = list(dict.fromkeys(terms))
    if all(term.optional for term in terms):
        terms = [replace(term, optional=False) for term in terms]
    needed = [term for term in terms if not term.optional]
    optional = [term for term in terms if term.optional]
    kept = (*needed[:MAX_WORDS], *optional[:MAX_WORDS])
    return kept, tuple(term.text for term in needed[MAX_WORDS:])


def _single_words(chunks: Sequence[str], noise: Container[str]) -> list[Term]:
    terms = []
    for chunk in chunks:
        parts = pieces(chunk)
        telling = [part for part in parts if part not in noise]
        if parts:
            text, words, optional = chunk.strip("'-"), tuple(telling or parts), not telling
            terms.append(Term(text, words, "".join(parts), optional=optional))
    return terms


def _longest_phrase(terms: Sequence[Term], synonyms: Synonyms) -> tuple[Term, int]:
    """Return the longest phrase that the terms begin with and that has synonyms, or the first
    term alone; and how many terms it takes."""
    for count in range(len(terms), 0, -1):
        words = tuple(word for term in terms[:count] for word in term.words)
        others = tuple(tuple(other) for other in synonyms.get(" ".join(words), ()))
        if count == 1:
            return replace(terms[0], synonyms=others), 1
        if others:
            return Term(" ".join(term.text for term in terms[:count]), words, "", others), count
    raise AssertionError("there is at least one term")


def make_cursor(version: str, query: Query, day: str, start: int) -> str:
    """Return where the next page starts, for this snapshot and this query alone.

    `day` (ISO) is the day whose order among equals holds for all pages.
    """
    body = f"{version[:8]}.{day}.{start}"
    text = f"{body}.{_signature(body, version, query)}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(version: str, query: Query, given: str) -> tuple[str, int]:
    """Return the day and the start of a cursor. Raises UnusableQuery for one made for another
    version or another query."""
    try:
        text = urlsafe_b64decode(f"{given[:200]}==").decode("ascii")
        body, _, signature = text.rpartition(".")
        made_for, day, digits = body.split(".")
        start = int(digits)
    except ValueError:
        raise UnusableQuery("cursor") from None
    if made_for != version[:8]:
        raise UnusableQuery("cursor_old")
    if signature != _signature(body, version, query) or start < 0:
        raise UnusableQuery("cursor")
    return day, start


def _signature(body: str, version: str, query: Query) -> str:
    about = f"{body}\n{version}\n{query.canonical_text}\n{sorted(query.filters.items())}"
    return blake2s(about.encode(), digest_size=8).hexdigest()

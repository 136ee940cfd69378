"""What a visitor searches for: the query, checked and bounded."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import Final

from chalicelib import content
from chalicelib.coaches.directory.layout import Labels
from chalicelib.coaches.directory.terms import Term, TermReader
from chalicelib.core.errors import BadQuery
from chalicelib.core.languages import Lang

MAX_QUERY_LENGTH: Final = 200
"""Characters of a query; no person writes more."""

MAX_FILTER_VALUES: Final = 60
"""Values of all filters together."""

MAX_RESULTS: Final = 100
DEFAULT_RESULTS: Final = 20
"""Results on one page, at most and unless the visitor says how many."""


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


class OldCursor(Exception):
    """Raised for a cursor that was made for another version: the directory has changed since."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be searched for.

    `ignored` has the terms beyond MAX_WORDS, `without` those that a coach must not have. `terms`
    may be empty: everybody fits then. `canonical_text` is the same for every spelling
    that finds the same: orders and cursors hang on it.
    """

    terms: tuple[Term, ...]
    without: tuple[Term, ...]
    ignored: tuple[str, ...]
    filters: Mapping[str, tuple[str, ...]]
    lang: Lang
    limit: int
    canonical_text: str


def parse_query(
    reader: TermReader,
    labels: Labels,
    q: str,
    filters: Mapping[str, Sequence[str]],
    lang: Lang,
    limit: int | str | None,
) -> Query:
    """Return the query in the terms and values of this index. Raises UnusableQuery."""
    if len(q) > MAX_QUERY_LENGTH:
        raise UnusableQuery("too_long", max=MAX_QUERY_LENGTH, count=len(q))
    read = reader.read(q)
    marked = (_canonical(term) for term in (*read.wanted, *read.without))
    return Query(
        terms=read.wanted,
        without=read.without,
        ignored=read.ignored,
        filters=_filters(labels, filters),
        lang=lang,
        limit=_limit(limit),
        canonical_text=" ".join(marked),
    )


def _canonical(term: Term) -> str:
    text = f'"{term.text}"' if term.quoted else term.text
    return f"{'-' * term.without}{'|' * term.either}{text}"


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


def make_cursor(version: str, query: Query, day: str, start: int) -> str:
    """Return where the next page starts, for this snapshot and this query alone.

    `day` (ISO) is the day whose order among equals holds for all pages.
    """
    body = f"{version[:8]}.{day}.{start}"
    text = f"{body}.{_signature(body, version, query)}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(version: str, query: Query, given: str) -> tuple[str, int]:
    """Return the day and the start of a cursor. Raises UnusableQuery for one made for another
    query, and OldCursor for one made for another version."""
    try:
        text = urlsafe_b64decode(f"{given[:200]}==").decode("ascii")
        body, _, signature = text.rpartition(".")
        made_for, day, digits = body.split(".")
        start = int(digits)
    except ValueError:
        raise UnusableQuery("cursor") from None
    if made_for != version[:8]:
        raise OldCursor
    if signature != _signature(body, version, query) or start < 0:
        raise UnusableQuery("cursor")
    return day, start


def _signature(body: str, version: str, query: Query) -> str:
    about = f"{body}\n{version}\n{query.canonical_text}\n{sorted(query.filters.items())}"
    return blake2s(about.encode(), digest_size=8).hexdigest()

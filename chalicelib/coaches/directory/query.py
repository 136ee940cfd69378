"""What a visitor asks of the directory, checked and bounded."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any, Final

from chalicelib.coaches.directory.folding import fold_text, pieces
from chalicelib.content import load
from chalicelib.core.errors import BadQuery
from chalicelib.core.languages import Lang

MAX_QUERY_LENGTH: Final = 200
"""Letters in a query. Beyond, it is not a person who asks."""
MAX_WORDS: Final = 8
MAX_FILTER_VALUES: Final = 60
MAX_RESULTS: Final = 100
DEFAULT_RESULTS: Final = 20
_MAX_PHRASE_WORDS: Final = 4


class UnusableQuery(BadQuery):
    """`code` names the message in content/coaches.json; `facts` fill it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def message(self, lang: Lang) -> str:
        text: str = load("coaches")["refused"][self.code][lang]
        return text.format_map(self.facts)


@dataclass(frozen=True, slots=True)
class Term:
    """One word or known expression of a query.

    `whole` is what the pieces make together, as in « St-Jérôme »; `others` are the other
    names it goes by, in either language.
    """

    typed: str
    words: tuple[str, ...]
    whole: str
    others: tuple[tuple[str, ...], ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    terms: tuple[Term, ...]
    ignored: tuple[str, ...]
    filters: Mapping[str, tuple[str, ...]]
    lang: Lang
    limit: int
    normal: str
    """The words as compared: two spellings of one query are one query."""


def parse_query(
    index: Mapping[str, Any],
    q: str,
    filters: Mapping[str, Sequence[str]],
    lang: Lang,
    limit: int | str | None,
) -> Query:
    if len(q) > MAX_QUERY_LENGTH:
        raise UnusableQuery("too_long", max=MAX_QUERY_LENGTH, count=len(q))
    terms, ignored = _terms(fold_text(q).split(), index["synonyms"], index["noise"])
    return Query(
        terms=terms,
        ignored=ignored,
        filters=_filters(index["labels"], filters),
        lang=lang,
        limit=_limit(limit),
        normal=" ".join(term.typed for term in terms),
    )


def _limit(limit: int | str | None) -> int:
    try:
        wanted = DEFAULT_RESULTS if limit in (None, "") else int(str(limit)[:9])
    except ValueError:
        raise UnusableQuery("limit", max=MAX_RESULTS) from None
    return max(1, min(wanted, MAX_RESULTS))


def _filters(
    labels: Mapping[str, Mapping[str, Any]], given: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    if sum(len(values) for values in given.values()) > MAX_FILTER_VALUES:
        raise UnusableQuery("too_many_filters", max=MAX_FILTER_VALUES)
    asked: dict[str, tuple[str, ...]] = {}
    for name, values in given.items():
        if name not in labels:
            raise UnusableQuery("unknown_filter", name=name[:40], known=", ".join(labels))
        chosen = dict.fromkeys(_value(name, value, labels[name]) for value in values if value)
        if chosen:
            asked[name] = tuple(sorted(chosen))
    return asked


def _value(name: str, value: str, known: Mapping[str, Any]) -> str:
    for spelled in (value, value.upper(), value.lower()):
        if spelled in known:
            return spelled
    raise UnusableQuery("unknown_value", name=name, value=value[:40], known=", ".join(known))


def _terms(
    chunks: Sequence[str], synonyms: Mapping[str, Sequence[Sequence[str]]], noise: Container[str]
) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    units = _units(chunks, noise)
    terms: list[Term] = []
    while units:
        term, taken = _longest(units[:_MAX_PHRASE_WORDS], synonyms)
        terms.append(term)
        units = units[taken:]
    terms = list(dict.fromkeys(terms))
    if all(term.optional for term in terms):
        terms = [replace(term, optional=False) for term in terms]
    needed = [term for term in terms if not term.optional]
    spare = [term for term in terms if term.optional]
    kept = (*needed[:MAX_WORDS], *spare[:MAX_WORDS])
    return kept, tuple(term.typed for term in needed[MAX_WORDS:])


def _units(chunks: Sequence[str], noise: Container[str]) -> list[Term]:
    units = []
    for chunk in chunks:
        parts = pieces(chunk)
        telling = [part for part in parts if part not in noise]
        if parts:
            typed = chunk.strip("'-")
            optional = not telling
            units.append(Term(typed, tuple(telling or parts), "".join(parts), optional=optional))
    return units


def _longest(
    units: Sequence[Term], synonyms: Mapping[str, Sequence[Sequence[str]]]
) -> tuple[Term, int]:
    for count in range(len(units), 0, -1):
        words = tuple(word for unit in units[:count] for word in unit.words)
        others = tuple(tuple(other) for other in synonyms.get(" ".join(words), ()))
        if count == 1:
            first = units[0]
            return Term(first.typed, first.words, first.whole, others, first.optional), 1
        if others:
            typed = " ".join(unit.typed for unit in units[:count])
            return Term(typed, words, "", others), count
    raise AssertionError("a term takes at least one unit")


def make_cursor(version: str, asked: Query, day: str, start: int) -> str:
    """Where the next page starts; it holds for this snapshot and this question alone."""
    body = f"{version[:8]}.{day}.{start}"
    return urlsafe_b64encode(f"{body}.{_mark(body, version, asked)}".encode()).decode().rstrip("=")


def read_cursor(version: str, asked: Query, given: str) -> tuple[str, int]:
    """The day whose order holds, and the place to go on from."""
    try:
        text = urlsafe_b64decode(f"{given[:200]}==").decode("ascii")
        body, _, mark = text.rpartition(".")
        made_for, day, start = body.split(".")
        place = int(start)
    except ValueError:
        raise UnusableQuery("cursor") from None
    if made_for != version[:8]:
        raise UnusableQuery("cursor_old")
    if mark != _mark(body, version, asked) or place < 0:
        raise UnusableQuery("cursor")
    return day, place


def _mark(body: str, version: str, asked: Query) -> str:
    about = f"{body}\n{version}\n{asked.normal}\n{sorted(asked.filters.items())}"
    return blake2s(about.encode(), digest_size=8).hexdigest()

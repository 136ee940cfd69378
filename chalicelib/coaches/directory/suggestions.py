"""What a visitor who found nobody is told: which filter or word to leave out."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Literal, NotRequired, TypedDict

from chalicelib import content
from chalicelib.coaches.directory.candidates import grouped
from chalicelib.coaches.directory.layout import Labels
from chalicelib.coaches.directory.levels import all_found, intersect
from chalicelib.coaches.directory.matching import Match
from chalicelib.coaches.directory.query import Query
from chalicelib.coaches.directory.terms import Term
from chalicelib.core.languages import Lang


class Dropped(TypedDict):
    """What to leave out: one `filter` (with its `label` and `values` in words), one `word`,
    or all filters. `q` is the query without the word."""

    drop: Literal["filter", "word", "filters"]
    filter: NotRequired[str]
    label: NotRequired[str]
    values: NotRequired[str]
    word: NotRequired[str]
    q: NotRequired[str]


class Suggestion(Dropped):
    """`count` is how many coaches there are then, `message` says so."""

    count: int
    message: str


class UnknownWord(TypedDict):
    word: str
    message: str


class Help(TypedDict):
    """What a page without results says; the suggestion that finds most comes first."""

    message: str
    suggestions: list[Suggestion]
    unknown: list[UnknownWord]
    contact: str


def suggest(
    matches: Sequence[Match],
    filtered: Mapping[str, int],
    query: Query,
    labels: Labels,
    everyone: int,
) -> Help:
    """Return the help for a query that found nobody.

    `filtered` has, for each filter of the query, the bit mask of the coaches it lets through.
    """
    lang = query.lang
    found = _found(matches, everyone)
    suggestions = [
        *_without_a_filter(found, filtered, query, labels),
        *_without_a_word(matches, filtered, query, everyone),
    ]
    if not suggestions and len(filtered) > 1 and found:
        everything: Dropped = {"drop": "filters"}
        suggestions = [_suggestion("drop_filters", found.bit_count(), lang, everything)]
    texts = content.coaches()
    unknown = [match.term.text for match in matches if not match.levels]
    return {
        "message": texts["found"]["none"][lang],
        "suggestions": sorted(suggestions, key=lambda each: -each["count"]),
        "unknown": [
            {"word": word, "message": texts["help"]["unknown_word"][lang].format(word=word)}
            for word in unknown
        ],
        "contact": texts["help"]["contact"][lang],
    }


def _without_a_filter(
    found: int, filtered: Mapping[str, int], query: Query, labels: Labels
) -> list[Suggestion]:
    suggestions = []
    for name in filtered:
        others = (mask for other, mask in filtered.items() if other != name)
        count = reduce(and_, others, found).bit_count()
        if count:
            dropped: Dropped = {
                "drop": "filter",
                "filter": name,
                "label": content.coaches()["filters"][name][query.lang],
                "values": ", ".join(labels[name][v][query.lang] for v in query.filters[name]),
            }
            suggestions.append(_suggestion("drop_filter", count, query.lang, dropped))
    return suggestions


def _without_a_word(
    matches: Sequence[Match], filtered: Mapping[str, int], query: Query, everyone: int
) -> list[Suggestion]:
    suggestions = []
    needed = [match for match in matches if not match.term.optional]
    for match in needed if len(needed) > 1 else ():
        others = [other for other in needed if other is not match]
        count = reduce(and_, filtered.values(), _found(others, everyone)).bit_count()
        if count:
            dropped: Dropped = {
                "drop": "word",
                "word": match.term.text,
                "q": query_of([other.term for other in others], query),
            }
            suggestions.append(_suggestion("drop_word", count, query.lang, dropped))
    return suggestions


def query_of(terms: Sequence[Term], query: Query) -> str:
    """Return what to type for these terms, and for what the query leaves out."""
    typed = [term.typed for term in query.terms if term in terms]
    return " ".join([*typed, *(f"-{term.typed}" for term in query.without)])


def _found(matches: Sequence[Match], everyone: int) -> int:
    groups = grouped(matches)
    return all_found(intersect(groups)) if groups else everyone


def _suggestion(
    code: Literal["drop_filter", "drop_filters", "drop_word"],
    count: int,
    lang: Lang,
    dropped: Dropped,
) -> Suggestion:
    message = content.coaches()["help"][code][lang].format(found=found_text(count, lang), **dropped)
    return {**dropped, "count": count, "message": message}


def found_text(count: int, lang: Lang) -> str:
    """Return how many coaches there are, in words."""
    return content.coaches()["found"]["one" if count == 1 else "several"][lang].format(count=count)

"""What a visitor who found nobody is told: which filter or word to leave out."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Literal, NotRequired, TypedDict

from chalicelib import content
from chalicelib.coaches.directory.layout import Labels
from chalicelib.coaches.directory.matching import Match, intersect
from chalicelib.coaches.directory.query import Query
from chalicelib.core.languages import Lang


class Dropped(TypedDict):
    """What to leave out: one `filter` (with its `label` and `values` in words), one `word`,
    or all filters."""

    drop: Literal["filter", "word", "filters"]
    filter: NotRequired[str]
    label: NotRequired[str]
    values: NotRequired[str]
    word: NotRequired[str]


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
    for match in matches if len(matches) > 1 else ():
        rest = _found([other for other in matches if other is not match], everyone)
        count = reduce(and_, filtered.values(), rest).bit_count()
        if count:
            dropped: Dropped = {"drop": "word", "word": match.term.text}
            suggestions.append(_suggestion("drop_word", count, query.lang, dropped))
    return suggestions


def _found(matches: Sequence[Match], everyone: int) -> int:
    levels = [match.levels for match in matches if match.levels or not match.term.optional]
    return reduce(or_, intersect(levels).values(), 0) if levels else everyone


def _suggestion(
    code: Literal["drop_filter", "drop_filters", "drop_word"],
    count: int,
    lang: Lang,
    dropped: Dropped,
) -> Suggestion:
    texts = content.coaches()
    found = texts["found"]["one" if count == 1 else "several"][lang].format(count=count)
    message = texts["help"][code][lang].format(found=found, **dropped)
    return {**dropped, "count": count, "message": message}

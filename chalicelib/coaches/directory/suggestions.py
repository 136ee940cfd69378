"""What to tell a visitor who found nobody: which filter or word to leave out."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from chalicelib.coaches.directory.layout import Labels
from chalicelib.coaches.directory.matching import Match, intersect
from chalicelib.coaches.directory.query import Query
from chalicelib.content import load
from chalicelib.core.languages import Lang


def suggest(
    matches: Sequence[Match], chosen: Mapping[str, int], asked: Query, labels: Labels, everyone: int
) -> dict[str, Any]:
    """Each suggestion says what to drop and how many coaches that gives, the most first."""
    found = _found(matches, everyone)
    unknown = [match.term.typed for match in matches if not match.levels]
    suggestions = [
        *_without_a_filter(found, chosen, asked, labels),
        *_without_a_word(matches, chosen, asked, everyone),
    ]
    if not suggestions and len(chosen) > 1 and found:
        suggestions = [_suggestion("drop_filters", found.bit_count(), asked.lang, drop="filters")]
    text = load("coaches")["help"]
    return {
        "message": load("coaches")["found"]["none"][asked.lang],
        "suggestions": sorted(suggestions, key=lambda each: -int(each["count"])),
        "unknown": [
            {"word": word, "message": text["unknown_word"][asked.lang].format(word=word)}
            for word in unknown
        ],
        "contact": text["contact"][asked.lang],
    }


def _without_a_filter(
    found: int, chosen: Mapping[str, int], asked: Query, labels: Labels
) -> list[dict[str, Any]]:
    suggestions = []
    for name in chosen:
        others = (mask for other, mask in chosen.items() if other != name)
        count = reduce(and_, others, found).bit_count()
        values = ", ".join(labels[name][value][asked.lang] for value in asked.filters[name])
        facts = {"label": load("coaches")["filters"][name][asked.lang], "values": values}
        if count:
            suggestions.append(
                _suggestion("drop_filter", count, asked.lang, drop="filter", filter=name, **facts)
            )
    return suggestions


def _without_a_word(
    matches: Sequence[Match], chosen: Mapping[str, int], asked: Query, everyone: int
) -> list[dict[str, Any]]:
    suggestions = []
    for match in matches if len(matches) > 1 else ():
        rest = _found([other for other in matches if other is not match], everyone)
        count = reduce(and_, chosen.values(), rest).bit_count()
        if count:
            word = match.term.typed
            suggestions.append(_suggestion("drop_word", count, asked.lang, drop="word", word=word))
    return suggestions


def _found(matches: Sequence[Match], everyone: int) -> int:
    levels = [match.levels for match in matches if match.levels or not match.term.optional]
    return reduce(or_, intersect(levels).values(), 0) if levels else everyone


def _suggestion(code: str, count: int, lang: Lang, **facts: Any) -> dict[str, Any]:
    texts = load("coaches")
    found = texts["found"]["one" if count == 1 else "several"][lang].format(count=count)
    message = texts["help"][code][lang].format(found=found, **facts)
    return {**facts, "count": count, "message": message}

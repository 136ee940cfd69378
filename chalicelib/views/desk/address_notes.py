"""What an address asks for that its page leaves aside, in words: a filter that somebody wrote, or
that was cut off in a mail, is never passed over in silence."""

from collections.abc import Callable, Mapping

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.desk.filters import KNOWN, QUERY_MAX_LENGTH, VALUE_MAX_LENGTH, Filters
from chalicelib.views.desk.filter_words import FilterWords
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import Request

Known = Mapping[str, Callable[[str], bool]]
"""By the name of a parameter, whether a page knows a value."""


def left_aside(visit: Visit, known: Known) -> list[str]:
    """Return a sentence for each value of an address that is none, and for each that has another
    one behind it: the last one counts."""
    said = []
    for name, is_known in known.items():
        others, last = _given(visit.request, name)
        if last and not is_known(last):
            said.append(_message("unknown", visit.lang, last))
        elif set(others) - {last}:
            said.append(_message("several", visit.lang, last or "–"))
    return said


def filters_aside(visit: Visit, filters: Filters, words: FilterWords) -> list[str]:
    """Return the same of a list of files, whose filters are followed even where nothing is called
    so: those files may still be there."""
    listed: Known = {name: lambda one: True for name in words.options}
    said = left_aside(visit, {**listed, **KNOWN, "q": lambda one: True})
    for name, value in filters.chosen:
        if name in words.options and value not in dict(words.options[name]):
            said.append(_message("unlisted", visit.lang, value))
    return [*said, *search_cut(visit, QUERY_MAX_LENGTH)]


def search_cut(visit: Visit, limit: int) -> list[str]:
    """Return the sentence about a search that is longer than is searched for; none for others."""
    if len(visit.request.query.get("q", "").strip()) <= limit:
        return []
    return [content.desk()["address"]["cut"][visit.lang].format(limit=limit)]


def _given(request: Request, name: str) -> tuple[list[str], str]:
    *others, last = request.several.get(name) or [request.query.get(name, "")]
    return [one.strip() for one in others], last.strip()


def _message(what: str, lang: Lang, value: str) -> str:
    shown = value if len(value) <= VALUE_MAX_LENGTH else f"{value[:VALUE_MAX_LENGTH]}…"
    return content.desk()["address"][what][lang].format(value=shown)

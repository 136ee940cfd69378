"""The table of what is kept: which row is of which kind, and how long that is, in words."""

from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from importlib import import_module
from typing import TYPE_CHECKING, Final

from chalicelib import content
from chalicelib.core.languages import Lang

if TYPE_CHECKING:
    from chalicelib.content.shapes.people import KeptElsewhere, Period, RetentionRow

DAYS_A_YEAR: Final = 365


def row_of(pk: str, sk: str, kind: str | None) -> "RetentionRow | None":
    """Return the line of the table that a row belongs to; None for a row that has none."""
    for row in content.retention()["rows"]:
        fits = any(fnmatchcase(f"{pk}/{sk}", pattern) for pattern in row["keys"])
        if fits and kind in (None, row.get("kind")):
            return row
    return None


def constant(name: str) -> timedelta | None:
    """Return the period that a constant `module:NAME` holds; None when there is no such one."""
    module, _, attribute = name.partition(":")
    try:
        value: object = getattr(import_module(module), attribute, None)
    except ImportError:
        return None
    if isinstance(value, int):
        return timedelta(seconds=value)
    return value if isinstance(value, timedelta) else None


def period_text(period: "Period | None", lang: Lang) -> str:
    """Return a period in words: `24 months`, `12 to 96 months`; empty without one."""
    if period is None:
        return ""
    if "months_of" in period:
        return _months(_setting(period["months_of"]), lang)
    if "constant" in period:
        found = constant(period["constant"])
        assert found is not None, period
    else:
        found = timedelta(hours=period.get("hours", 0), days=period.get("days", 0))
    return _span(found, lang)


def table(lang: Lang) -> str:
    """Return the table in Markdown: the rows, and what is kept beside them."""
    data = content.retention()
    heads = {
        "en": ("What", "How long", "Ended by", "Turned by"),
        "fr": ("Quoi", "Combien de temps", "Ce qui y met fin", "Réglé par"),
    }[lang]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|"]
    lines += [_line(row, lang) for row in data["rows"]]
    lines += [_line(row, lang) for row in data["elsewhere"]]
    return "\n".join(lines)


def _line(row: "RetentionRow | KeptElsewhere", lang: Lang) -> str:
    length = period_text(row.get("period"), lang)
    since = row["since"][lang]
    kept = f"{length}, {since}" if length else since
    ended = content.retention()["ended_by"][row["ended_by"]][lang]
    return f"| {row['what'][lang]} | {kept} | {ended} | {_turned_by(row)} |"


def _turned_by(row: "RetentionRow | KeptElsewhere") -> str:
    period = row.get("period") or {}
    name = row.get("setting") or row.get("resource") or period.get("constant") or ""
    return f"`{name}`" if name else ""


def _setting(name: str) -> list[int]:
    """Return the months of a setting of the table, one or several, ascending."""
    settings: Iterator[tuple[str, object]] = iter(content.retention().items())
    found = dict(settings)[name]
    if isinstance(found, dict):
        return sorted({int(months) for months in found.values()})
    assert isinstance(found, int)
    return [found]


def _months(months: list[int], lang: Lang) -> str:
    unit = {"en": "months", "fr": "mois"}[lang]
    between = {"en": " to ", "fr": " à "}[lang]
    ends = [months[0]] if len(months) == 1 else [months[0], months[-1]]
    return f"{between.join(map(str, ends))}\u00a0{unit}"


def _span(span: timedelta, lang: Lang) -> str:
    words = {
        "en": {"year": "year", "day": "day", "hour": "hour"},
        "fr": {"year": "an", "day": "jour", "hour": "heure"},
    }[lang]
    hours = int(span.total_seconds()) // 3600
    number, unit = hours, "hour"
    if hours > 48:
        number, unit = hours // 24, "day"
    if number >= 2 * DAYS_A_YEAR and unit == "day":
        number, unit = number // DAYS_A_YEAR, "year"
    return f"{number}\u00a0{words[unit]}{'s' if number > 1 else ''}"

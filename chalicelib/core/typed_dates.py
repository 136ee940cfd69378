"""Dates as people write them in both languages, read in one way; what may be two days is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from chalicelib.core.formatting import MONTHS, unaccented
from chalicelib.core.typed_text import in_plain_signs

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
"""No date that anybody writes on a form is outside these years."""

FURTHEST: Final = timedelta(days=2 * 366)
"""How far ahead a day to come may be: what is further is a slip."""

TYPED_DATE_MAX_LENGTH: Final = 60

_PARTS: Final = re.compile(r"[a-z]+|[0-9]+")
_TYPED: Final = re.compile(r"[a-z0-9 ,./()-]+")
_BESIDE: Final = frozenset(
    [
        "le",
        "the",
        "of",
        "de",
        "du",
        "on",
        "er",
        "st",
        "nd",
        "rd",
        "th",
        "lundi",
        "mardi",
        "mercredi",
        "jeudi",
        "vendredi",
        "samedi",
        "dimanche",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
)
"""Words of a date that say nothing more: « le lundi 1er juin », “the 2nd of June”."""

_MONTH_AND_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})")
_MIN_MONTH_LETTERS: Final = 3


class NotADate(ValueError):
    """A text that is no date: `code` is `date`, `date_year`, `date_ambiguous`, or of a day to
    come `date_past` or `date_far`, and `facts` are what its message says."""

    def __init__(self, code: str = "date", **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class _Parts:
    """What a text holds: its numbers as typed, and its month where it is a word, with how many
    numbers stand before it."""

    numbers: Sequence[str]
    month: int | None


def read_day(text: str, lang: str | None = None) -> date:
    """Return the day that a text names: `2026-09-01`, « 1er septembre 2026 », `31/03/2028`.

    Where day and month could change places, French has the day first; in other languages, and
    where none is known, both are asked for. Raises NotADate.
    """
    parts = _parts(text)
    year, others = _year_and(parts.numbers)
    if parts.month is not None and len(others) == 1:
        return _day(year, parts.month, others[0])
    if parts.month is not None or len(others) != 2:
        raise NotADate
    if len(parts.numbers[0]) == 4:
        return _day(year, *others)
    month, day = _month_and_day(others, lang, year)
    return _day(year, month, day)


def read_day_ahead(
    text: str, today: date, furthest: timedelta = FURTHEST, lang: str | None = None
) -> date:
    """Return the day after today that a text names, not after the furthest one. Raises NotADate."""
    found = read_day(text, lang)
    if found <= today:
        raise NotADate("date_past")
    if found > today + furthest:
        raise NotADate("date_far")
    return found


def read_month(text: str) -> str:
    """Return the month that a text names, as `2026-09`. Raises NotADate."""
    parts = _parts(text)
    year, others = _year_and(parts.numbers)
    if parts.month is not None and not others:
        return f"{year}-{parts.month:02d}"
    if parts.month is None and len(others) == 1 and 1 <= others[0] <= 12:
        return f"{year}-{others[0]:02d}"
    raise NotADate


def read_month_day(text: str, lang: str | None = None) -> str:
    """Return the day of a year that a text names, as `03-31`; a year beside it is left out.
    Raises NotADate."""
    parts = _parts(text)
    if any(len(number) == 4 for number in parts.numbers):
        return f"{read_day(text, lang):%m-%d}"
    numbers = [int(number) for number in parts.numbers]
    if parts.month is not None and len(numbers) == 1:
        month, day = parts.month, numbers[0]
    elif parts.month is None and len(numbers) == 2:
        as_kept = _MONTH_AND_DAY.fullmatch(in_plain_signs(text))
        if as_kept and numbers[0] <= 12:
            month, day = numbers
        else:
            month, day = _month_and_day(numbers, lang, None)
    else:
        raise NotADate
    # A leap year: the fiscal year of somebody ends on February 29.
    return f"{_day(2000, month, day):%m-%d}"


def _parts(text: str) -> _Parts:
    if len(text) > TYPED_DATE_MAX_LENGTH:
        raise NotADate
    plain = unaccented(in_plain_signs(text)).strip(".,")
    if not _TYPED.fullmatch(plain):
        raise NotADate
    words = [part for part in _PARTS.findall(plain) if part not in _BESIDE]
    numbers = [part for part in words if part.isdigit()]
    months = [part for part in words if not part.isdigit()]
    if len(months) > 1 or any(len(number) not in (1, 2, 4) for number in numbers):
        raise NotADate
    month = _months().get(months[0]) if months else None
    if months and month is None:
        raise NotADate
    return _Parts(numbers, month)


def _year_and(numbers: Sequence[str]) -> tuple[int, list[int]]:
    """Return the one number of four digits, and the others in their order."""
    years = [number for number in numbers if len(number) == 4]
    if len(years) != 1 or numbers.index(years[0]) not in (0, len(numbers) - 1):
        raise NotADate
    year = int(years[0])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotADate("date_year", first=str(FIRST_YEAR), last=str(LAST_YEAR))
    return year, [int(number) for number in numbers if len(number) != 4]


def _month_and_day(numbers: Sequence[int], lang: str | None, year: int | None) -> tuple[int, int]:
    """Return month and day of two numbers whose order nobody said."""
    first, second = numbers
    if first > 12:
        return second, first
    if second > 12 or first == second:
        return first, second
    if not (first and second):
        raise NotADate
    if lang == "fr":
        return second, first
    kind, start = ("day", f"{year}-") if year else ("day_of_year", "")
    raise NotADate(
        "date_ambiguous",
        one={kind: f"{start}{first:02d}-{second:02d}"},
        other={kind: f"{start}{second:02d}-{first:02d}"},
    )


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate from None


@cache
def _months() -> dict[str, int]:
    """Return the months by their names and what abbreviates them in either language."""
    found: dict[str, set[int]] = {}
    for names in MONTHS.values():
        for number, name in enumerate(map(unaccented, names), start=1):
            for end in range(_MIN_MONTH_LETTERS, len(name) + 1):
                found.setdefault(name[:end], set()).add(number)
    return {start: months.pop() for start, months in found.items() if len(months) == 1}

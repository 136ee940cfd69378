"""Days and moments as people write them, for every option that takes one."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import typer

from chalicelib.core import eastern_time

FURTHEST: Final = timedelta(days=2 * 366)
"""How far ahead a day may be: what is further is a slip."""

_HOW: Final = "write it as 2026-08-03, 3 août 2026 or Aug 3 2026"
_MONTHS: Final = (
    ("janvier", "january"), ("fevrier", "february"), ("mars", "march"), ("avril", "april"),
    ("mai", "may"), ("juin", "june"), ("juillet", "july"), ("aout", "august"),
    ("septembre", "september"), ("octobre", "october"), ("novembre", "november"),
    ("decembre", "december"),
)  # fmt: skip
_ISO: Final = re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})")
_NUMBERS: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_DAY_FIRST: Final = re.compile(
    r"(?P<day>\d{1,2})(?:er|st|nd|rd|th)? (?P<name>[a-z]{3,})\.?,? (?P<year>\d{4})"
)
_MONTH_FIRST: Final = re.compile(
    r"(?P<name>[a-z]{3,})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})"
)
_HOUR: Final = re.compile(
    r"(?P<date>.+?)(?:t|,| a| at)?\s*(?P<hour>\d{1,2})\s*[:h]\s*(?P<minute>\d{2})?(?:\s*(?P<half>[ap])\.?m\.?)?"
)


def day_ahead(text: str, now: datetime) -> date:
    """Return a day after today, in Eastern Time. Raises a usage error that shows how."""
    found, today = _day(text), eastern_time.today(now)
    if found <= today:
        raise typer.BadParameter(f"{text!r} is not after today, {today}")
    if found > today + FURTHEST:
        raise typer.BadParameter(f"{text!r} is more than two years away")
    return found


def moment_ahead(text: str, now: datetime) -> datetime:
    """Return a moment to come, in UTC; without an offset it is read in Eastern Time.

    Raises a usage error for a moment that is past, far away, or that the clocks leave out or
    show twice.
    """
    found = _moment(text)
    if found <= now:
        raise typer.BadParameter(f"{text!r} is past; leave the option out for now")
    if found > now + FURTHEST:
        raise typer.BadParameter(f"{text!r} is more than two years away")
    return found


def _moment(text: str) -> datetime:
    plain = " ".join(text.split())
    try:
        given = datetime.fromisoformat(plain)
    except ValueError:
        given = None
    if given is not None and given.tzinfo:
        return given.astimezone(UTC)
    found = _HOUR.fullmatch(_plain(plain))
    if not found:
        raise typer.BadParameter(f"{text!r} has no hour: add one, as 2026-08-03 09:00")
    try:
        hour = _time(int(found["hour"]), int(found["minute"] or 0), found["half"])
    except ValueError:
        raise typer.BadParameter(f"{text!r} has an hour that no clock shows") from None
    here = datetime.combine(_day(found["date"]), hour, eastern_time.zone())
    there = here.astimezone(UTC)
    if there.astimezone(eastern_time.zone()).replace(tzinfo=None) != here.replace(tzinfo=None):
        raise typer.BadParameter(f"{text!r} does not exist: the clocks skip that hour")
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        raise typer.BadParameter(f"{text!r} comes twice that night: choose another hour")
    return there


def _time(hour: int, minute: int, half: str | None) -> time:
    if half is None:
        return time(hour, minute)
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return time(hour % 12 + (12 if half == "p" else 0), minute)


def _day(text: str) -> date:
    plain = _plain(text)
    if numbers := _NUMBERS.fullmatch(plain):
        first, second, year = map(int, numbers.groups())
        return _of_numbers(text, first, second, year)
    found = _ISO.fullmatch(plain) or _DAY_FIRST.fullmatch(plain) or _MONTH_FIRST.fullmatch(plain)
    if not found:
        raise typer.BadParameter(f"{text!r} is not a day: {_HOW}")
    parts = found.groupdict()
    month = int(parts["month"]) if "month" in parts else _month(parts["name"])
    try:
        return date(int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is in no calendar: {_HOW}") from None


def _plain(text: str) -> str:
    """Return a text in small letters without accents, with single spaces."""
    letters = unicodedata.normalize("NFKD", " ".join(text.casefold().split()))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _month(name: str) -> int:
    """Return the number of a month called by its name, or its beginning; 0 for no month."""
    called = [
        number
        for number, names in enumerate(_MONTHS, 1)
        if any(one.startswith(name) or (name == "sept" and number == 9) for one in names)
    ]
    return called[0] if len(called) == 1 else 0


def _of_numbers(text: str, first: int, second: int, year: int) -> date:
    """Return a day written in numbers, unless they can be read in two orders."""
    readings = set()
    for day, month in ((first, second), (second, first)):
        try:
            readings.add(date(year, month, day))
        except ValueError:
            continue
    if not readings:
        raise typer.BadParameter(f"{text!r} is in no calendar: {_HOW}")
    if len(readings) > 1:
        either = " or ".join(sorted(map(str, readings)))
        raise typer.BadParameter(f"{text!r} can be read in two ways: write {either}")
    return readings.pop()

"""Days and moments as people write them, for every option that takes one."""

import re
from datetime import UTC, date, datetime, time
from typing import Final

import typer

from chalicelib.core import eastern_time
from chalicelib.core.formatting import unaccented
from chalicelib.core.typed_dates import FURTHEST, NotADate, read_day, read_day_ahead

_HOW: Final = "write it as 2026-08-03, 3 août 2026 or Aug 3 2026"
_HOUR: Final = re.compile(
    r"(?P<date>.+?)(?:t|,| a| at)?\s*(?P<hour>\d{1,2})\s*[:h]\s*(?P<minute>\d{2})?(?:\s*(?P<half>[ap])\.?m\.?)?"
)


def day_ahead(text: str, now: datetime) -> date:
    """Return a day after today, in Eastern Time. Raises a usage error that shows how."""
    today = eastern_time.today(now)
    try:
        return read_day_ahead(text, today)
    except NotADate as wrong:
        raise typer.BadParameter(f"{text!r} {_why(wrong, today)}") from None


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


def moment_past(text: str, now: datetime) -> datetime:
    """Return a moment that is over, in UTC; without an offset it is read in Eastern Time.

    Raises a usage error for one that is to come.
    """
    found = _moment(text)
    if found >= now:
        raise typer.BadParameter(f"{text!r} lies ahead: write a moment that is over")
    return found


def _moment(text: str) -> datetime:
    plain = " ".join(text.split())
    try:
        given = datetime.fromisoformat(plain)
    except ValueError:
        given = None
    if given is not None and given.tzinfo:
        return given.astimezone(UTC)
    found = _HOUR.fullmatch(unaccented(plain))
    if not found:
        raise typer.BadParameter(f"{text!r} has no hour: add one, as 2026-08-03 09:00")
    try:
        hour = _time(int(found["hour"]), int(found["minute"] or 0), found["half"])
    except ValueError:
        raise typer.BadParameter(f"{text!r} has an hour that no clock shows") from None
    here = datetime.combine(any_day(found["date"]), hour, eastern_time.zone())
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


def any_day(text: str) -> date:
    """Return the day that a text names. Raises a usage error that shows how to write one."""
    try:
        return read_day(text)
    except NotADate as wrong:
        raise typer.BadParameter(f"{text!r} {_why(wrong)}") from None


def _why(wrong: NotADate, today: date | None = None) -> str:
    match wrong.code:
        case "date_ambiguous":
            days = re.findall(r"\d{4}-\d\d-\d\d", str(wrong.facts))
            return f"can be read in two ways: write {' or '.join(sorted(days))}"
        case "date_year":
            return f"is not a day between {wrong.facts['first']} and {wrong.facts['last']}"
        case "date_past":
            return f"is not after today, {today}"
        case "date_far":
            return "is more than two years away"
        case _:
            return f"is not a day: {_HOW}"

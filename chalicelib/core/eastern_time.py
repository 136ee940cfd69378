"""The time zone of the programme, America/Toronto."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone() -> ZoneInfo:
    return ZoneInfo("America/Toronto")


def local(moment: datetime) -> datetime:
    """Return the same moment in Eastern time; `moment` needs a time zone."""
    return moment.astimezone(zone())


def today(moment: datetime) -> date:
    """Return the date in Eastern time at that moment."""
    return local(moment).date()


def month(moment: datetime) -> str:
    """Return the month in Eastern time at that moment, as `2026-11`."""
    return f"{today(moment):%Y-%m}"

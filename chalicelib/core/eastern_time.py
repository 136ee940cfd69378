"""The clock on the programme's wall: America/Toronto."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone() -> ZoneInfo:
    return ZoneInfo("America/Toronto")


def local(moment: datetime) -> datetime:
    return moment.astimezone(zone())


def today(moment: datetime) -> date:
    return local(moment).date()

"""Business days and quiet hours, on the programme's wall clock."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

from chalicelib.content import load
from chalicelib.core import eastern_time

DAY: Final = timedelta(days=1)


@cache
def _holidays() -> frozenset[str]:
    return frozenset(load("holidays"))


@cache
def _weekday_holidays() -> list[date]:
    days = (date.fromisoformat(day) for day in load("holidays"))
    return sorted(day for day in days if day.weekday() < 5)


def is_holiday(day: date) -> bool:
    """A day off of the federal government or of Québec."""
    return day.isoformat() in _holidays()


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and not is_holiday(day)


def after_business_days(day: date, count: int) -> date:
    """The `count`th business day after `day`; `day` itself when it is 0."""
    while count:
        day += DAY
        count -= is_business_day(day)
    return day


def business_days_between(start: date, end: date) -> int:
    """How many business days come after `start`, up to `end`; 0 when `end` is earlier."""
    if end <= start:
        return 0
    weeks, rest = divmod((end - start).days, 7)
    weekdays = weeks * 5 + sum((start + DAY * n).weekday() < 5 for n in range(1, rest + 1))
    off = _weekday_holidays()
    return weekdays - (bisect_left(off, end + DAY) - bisect_left(off, start + DAY))


def after_months(day: date, count: int) -> date:
    """The same day of a later month, or its last one: January 31 + 1 is February 28 or 29."""
    years, month = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, month + 1
    length = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(day.day, length))


def at(day: date, when: time) -> datetime:
    """That time on the wall, in UTC: an hour earlier or later with the season."""
    return datetime.combine(day, when, tzinfo=eastern_time.zone()).astimezone(UTC)


@dataclass(frozen=True)
class QuietHours:
    """The hours in which no letter wakes anybody, and holidays; `None` when there are none."""

    evening: int = 20
    morning: int = 8

    @classmethod
    def of(cls, text: str) -> "QuietHours | None":
        """`20-8`, or `off`."""
        evening, _, morning = text.partition("-")
        return None if text == "off" else cls(int(evening), int(morning))

    def holds(self, moment: datetime) -> bool:
        there = eastern_time.local(moment)
        return not self.morning <= there.hour < self.evening or is_holiday(there.date())

    def over(self, moment: datetime) -> datetime:
        """The moment itself, or the next morning that is not a holiday's."""
        if not self.holds(moment):
            return moment
        there = eastern_time.local(moment)
        day = there.date() + (DAY if there.hour >= self.morning else DAY * 0)
        while is_holiday(day):
            day += DAY
        return at(day, time(self.morning))

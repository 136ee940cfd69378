"""Count business days, and keep letters out of quiet hours, in Eastern time."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple

from chalicelib import content
from chalicelib.core import eastern_time

DAY: Final = timedelta(days=1)


@cache
def _holidays() -> frozenset[str]:
    return frozenset(content.holidays())


@cache
def _weekday_holidays() -> list[date]:
    days = (date.fromisoformat(day) for day in content.holidays())
    return sorted(day for day in days if day.weekday() < 5)


def is_holiday(day: date) -> bool:
    """Return whether the federal government or Québec has the day off."""
    return day.isoformat() in _holidays()


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and not is_holiday(day)


@lru_cache(maxsize=1024)
def after_business_days(day: date, count: int) -> date:
    """Return the `count`th business day after `day`; `day` itself if `count` is 0."""
    while count:
        day += DAY
        count -= is_business_day(day)
    return day


def business_days_between(start: date, end: date) -> int:
    """Count the business days after `start`, up to and with `end`; 0 if `end` is earlier."""
    if end <= start:
        return 0
    weeks, rest = divmod((end - start).days, 7)
    weekdays = weeks * 5 + sum((start + DAY * n).weekday() < 5 for n in range(1, rest + 1))
    off = _weekday_holidays()
    return weekdays - (bisect_left(off, end + DAY) - bisect_left(off, start + DAY))


def after_months(day: date, count: int) -> date:
    """Return the same day `count` months later, or the last of that month if it is shorter."""
    years, month = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, month + 1
    length = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(day.day, length))


def at_eastern_time(day: date, when: time) -> datetime:
    """Return the moment, in UTC, when clocks in the Eastern zone show that date and time."""
    return datetime.combine(day, when, tzinfo=eastern_time.zone()).astimezone(UTC)


def next_morning(now: datetime) -> datetime:
    """Return when the next morning's letters leave: half past eight of a business day."""
    day, hour = eastern_time.today(now), time.fromisoformat(content.clocks()["digest"])
    while not is_business_day(day) or at_eastern_time(day, hour) <= now:
        day += DAY
    return at_eastern_time(day, hour)


class QuietHours(NamedTuple):
    """The hours of the evening and night, and the holidays, in which no letter leaves.

    They begin at `evening` and end at `morning`: whole hours from 0 to 23, Eastern time.
    """

    evening: int = 20
    morning: int = 8

    @classmethod
    def parse(cls, text: str) -> "QuietHours | None":
        """Read the setting, `20-8` or `off`; return None for `off`."""
        evening, _, morning = text.partition("-")
        return None if text == "off" else cls(int(evening), int(morning))

    def contains(self, moment: datetime) -> bool:
        there = eastern_time.local(moment)
        return not self.morning <= there.hour < self.evening or is_holiday(there.date())

    def first_open(self, moment: datetime) -> datetime:
        """Return the moment itself, or the next morning that is not on a holiday."""
        if not self.contains(moment):
            return moment
        there = eastern_time.local(moment)
        day = there.date() + (DAY if there.hour >= self.morning else DAY * 0)
        while is_holiday(day):
            day += DAY
        return at_eastern_time(day, time(self.morning))

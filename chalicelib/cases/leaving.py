"""When the letter of a decision leaves: once its undo is over, or when whoever decides says, today."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from chalicelib.core import eastern_time
from chalicelib.core.business_days import QuietHours, at_eastern_time

WITHIN_THE_HOUR: Final = "hour"
"""What a form says for a letter that leaves an hour after its decision."""

CHOSEN_FORMAT: Final = "%Y-%m-%dT%H:%M"
"""How a form says a moment, Eastern time: with its day, so that a page of yesterday chooses none
of today."""

HOURS: Final = range(24)


@dataclass(frozen=True)
class LeavingTimes:
    """When letters of decisions may leave: `undo` after them, and by day."""

    undo: timedelta = timedelta()
    quiet: QuietHours | None = None

    def at(self, chosen: str, now: datetime) -> datetime | None:
        """Return when the letter of a decision made now leaves, and until when it can be undone;
        None for a choice that is none, is over, is of another day, or lies in the evening or on
        a holiday. One for which nothing is chosen waits for the morning there by itself."""
        if not chosen:
            return now + self.undo
        moment = now + timedelta(hours=1) if chosen == WITHIN_THE_HOUR else _read(chosen)
        if moment is None or moment <= now or self.by_day(moment) != moment:
            return None
        is_today = eastern_time.today(moment) == eastern_time.today(now)
        return moment if is_today or moment == self.morning(now) else None

    def hours(self, now: datetime) -> Iterator[datetime]:
        """Return the full hours of today that a letter can still wait for."""
        today = eastern_time.today(now)
        for hour in HOURS:
            moment = at_eastern_time(today, time(hour))
            if moment > now + self.undo and self.by_day(moment) == moment:
                yield moment

    def morning(self, now: datetime) -> datetime | None:
        """Return the morning for which the letter of a decision made now waits anyway, if any."""
        usual = now + self.undo
        return self.by_day(usual) if self.by_day(usual) != usual else None

    def by_day(self, moment: datetime) -> datetime:
        """Return the moment itself, or the morning for which a letter of that moment waits."""
        return self.quiet.first_open(moment) if self.quiet else moment


def _read(chosen: str) -> datetime | None:
    try:
        there = datetime.strptime(chosen, CHOSEN_FORMAT)
    except ValueError:
        return None
    return at_eastern_time(there.date(), there.time())

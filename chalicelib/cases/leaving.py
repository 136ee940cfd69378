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
        """Return when the letter of a decision made now leaves; None for a choice that is none,
        is over, is of another day, or lies in the evening or on a holiday."""
        if chosen == WITHIN_THE_HOUR:
            return self.by_day(now + timedelta(hours=1))
        if not chosen:
            return self.by_day(now + self.undo) if self.undo else now
        try:
            there = datetime.strptime(chosen, CHOSEN_FORMAT)
        except ValueError:
            return None
        moment = at_eastern_time(there.date(), there.time())
        is_open = self.by_day(moment) == moment
        is_ahead = moment > now and there.date() == eastern_time.today(now)
        return moment if is_open and is_ahead else None

    def hours(self, now: datetime) -> Iterator[datetime]:
        """Return the full hours of today that a letter can still wait for."""
        today = eastern_time.today(now)
        for hour in HOURS:
            moment = at_eastern_time(today, time(hour))
            if moment > now + self.undo and self.by_day(moment) == moment:
                yield moment

    def by_day(self, moment: datetime) -> datetime:
        """Return the moment itself, or the morning for which a letter of that moment waits."""
        return self.quiet.first_open(moment) if self.quiet else moment

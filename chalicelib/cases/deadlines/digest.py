"""The daily letter to each member of the staff: at half past eight on business days."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.cases.deadlines.agenda import Agenda
from chalicelib.cases.staff import Roster
from chalicelib.core import business_days, eastern_time
from chalicelib.core.business_days import QuietHours, next_morning
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Item, Key, Now, Put, Store
from chalicelib.core.records import stamp
from chalicelib.core.standing_clock import StandingClock

DIGEST_KEY: Final[Key] = ("MORNING", "CLOCK#DIGEST")
DIGEST_RETENTION: Final = timedelta(days=90)


class Digest:
    def __init__(self, store: Store, roster: Roster, now: Now, quiet: QuietHours | None) -> None:
        self._store = store
        self._clock = StandingClock(store, DIGEST_KEY)
        self._agenda = Agenda(store, roster)
        self._now = now
        self._quiet = quiet

    def ensure_scheduled(self) -> None:
        """Put the row of the next digest in the store if none is there; ask once a cold start."""
        self._clock.ensure_scheduled(lambda: next_morning(self._now()))

    def fire(self, row: Item) -> str:
        """Owe today's letters and wait for the next morning, in one transaction.

        A morning that was missed is not made up for at night: the next letter tells all.
        """
        now = self._now()
        today = eastern_time.today(now)
        change = self._clock.moved(row, next_morning(now))
        quiet = self._quiet is not None and self._quiet.contains(now)
        letters = []
        if business_days.is_business_day(today) and not quiet:
            letters = self._letters(now)
        try:
            self._store.commit([change, *letters])
        except Conflict:
            return "taken"
        return "digest" if letters else "quiet"

    def _letters(self, now: datetime) -> list[Put]:
        today = eastern_time.today(now)
        puts = []
        for reader, day in self._agenda.of(today).items():
            if day.calls:
                owed = letter(
                    f"MORNING#{today}", 1, "staff_digest",
                    to=reader, due=stamp(now), facts=day.facts(), by_day=True,
                )  # fmt: skip
                owed["expires"] = int((now + DIGEST_RETENTION).timestamp())
                puts.append(Put(owed))
        return puts

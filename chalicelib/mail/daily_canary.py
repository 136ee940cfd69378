"""A canary each day: it tells that letters do not arrive before a person does.

The row of its clock is always there, and moves on by the sweep, in one transaction with the canary
itself: released, looked for, and taken away, whatever became of it. Nothing is reported of a canary
while something keeps letters: that has an alarm of its own, and the canary flies an hour later.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

from chalicelib.core import log_lines
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import DAILY_CANARY
from chalicelib.core.ports import Delete, Item, Key, Now, Store
from chalicelib.core.records import moment, stamp
from chalicelib.core.standing_clock import StandingClock
from chalicelib.mail.canary import Canary
from chalicelib.mail.holds import NOTHING, MailHolds

log = logging.getLogger("relais.mail.daily_canary")

CLOCK_KEY: Final[Key] = (DAILY_CANARY, "CLOCK")

EVERY: Final = timedelta(days=1)

LOOK_AFTER: Final = timedelta(minutes=2)
"""A canary is looked for so long after it was released, and as often until it is back."""

PATIENCE: Final = timedelta(minutes=15)
"""How long a letter may take: SES may have been asked too fast, or report late."""

AGAIN_AFTER: Final = timedelta(hours=1)
"""After one that was lost, or could not fly, the next one flies so soon: the alarm ends within an
hour of the mend."""


@dataclass
class DailyCanary:
    store: Store
    now: Now
    is_on: bool

    @cached_property
    def clock(self) -> StandingClock:
        return StandingClock(self.store, CLOCK_KEY)

    def ensure_scheduled(self) -> None:
        """Put the row of its clock in the store if none is there; ask once a cold start."""
        if self.is_on:
            self.clock.ensure_scheduled(self.now)

    def fire(self, key: Key) -> str:
        """Go on with the canary whose clock is due, and return what was done."""
        row = self.store.get(*key)
        if row is None or row["due_at"] > stamp(self.now()):
            return "later"
        try:
            if not self.is_on:
                return self._stop(row)
            return self._look(row) if "released_at" in row else self._release(row)
        except Conflict:
            return "taken"

    def _stop(self, row: Item) -> str:
        log_lines.count("canary-lost", 0)
        end = Delete(CLOCK_KEY, expect={"due_at": row["due_at"]})
        self.store.commit([end, *self._removed(row)])
        return "off"

    def _release(self, row: Item) -> str:
        if self._is_held():
            return self._fly_again(row, AGAIN_AFTER, "held")
        now = self.now()
        moved = self.clock.moved(row, now + LOOK_AFTER)
        begun = moved._replace(set={**moved.set, "released_at": stamp(now)})
        self.store.commit([begun, *self._canary(stamp(now)).written()])
        return "released"

    def _look(self, row: Item) -> str:
        now, flight = self.now(), self._canary(row["released_at"]).flight()
        flown = now - moment(row["released_at"])
        if flight.status == "delivered" and not flight.is_late:
            log_lines.count("canary-lost", 0)
            return self._fly_again(row, EVERY - flown % EVERY, "back")
        if flight.status == "gone":
            return self._fly_again(row, AGAIN_AFTER, "gone")
        if flight.is_under_way:
            if flown < PATIENCE:
                self.store.commit([self.clock.moved(row, now + LOOK_AFTER)])
                return "flies"
            if self._is_held():
                return self._fly_again(row, AGAIN_AFTER, "held")
        log_lines.count("canary-lost", 1)
        log.warning("the canary is lost: %s by %s %s", flight.status, flight.by, flight.why)
        return self._fly_again(row, AGAIN_AFTER, "lost")

    def _is_held(self) -> bool:
        return MailHolds(self.store, self.now).read() != NOTHING

    def _fly_again(self, row: Item, after: timedelta, outcome: str) -> str:
        """Take the canary away, and have the next one fly later."""
        moved = self.clock.moved(row, self.now() + after)
        landed = moved._replace(remove=("released_at",))
        self.store.commit([landed, *self._removed(row)])
        return outcome

    def _removed(self, row: Item) -> list[Delete]:
        """Return what takes away the canary that the clock released, if one flies."""
        return self._canary(row["released_at"]).removed() if "released_at" in row else []

    def _canary(self, released_at: str) -> Canary:
        return Canary(self.store, self.now, "DAILY", f"{moment(released_at):%Y%m%d%H%M%S}")

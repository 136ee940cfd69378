"""How letters fare over a day, for the whole account: what comes back pauses them before SES would.

Each outcome that SES reports is counted in the transaction that settles the letter. A pause by
itself holds letters to addresses that nobody has proved, the only ones that strangers can set off;
an operator may hold all. What is held stays owed.
"""

import logging
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store
from chalicelib.core.records import moment, stamp
from chalicelib.mail import alerts

log = logging.getLogger("relais.mail.reputation")

Fate = Literal["delivered", "bounced", "complained"]
"""What became of a letter; a mailbox that is full for a while is no bounce."""

FATES: Final[tuple[Fate, ...]] = ("delivered", "bounced", "complained")

Scope = Literal["unproved", "all"]
"""Which letters are held: those to addresses that nobody has proved, or all but the alerts."""

BOUNCE_SHARE: Final = 0.04
COMPLAINT_SHARE: Final = 0.0008
"""Shares of what was sent. SES reviews an account at 5 % and 0.1 %."""

MIN_BOUNCES_PER_DAY: Final = 20
MIN_COMPLAINTS_PER_DAY: Final = 3
"""Fewer in a day say nothing, whatever their share: people mistype their address."""

WINDOW: Final = timedelta(hours=24)
COUNT_RETENTION: Final = timedelta(hours=48)
COUNT_SHARDS: Final = 4
"""The count of an hour is split, so that reports that come together seldom collide."""

PK: Final = "LETTERS"
PAUSE_KEY: Final[Key] = (PK, "PAUSE")


@dataclass(frozen=True)
class MailPause:
    """Letters are held since `at`. `by` is who wants it so: an operator, or Relais itself."""

    scope: Scope
    by: str
    at: str


@dataclass(frozen=True)
class Reputation:
    store: Store
    now: Now

    def counted(self, fate: Fate, letter: Key) -> Change:
        """Return the write that counts what became of a letter, for the transaction of that."""
        now = self.now()
        shard = zlib.crc32("#".join(letter).encode()) % COUNT_SHARDS
        return Change(
            (PK, f"{_hour(now)}#{shard}"),
            add={fate: 1},
            set={"kind": "mail_count", "expires": int((now + COUNT_RETENTION).timestamp())},
        )

    def sums(self) -> Counter[str]:
        """Return what became of the letters of a day, or of those since the last pause ended."""
        now, ended = self.now(), self._row()
        resumed = ended.get("resumed_at")
        first = _hour(max(now - WINDOW, moment(resumed)) if resumed else now - WINDOW)
        found: Counter[str] = Counter()
        for row in self.store.rows(PK, "HOUR#"):
            if row["sk"] >= first:
                found.update({name: row.get(name, 0) for name in FATES})
        if resumed and first == _hour(moment(resumed)):
            # Whoever resumes has decided about what was: only what comes after it counts.
            found.subtract(ended["before"])
        return found

    def check(self) -> bool:
        """Pause letters to unproved addresses when too many come back, and tell the admins."""
        sums = self.sums()
        sent = sums["delivered"] + sums["bounced"]
        bounced = sums["bounced"] >= max(MIN_BOUNCES_PER_DAY, BOUNCE_SHARE * sent)
        complained = sums["complained"] >= max(MIN_COMPLAINTS_PER_DAY, COMPLAINT_SHARE * sent)
        if not (bounced or complained):
            return False
        now = self.now()
        # Numbered by the second: the same may come again after a resume, on the same day.
        alert = alerts.alert_letter(alerts.BAD_MAIL, now, int(now.timestamp()))
        try:
            self.store.commit([self._pausing("unproved", "Relais", {}), Put(alert)])
        except Conflict:
            return False
        log.error("letters to unproved addresses are paused: %s", dict(sums))
        return True

    def pause(self, scope: Scope, by: str) -> None:
        """Hold letters from now on, more or fewer than before. Raises Conflict."""
        self.store.commit([self._pausing(scope, by, self._row())])

    def resume(self, by: str) -> bool:
        """Let all letters go on; return whether any were held. Raises Conflict."""
        row, now = self._row(), self.now()
        if "scope" not in row:
            return False
        before: Counter[str] = Counter()
        for counts in self.store.rows(PK, _hour(now)):
            before.update({name: counts.get(name, 0) for name in FATES})
        ended = {"resumed_at": stamp(now), "resumed_by": by, "before": dict(before)}
        expect = {"scope": row["scope"], "at": row["at"]}
        self.store.commit([Change(PAUSE_KEY, expect, set=ended, remove=("scope", "by", "at"))])
        return True

    def standing(self) -> MailPause | None:
        """Return the pause that holds letters now, if any."""
        return pause_of(self._row())

    def _row(self) -> Item:
        return self.store.get(*PAUSE_KEY) or {}

    def _pausing(self, scope: Scope, by: str, row: Item) -> Change:
        """Return the write that holds letters where `row` was met."""
        held = {"kind": "pause", "scope": scope, "by": by, "at": stamp(self.now())}
        if "scope" in row:
            return Change(PAUSE_KEY, {"scope": row["scope"], "at": row["at"]}, set=held)
        return Change(PAUSE_KEY, absent=("scope",), set=held)


def pause_of(row: Item) -> MailPause | None:
    """Return the pause that a row of `PAUSE_KEY` holds."""
    return MailPause(row["scope"], row["by"], row["at"]) if "scope" in row else None


def _hour(at: datetime) -> str:
    return f"HOUR#{at:%Y%m%d%H}"

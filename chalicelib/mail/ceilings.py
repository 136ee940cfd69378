"""Ceilings on letters: to mailboxes that nobody has proved, and to one member of staff.

A letter beyond a ceiling is delayed and stays owed. What would be too much for one member of
staff is listed by one digest at the end of the hour.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import is_canary, letter, unchanged
from chalicelib.core.ports import Change, Item, Put
from chalicelib.core.records import stamp
from chalicelib.mail import alerts
from chalicelib.mail.letters import LETTERS, is_unproved
from chalicelib.mail.reputation import MailPause

ALL_LETTERS: Final = "all_unproved_letters"
"""The limit of the whole account."""

LETTERS_PAUSED: Final = "letters are paused"
"""Why a letter waits that a pause holds."""

DIGEST: Final = "staff_digest"
DIGEST_RETENTION: Final = timedelta(days=90)

MAX_WAIT_HOURS: Final = 8
"""A letter that meets the account's ceiling again waits longer each time, at most about so long."""

SPREAD_SECONDS: Final = 20 * 60
"""Delayed letters come back one after the other within this time."""


@dataclass(frozen=True)
class Ceilings:
    """Counts letters as they leave: the counters are part of the claim's transaction."""

    people_key: bytes
    unproved_per_hour: int
    staff_per_hour: int

    def counters(self, row: Item, address: str, now: datetime) -> list[Change]:
        """Return the writes that count this letter; none for one that no stranger can set off, or
        that was counted when it was tried before."""
        if row["attempts"] or "sent_by" in row or is_canary(row["pk"]):
            return []
        if is_unproved(row):
            account = rate_limit.counters(ALL_LETTERS, "all", now, per_hour=self.unproved_per_hour)
            if LETTERS[row["letter"]].once_an_hour:
                return account
            mailbox = rate_limit.of_mailbox(address, self.people_key)
            return [*rate_limit.counters("unproved_letters", mailbox, now), *account]
        registered = LETTERS[row["letter"]]
        if registered.digested or registered.spaced:
            return rate_limit.counters(
                "staff_letters", row["to"], now, per_hour=self.staff_per_hour
            )
        return []

    def beyond(
        self, row: Item, conflict: Conflict, counters: Sequence[Change], now: datetime
    ) -> "Beyond":
        """Return what is written in place of a letter that met a ceiling."""
        met = [counter for counter in counters if conflict.met(counter.key) is not None]
        if LETTERS[row["letter"]].digested:
            return _digested(row, now)
        is_account = all(ALL_LETTERS in counter.key[0] for counter in met)
        end = rate_limit.window_end(rate_limit.full_window(conflict, met), now)
        delays = row.get("delays", 0)
        # Whoever meets the account's ceiling again comes back within more hours, not all in one of
        # them: what may leave in each hour leaves.
        hours = min(2**delays, MAX_WAIT_HOURS) if is_account else 1
        within = SPREAD_SECONDS + (hours - 1) * 3600
        due = end + timedelta(
            seconds=zlib.crc32(f"{row['pk']}{row['sk']}{delays}".encode()) % within
        )
        change = Change(
            (row["pk"], row["sk"]),
            expect=unchanged(row),
            set={"due_at": stamp(due), "why": "ceiling", "delays": delays + 1},
        )
        return Beyond("delayed", change, incident=alerts.MANY_LETTERS if is_account else "")


@dataclass(frozen=True)
class Beyond:
    """A letter that met a ceiling: what becomes of its row, the digest that lists what it was
    about, and the kind of incident that the admins are told of once a day."""

    outcome: Literal["delayed", "dropped"]
    change: Change
    digest: tuple[Put, ...] = ()
    incident: str = ""


def is_paused(row: Item, pause: MailPause | None) -> bool:
    """Tell whether a pause holds a letter; what tells the admins of it is never held."""
    if pause is None or row["letter"] == alerts.LETTER:
        return False
    return pause.scope == "all" or is_unproved(row)


def _digested(row: Item, now: datetime) -> Beyond:
    """Leave a letter to the one digest that its reader gets when the hour is over."""
    end = rate_limit.window_end("hour", now)
    change = Change(
        (row["pk"], row["sk"]),
        expect=unchanged(row),
        set={"status": "dropped", "why": "listed by a digest", "dropped_at": stamp(now)},
        remove=("due_shard", "due_at"),
    )
    digest = letter(
        f"MORNING#{now:%Y-%m-%d-%H}", 1, DIGEST, to=row["to"], due=stamp(end),
        facts={"flooded": True}, by_day=True,
    )  # fmt: skip
    digest["expires"] = int((now + DIGEST_RETENTION).timestamp())
    return Beyond("dropped", change, (Put(digest),))

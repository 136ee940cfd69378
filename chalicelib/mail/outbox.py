"""Letters owed: deliver one, sweep those that are due."""

import json
import logging
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from chalicelib.cases.staff import Roster, Staff
from chalicelib.core import eastern_time
from chalicelib.core.business_days import QuietHours
from chalicelib.core.errors import (
    Conflict,
    DeliveryFailed,
    NotYet,
    OutcomeUnknown,
    Overtaken,
    RelaisError,
)
from chalicelib.core.letter_row import ADMINS, ALL_STAFF, letter, tag_of
from chalicelib.core.ports import Change, Item, Key, Mail, Mailer, Now, Put, Store, Write
from chalicelib.core.records import DUE_SHARDS, stamp
from chalicelib.mail import alerts
from chalicelib.mail.delivery_events import buried, case_key_of

log = logging.getLogger("relais.post")

SETTLE: Final = timedelta(minutes=15)
"""How long a claimed letter belongs to its claim. Whoever died in between may have sent
it: SES tells by then, or the letter is sent again (a second one is harmless, a lost one not)."""

BACKOFF: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 2 * 60, 6 * 60, 24 * 60))
"""Waits between tries; after the last one the letter is dead and staff are told."""

SWEEP: Final = timedelta(seconds=40)
"""How long one sweep works: the function is stopped at 55 seconds, whatever it does."""

NOBODY: Final = timedelta(minutes=5)
"""A letter to the staff waits so long for somebody to be on the roster."""


NOT_YET: Final = timedelta(hours=1)
"""A letter that may not leave waits so long before it is looked at again."""


@dataclass(frozen=True)
class Draft:
    """A letter composed for one person, and the links it carries, to be stored with the claim."""

    mail: Mail
    template: str
    kept: dict[str, str]
    links: list[Item] = field(default_factory=list)


class LetterWriter(Protocol):
    """Writes the letter that a row owes."""

    def write(self, row: Item, now: datetime) -> Draft | None:
        """None when there is nobody to write to (any more)."""


Timer = Callable[[Key], str]
"""What is done when a row that is no letter falls due; says what became of it."""


class Outbox:
    """At least once: claim, send, mark. Only the claim's owner sends."""

    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        mailer: Mailer,
        desk: LetterWriter,
        roster: Roster,
        now: Now,
        timers: Mapping[str, Timer] | None = None,
        quiet: QuietHours | None = None,
    ) -> None:
        """By the first word of one half of a row's key, `timers` mind the due rows that are no
        letters."""
        self._timers = timers or {}
        self._quiet = quiet
        self._store = store
        self._mailer = mailer
        self._desk = desk
        self._roster = roster
        self._now = now

    def deliver(self, key: Key) -> str:
        """What became of the letter: sent, later, spread, taken, retry, dropped, dead, unknown,
        gone."""
        row = self._store.get(*key)
        now = self._now()
        if row is None or row["status"] not in ("owed", "claimed"):
            return "gone"
        if row["due_at"] > stamp(now):
            return "later"
        if row.get("by_day") and self._quiet and self._quiet.holds(now):
            return self._until_morning(row, self._quiet.over(now))
        if row["to"] in (ALL_STAFF, ADMINS):
            return self._spread(row, now)
        if row["attempts"] > len(BACKOFF):
            return self._end(row, "dead", "nobody knows whether it left")
        try:
            written = self._desk.write(row, now)
        except Overtaken as overtaken:
            return self._end(row, "dropped", str(overtaken))
        except NotYet as wait:
            log.error("letter %s waits: %s", tag_of(*key), wait)
            return self._retry(row, now + NOT_YET, str(wait))
        except RelaisError:
            raise
        except Exception as error:
            # A letter that cannot be written must not come back every minute for ever.
            log.exception("letter %s cannot be written", tag_of(*key))
            return self._unwritten(row, error, now)
        if written is None:
            return self._end(row, "dead", "nobody to write to")
        try:
            row = self._claim(row, written, now)
        except Conflict:
            return "taken"
        return self._send(row, written.mail, now)

    def sweep(self) -> dict[str, int]:
        """Delivers what is due, oldest first, for a while; the next sweep goes on.

        One letter's failure does not stop the others. Each minute another shard comes first,
        so that none starves behind a full one.
        """
        outcomes: dict[str, int] = {}
        start = self._now()
        first = int(start.timestamp() // 60) % DUE_SHARDS
        for key in list(self._store.due(stamp(start), first)):
            if self._now() - start > SWEEP:
                break
            try:
                outcome = self._minder(key)(key)
            except Exception:
                log.exception("due: %s", tag_of(*key))
                outcome = "error"
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return outcomes

    def _minder(self, key: Key) -> Timer:
        words = (half.partition("#")[0] for half in key)
        return next((self._timers[w] for w in words if w in self._timers), self.deliver)

    def _nobody(self, row: Item, now: datetime) -> str:
        """A letter that nobody may read waits for somebody, and the admins hear of it: they
        may stand back from the file themselves, and are told nothing of what is in it."""
        log.error("nobody on the roster for %s", tag_of(row["pk"], row["sk"]))
        change = self._again(row, now + NOBODY)
        try:
            if row["letter"] == alerts.LETTER:
                self._store.commit([change])
            else:
                alerts.commit_with_alert(self._store, [change], alerts.NOBODY, now)
        except Conflict:
            return "taken"
        return "retry"

    def _until_morning(self, row: Item, morning: datetime) -> str:
        change = Change(
            (row["pk"], row["sk"]),
            expect={k: row[k] for k in ("status", "attempts", "due_at")},
            set={"due_at": stamp(morning)},
        )
        return self._try([change], "later")

    def _spread(self, row: Item, now: datetime) -> str:
        """One letter to all staff becomes one a person, in one transaction."""
        staff = self._readers(row)
        if not staff:
            return self._nobody(row, now)
        since = row["sk"].split("#")[1]
        name, facts = row["letter"], row["facts"]
        done = Change(
            (row["pk"], row["sk"]),
            expect={"status": row["status"], "due_at": row["due_at"]},
            set={"status": "spread"},
            remove=("due_shard", "due_at"),
        )
        each: list[Write] = [
            Put(letter(row["pk"], since, name, to=s.id, due=stamp(now), facts=facts)) for s in staff
        ]
        try:
            self._store.commit([done, *each])
        except Conflict:
            return "taken"
        return "spread"

    def _readers(self, row: Item) -> list[Staff]:
        """Everybody on the roster, but for those who stand back from the case, and for those who
        are away while somebody is there; of a letter to the admins, those who are, if any."""
        active = self._roster.active()
        if row["to"] == ADMINS:
            return [staff for staff in active if staff.admin] or active
        case = self._store.get(*case_key_of((row["pk"], row["sk"]))) or {}
        mine = [staff for staff in active if staff.id not in case.get("recused", ())]
        today = str(eastern_time.today(self._now()))
        return [staff for staff in mine if not staff.away(today)] or mine

    def _claim(self, row: Item, written: Draft, now: datetime) -> Item:
        """Ours alone from here on. What will be said is kept before it is sent."""
        claim = {
            "status": "claimed",
            "attempts": row["attempts"] + 1,
            "due_at": stamp(now + SETTLE),
            "template": written.template,
            "lang": written.mail.lang,
            "copy": zlib.compress(json.dumps(written.kept, ensure_ascii=False).encode()),
        }
        expect = {k: row[k] for k in ("status", "attempts", "due_at")}
        change = Change((row["pk"], row["sk"]), expect=expect, set=claim)
        self._store.commit([change, *map(Put, written.links)])
        return {**row, **claim}

    def _send(self, row: Item, mail: Mail, now: datetime) -> str:
        try:
            message_id = self._mailer.send(mail)
        except OutcomeUnknown as error:
            log.warning("letter %s: outcome unknown (%s)", mail.tag, error)
            return "unknown"
        except DeliveryFailed as error:
            return self._failed(row, error, now)
        self._end(row, "sent", None, message_id=message_id, sent_at=stamp(self._now()))
        return "sent"

    def _unwritten(self, row: Item, error: Exception, now: datetime) -> str:
        attempts = row["attempts"] + 1
        if attempts > len(BACKOFF):
            return self._end(row, "dead", f"cannot be written: {type(error).__name__}")
        return self._retry(row, now + BACKOFF[attempts - 1], type(error).__name__, attempts)

    def _failed(self, row: Item, error: DeliveryFailed, now: datetime) -> str:
        attempts = row["attempts"]
        log.warning("letter %s: try %s failed: %s", tag_of(row["pk"], row["sk"]), attempts, error)
        if error.permanent or attempts > len(BACKOFF):
            return self._end(row, "dead", str(error))
        return self._retry(row, now + BACKOFF[attempts - 1], str(error))

    def _retry(
        self, row: Item, due: datetime, why: str | None = None, attempts: int | None = None
    ) -> str:
        return self._try([self._again(row, due, why, attempts)], "retry")

    def _again(
        self, row: Item, due: datetime, why: str | None = None, attempts: int | None = None
    ) -> Change:
        return Change(
            (row["pk"], row["sk"]),
            expect={k: row[k] for k in ("status", "attempts", "due_at")},
            set={"status": "owed", "due_at": stamp(due), "why": why, "attempts": attempts},
        )

    def _end(self, row: Item, status: str, why: str | None, **facts: Any) -> str:
        """The end of the road; an address that was given for one letter goes with it."""
        if status == "dead":
            log.error("letter %s is dead: %s", tag_of(row["pk"], row["sk"]), why)
            facts |= buried(self._now())
        change = Change(
            (row["pk"], row["sk"]),
            expect={k: row[k] for k in ("status", "attempts", "due_at")},
            set={"status": status, "why": why, **facts},
            remove=("due_shard", "due_at", "address"),
        )
        try:
            if status == "dead" and row["letter"] != alerts.LETTER:
                now = self._now()
                alerts.commit_with_alert(self._store, [change], alerts.DEAD_LETTER, now)
            else:
                self._store.commit([change])
        except Conflict:
            return "taken"
        return status

    def _try(self, writes: list[Write], outcome: str) -> str:
        try:
            self._store.commit(writes)
        except Conflict:
            return "taken"
        return outcome

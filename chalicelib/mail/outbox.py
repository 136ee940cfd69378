"""Letters owed: deliver one, sweep those that are due."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from chalicelib.cases.staff import Roster
from chalicelib.core import log_lines, templates
from chalicelib.core.business_days import QuietHours
from chalicelib.core.errors import (
    AccountRefused,
    Conflict,
    DeliveryFailed,
    NotYet,
    OutcomeUnknown,
    Overtaken,
    RelaisError,
    Throttled,
    Undecided,
)
from chalicelib.core.letter_row import ADMINS, ALL_STAFF, letter, log_name, packed, unchanged
from chalicelib.core.metrics import Measure
from chalicelib.core.ports import Change, Item, Key, Mail, Mailer, Now, Put, Store, Write
from chalicelib.core.records import moment, stamp
from chalicelib.mail import alerts
from chalicelib.mail.account import MailAccount
from chalicelib.mail.ceilings import LETTERS_PAUSED, Ceilings, is_paused
from chalicelib.mail.draft import Draft, LetterWriter
from chalicelib.mail.holds import MailHolds
from chalicelib.mail.letter_rows import LetterRows, Outcome, was_missed
from chalicelib.mail.readers import readers, why_nobody
from chalicelib.mail.sweep import DueHandler, Sweep

log = logging.getLogger("relais.mail.outbox")

CLAIM_LEASE: Final = timedelta(minutes=15)
"""How long a claimed letter belongs to its claim. Whoever died in between may have sent
it: SES tells by then, or the letter is sent again (a second one is harmless, a lost one not)."""

BACKOFF: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 2 * 60, 6 * 60, 24 * 60))
"""Waits between attempts; after the last one the letter is dead and the admins are told."""

EMPTY_ROSTER_WAIT: Final = timedelta(minutes=5)
"""A letter to the staff waits so long for somebody to be on the roster."""

NOT_YET_WAIT: Final = timedelta(hours=1)
"""A letter that may not leave waits so long before it is looked at again."""

THROTTLED_WAIT: Final = timedelta(minutes=1)
"""A letter that came when SES was asked too fast waits so long; it loses no try by it."""

REFUSED_ALERT_WAIT: Final = timedelta(hours=1)
"""An alert that SES refuses with the whole account is offered again so late; others keep their
place, and wait for the account."""

By = Literal["stream", "sweep"]
"""Who delivers a letter: the table's stream at once, or the sweep of each minute."""


class Outbox:
    """At least once: claim, send, mark. Only the claim's owner sends."""

    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        mailer: Mailer,
        writer: LetterWriter,
        roster: Roster,
        now: Now,
        due_handlers: Mapping[str, DueHandler] | None = None,
        quiet_hours: QuietHours | None = None,
        ceilings: Ceilings | None = None,
        measure: Measure = lambda name, seconds: None,
    ) -> None:
        """`due_handlers` act on due rows that are no letters; each is found by the first word
        of one half of the row's key. Without `ceilings` no letter is ever delayed."""
        self._ceilings = ceilings
        self._holds = MailHolds(store, now)
        self._account = MailAccount(store, now)
        self._quiet_hours = quiet_hours
        self._store = store
        self._mailer = mailer
        self._writer = writer
        self._roster = roster
        self._now = now
        self._rows = LetterRows(store, now)
        self._sweep = Sweep(
            store,
            self._account,
            due_handlers or {},
            lambda key, was_refused: self.deliver(key, "sweep", excused=was_refused),
            measure,
            now,
        )

    def sweep(self) -> dict[str, int]:
        """Deliver what is due, for a while; return how many rows had each outcome."""
        return self._sweep.run()

    def deliver(self, key: Key, by: By = "stream", *, excused: bool = False) -> Outcome:
        """Send the letter of this key if it is owed and due; the row keeps who sent it, and
        whether the stream should have, unless it is `excused`. The log has a line of it."""
        with log_lines.event("letter"):
            log_lines.note(letter=log_name(*key), by=by)
            outcome = self._deliver(key, by, excused=excused)
            log_lines.note(outcome=outcome)
            return outcome

    def _deliver(self, key: Key, by: By, *, excused: bool) -> Outcome:
        row = self._store.get(*key)
        now = self._now()
        log_lines.follow(row and row.get("cid"))
        if row is None or row["status"] not in ("owed", "claimed"):
            return "gone"
        if row["due_at"] > stamp(now):
            return "later"
        if waiting := self._waiting(row, by, now):
            return waiting
        if row["to"] in (ALL_STAFF, ADMINS):
            return self._spread(row, now)
        if row["attempts"] > len(BACKOFF):
            return self._rows.end(row, "dead", "nobody knows whether it left")
        draft = self._drafted(row, now)
        if isinstance(draft, str):
            return draft
        ceilings = self._ceilings
        counters = ceilings.counters(row, draft.mail.to, now) if ceilings else []
        is_late = by == "sweep" and not excused and was_missed(row, now)
        sent = {"sent_by": by, "late": is_late or None}
        try:
            claimed = self._claim(row, draft, sent, now, counters)
        except Conflict as conflict:
            if ceilings is None or conflict.met(key) is not None:
                return "taken"
            return self._rows.commit_beyond(ceilings.beyond(row, conflict, counters, now), now)
        return self._send(row, claimed, draft.mail, now)

    def _drafted(self, row: Item, now: datetime) -> Draft | Outcome:
        """Return the letter as it is written now, or what became of one that cannot be."""
        tag = log_name(row["pk"], row["sk"])
        try:
            draft = self._writer.write(row, now)
        except Overtaken as left_behind:
            return self._rows.drop(row, str(left_behind))
        except Throttled as busy:
            log.warning("letter %s waits a minute: %s", tag, busy)
            return self._rows.owe_again(row, now + THROTTLED_WAIT, "throttled", str(busy))
        except Undecided as open_still:
            return self._rows.retry(row, moment(open_still.until), str(open_still))
        except NotYet as wait:
            log.error("letter %s waits: %s", tag, wait)
            return self._rows.retry(row, now + NOT_YET_WAIT, str(wait))
        except RelaisError:
            raise
        except Exception as error:
            # A letter that cannot be written must not come back every minute for ever.
            log.exception("letter %s cannot be written", tag)
            return self._unwritten(row, error, now)
        if draft and draft.fell_back:
            alerts.tell(self._store, alerts.BROKEN_EDIT, now)
        return draft or self._rows.end(row, "dead", "nobody to write to")

    def _waiting(self, row: Item, by: By, now: datetime) -> Outcome | None:
        """Put off a letter that may not leave now, and return its outcome; None for all others."""
        if row.get("by_day") and self._quiet_hours and self._quiet_hours.contains(now):
            return self._until_morning(row, self._quiet_hours.first_open(now))
        held = self._holds.read()
        if is_paused(row, held.pause):
            return self._rows.retry(row, now + NOT_YET_WAIT, LETTERS_PAUSED)
        if by == "stream" and row["letter"] != alerts.LETTER and held.refused:
            return "waits"
        return None

    def _wait_for_roster(self, row: Item, now: datetime) -> Outcome:
        """Put off a letter that nobody may read, and tell the admins, who may stand back from
        the file themselves: they are told nothing of what is in it."""
        log.error("nobody on the roster for %s", log_name(row["pk"], row["sk"]))
        change = self._rows.owed_again(row, now + EMPTY_ROSTER_WAIT)
        try:
            if row["letter"] == alerts.LETTER:
                self._store.commit([change])
            else:
                why = why_nobody(self._roster, row)
                alerts.commit_with_alert(self._store, [change], why, now)
        except Conflict:
            return "taken"
        return "retry"

    def _until_morning(self, row: Item, morning: datetime) -> Outcome:
        due = {"due_at": stamp(morning)}
        return self._rows.commit(
            [Change((row["pk"], row["sk"]), expect=unchanged(row), set=due)], "later"
        )

    def _spread(self, row: Item, now: datetime) -> Outcome:
        """Turn one letter to all staff into one a person, in one transaction."""
        staff = readers(self._store, self._roster, row, now)
        if not staff:
            return self._wait_for_roster(row, now)
        since = row["sk"].split("#")[1]
        name, facts = row["letter"], row["facts"]
        done = Change(
            (row["pk"], row["sk"]),
            expect={"status": row["status"], "due_at": row["due_at"]},
            set={"status": "spread"},
            remove=("due_shard", "due_at"),
        )
        kept = {key: row.get(key) for key in ("expires", "state", "version")}
        each: list[Write] = [
            Put({**letter(row["pk"], since, name, to=s.id, due=stamp(now), facts=facts), **kept})
            for s in staff
        ]
        return self._rows.commit([done, *each], "spread")

    def _claim(
        self, row: Item, draft: Draft, sent: Item, now: datetime, counters: Sequence[Write]
    ) -> Item:
        """Make the letter ours alone. What will be sent is kept, and counted, before it is sent."""
        claim = {
            "status": "claimed",
            "attempts": row["attempts"] + 1,
            "due_at": stamp(now + CLAIM_LEASE),
            **sent,
            "template": draft.template,
            "template_version": templates.version(f"email/{draft.template}"),
            "lang": draft.mail.lang,
            "copy": packed(draft.kept),
        }
        change = Change((row["pk"], row["sk"]), expect=unchanged(row), set=claim)
        self._store.commit([change, *map(Put, draft.links), *counters])
        return {**row, **claim}

    def _send(self, owed: Item, row: Item, mail: Mail, now: datetime) -> Outcome:
        """Offer the mail of a claimed row; `owed` is the row as it was before the claim."""
        tag = log_name(row["pk"], row["sk"])
        try:
            message_id = self._mailer.send(mail._replace(cid=log_lines.cid()))
        except OutcomeUnknown as error:
            log.warning("letter %s: outcome unknown (%s)", tag, error)
            return "unknown"
        except Throttled as busy:
            log.warning("letter %s waits a minute: %s", tag, busy)
            return self._rows.owe_again(
                row, now + THROTTLED_WAIT, "throttled", str(busy), owed["attempts"]
            )
        except AccountRefused as refused:
            return self._refused(owed, row, refused, now)
        except DeliveryFailed as error:
            return self._failed(row, error, now)
        self._rows.end(row, "sent", None, message_id=message_id, sent_at=stamp(self._now()))
        if not row["late"]:
            return "sent"
        log.warning("letter %s is late: the stream did not send it", tag)
        return "late"

    def _refused(self, owed: Item, row: Item, refused: AccountRefused, now: datetime) -> Outcome:
        """Owe the letter as before, in its place, until the account may send again."""
        due = moment(owed["due_at"])
        if row["letter"] == alerts.LETTER:
            due = now + REFUSED_ALERT_WAIT
        outcome = self._rows.owe_again(row, due, "refused", str(refused), owed["attempts"])
        self._account.note(refused)
        self._holds.forget()
        return outcome

    def _unwritten(self, row: Item, error: Exception, now: datetime) -> Outcome:
        attempts = row["attempts"] + 1
        if attempts > len(BACKOFF):
            return self._rows.end(row, "dead", f"cannot be written: {type(error).__name__}")
        return self._rows.retry(row, now + BACKOFF[attempts - 1], type(error).__name__, attempts)

    def _failed(self, row: Item, error: DeliveryFailed, now: datetime) -> Outcome:
        attempts = row["attempts"]
        log.warning(
            "letter %s: attempt %s failed: %s", log_name(row["pk"], row["sk"]), attempts, error
        )
        if error.permanent or attempts > len(BACKOFF):
            return self._rows.end(row, "dead", str(error))
        return self._rows.retry(row, now + BACKOFF[attempts - 1], str(error))

"""The rows of letters: each write that puts a letter off, ends it, or lets it wait."""

import logging
from datetime import datetime, timedelta
from typing import Final, Literal

from chalicelib.core import log_lines
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import is_canary, log_name, unchanged
from chalicelib.core.ports import Change, Item, Key, Now, Store, Write
from chalicelib.core.records import shard_of, stamp
from chalicelib.mail import alerts, overtaken
from chalicelib.mail.ceilings import Beyond
from chalicelib.mail.delivery_events import case_key_of, dead_letter

log = logging.getLogger("relais.mail.outbox")

STREAM_DELAY: Final = timedelta(seconds=10)
"""What is due at once has left by the table's stream within this time, if the stream works."""

DROP_ATTEMPTS: Final = 5
"""How often a letter is dropped anew because its file moved in between."""

Outcome = Literal[
    "sent", "late", "later", "delayed", "spread", "taken", "retry", "throttled", "refused",
    "waits", "dropped", "dead", "unknown", "gone",
]  # fmt: skip
"""What became of a delivery: `delayed` met a ceiling, and is owed still; `late` is sent, but by the sweep where the stream should have;
`refused` with the whole account, and `waits` for it; `throttled` comes back in a minute;
`taken` by another delivery; `gone` when nothing is owed any more."""

FinalStatus = Literal["sent", "dropped", "dead"]
"""How a letter may end here; what SES reports of it comes later."""


def owed_again(key: Key, now: datetime) -> Change:
    """Return the write that owes a dead letter anew, from the first try; refused for another."""
    owed = {
        "status": "owed",
        "attempts": 0,
        "due_shard": shard_of(key[0]),
        "due_at": stamp(now),
        # The stream wakes for new rows alone: the sweep is who sends it.
        "held": True,
    }
    return Change(key, expect={"status": "dead"}, set=owed, remove=("state_key", "why"))


def was_missed(row: Item, now: datetime) -> bool:
    """Tell whether a letter that is tried for the first time was due at once, and some time ago."""
    waited = row["attempts"] or row.get("held") or row.get("by_day") or row.get("why")
    return not waited and row["due_at"] <= stamp(now - STREAM_DELAY)


class LetterRows:
    """Every write says what the row must still hold: who comes second changes nothing, and the
    outcome is `taken`."""

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def retry(
        self, row: Item, due: datetime, why: str | None = None, attempts: int | None = None
    ) -> Outcome:
        return self.owe_again(row, due, "retry", why, attempts)

    def owe_again(
        self,
        row: Item,
        due: datetime,
        outcome: Outcome,
        why: str | None = None,
        attempts: int | None = None,
    ) -> Outcome:
        return self.commit([self.owed_again(row, due, why, attempts)], outcome)

    def owed_again(
        self, row: Item, due: datetime, why: str | None = None, attempts: int | None = None
    ) -> Change:
        return Change(
            (row["pk"], row["sk"]),
            expect=unchanged(row),
            set={"status": "owed", "due_at": stamp(due), "why": why, "attempts": attempts},
        )

    def end(self, row: Item, status: FinalStatus, why: str | None, **facts: object) -> Outcome:
        """Close the row; an address that was given for one letter goes with it."""
        if status == "dead":
            log.error("letter %s is dead: %s", log_name(row["pk"], row["sk"]), why)
            facts |= dead_letter(self._now())
        change = Change(
            (row["pk"], row["sk"]),
            expect=unchanged(row),
            set={"status": status, "why": why, f"{status}_at": stamp(self._now()), **facts},
            remove=("due_shard", "due_at", "address"),
        )
        try:
            if status == "dead" and row["letter"] != alerts.LETTER and not is_canary(row["pk"]):
                now = self._now()
                alerts.commit_with_alert(self._store, [change], alerts.DEAD_LETTER, now)
            else:
                self._store.commit([change])
        except Conflict:
            return "taken"
        if status == "sent" and not is_canary(row["pk"]):
            log_lines.count("letters-sent")
        return status

    def drop(self, row: Item, why: str) -> Outcome:
        """Close the row of a letter that the file has left behind; its history says so."""
        key = (row["pk"], row["sk"])
        change = Change(
            key,
            expect=unchanged(row),
            set={"status": "dropped", "why": why},
            remove=("due_shard", "due_at", "address"),
        )
        for _ in range(DROP_ATTEMPTS):
            noted = overtaken.note(self._store.get(*case_key_of(key)), row, why, self._now())
            try:
                self._store.commit([change, *noted])
            except Conflict as conflict:
                if conflict.met(key) is not None:
                    return "taken"
                continue
            return "dropped"
        return "taken"

    def commit_beyond(self, beyond: Beyond, now: datetime) -> Outcome:
        """Delay a letter, or leave it to a digest that may be owed already."""
        try:
            if beyond.incident:
                alerts.commit_with_alert(self._store, [beyond.change], beyond.incident, now)
            else:
                self._store.commit([beyond.change, *beyond.digest])
        except Conflict as conflict:
            if conflict.met(beyond.change.key) is not None:
                return "taken"
            return self.commit([beyond.change], beyond.outcome)
        return beyond.outcome

    def commit(self, writes: list[Write], outcome: Outcome) -> Outcome:
        try:
            self._store.commit(writes)
        except Conflict:
            return "taken"
        return outcome

"""The sweep of each minute: what is due is handled, oldest first."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import islice
from typing import Final

from chalicelib.core import log_lines
from chalicelib.core.letter_row import log_name
from chalicelib.core.metrics import Measure
from chalicelib.core.ports import Key, Now, Store
from chalicelib.core.records import DUE_SHARDS, moment, stamp
from chalicelib.mail.account import MailAccount, Probes
from chalicelib.mail.letter_rows import Outcome
from chalicelib.mail.service_status import StatusKeeper

log = logging.getLogger("relais.mail.outbox")

SWEEP_DURATION: Final = timedelta(seconds=40)
"""How long one sweep works: the function is stopped at 55 seconds, whatever it does."""

OLDEST_DUE: Final = "oldest-due-seconds"
"""The measure of what a sweep leaves behind; it is kept each minute, so its absence tells that
the sweep does not run."""

MOST_AT_ONCE: Final = 10_000
"""One sweep reads no more of what is due than it could ever handle: of a million letters that are
owed, reading alone would take all of its time."""

DueHandler = Callable[[Key], str]
"""Acts when a row that is no letter falls due, and returns what became of it."""

Deliver = Callable[[Key, bool], Outcome]
"""Delivers the letter of a key for the sweep, and returns what became of it; told whether the
account was refused, so that a letter is not late by the stream's fault."""


class Sweep:
    def __init__(
        self,
        store: Store,
        account: MailAccount,
        due_handlers: Mapping[str, DueHandler],
        deliver: Deliver,
        measure: Measure,
        now: Now,
    ) -> None:
        self._store = store
        self._account = account
        self._due_handlers = due_handlers
        self._deliver = deliver
        self._measure = measure
        self._now = now
        self._status = StatusKeeper(store, now)

    def run(self) -> dict[str, int]:
        """Deliver what is due, oldest first, for a while; the next sweep goes on.

        Returns how many rows had each outcome. One letter's failure does not stop the others.
        Each minute another shard comes first, so that none starves behind a full one.
        """
        outcomes: dict[str, int] = {}
        start = self._now()
        first = int(start.timestamp() // 60) % DUE_SHARDS
        probes = self._account.probes()
        waiting: Key | None = None
        due = list(islice(self._store.due(stamp(start), first), MOST_AT_ONCE))
        left = 0
        for done, key in enumerate(due):
            if self._now() - start > SWEEP_DURATION:
                waiting = waiting or key
                left += len(due) - done
                break
            try:
                outcome = self._handle_due(key, probes)
            except Exception:
                log.exception("due: %s", log_name(*key))
                outcome = "error"
            if outcome in ("waits", "refused", "error"):
                waiting = waiting or key
                left += 1
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        else:
            if len(due) < MOST_AT_ONCE:
                probes.finish()
        log_lines.count("letters-waiting", left)
        oldest = self._age_of(waiting)
        self._measure(OLDEST_DUE, oldest.total_seconds())
        self._status.keep(oldest)
        return outcomes

    def _age_of(self, waiting: Key | None) -> timedelta:
        """Return how long a row is due that the sweep leaves behind; nothing when it leaves none."""
        row = self._store.get(*waiting) if waiting else None
        if row is None or "due_at" not in row:
            return timedelta(0)
        return max(timedelta(0), self._now() - moment(row["due_at"]))

    def _handle_due(self, key: Key, probes: Probes) -> str:
        for half in key:
            if handler := self._due_handlers.get(half.partition("#")[0]):
                return _acted(key, handler)
        if not probes.is_open:
            return "waits"
        outcome = self._deliver(key, probes.was_refused)
        probes.saw(outcome)
        return outcome


def _acted(key: Key, handler: DueHandler) -> str:
    """Have a clock acted on, as an event of its own: what it owes carries its correlation id."""
    with log_lines.event("clock"):
        log_lines.note(letter=log_name(*key))
        outcome = handler(key)
        log_lines.note(outcome=outcome)
        return outcome

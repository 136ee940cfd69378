"""What SES reports of letters: sent, delivered, bounced, complained of, rejected."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from chalicelib.cases.staff import Roster
from chalicelib.core import log_lines
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import DEAD, is_canary, key_of, log_name
from chalicelib.core.metrics import Metric
from chalicelib.core.ports import Change, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.mail import alerts
from chalicelib.mail.mail_faults import (
    ACCOUNT_LIST,
    MailFaults,
    is_pardon,
    is_permanent,
    is_suppressed,
    why_of,
)
from chalicelib.mail.reputation import Fate, Reputation

log = logging.getLogger("relais.mail.delivery_events")

ReportedStatus = Literal["sent", "delivered", "bounced", "complained", "dead"]
"""What a letter becomes by what SES reports of it."""

Listener = Callable[[Key, str, Mapping[str, object]], object]
"""Is called with a letter's key, the kind of event in lower case, and SES's report."""


class DeliveryEvents:
    def __init__(
        self,
        store: Store,
        roster: Roster,
        now: Now,
        listeners: Mapping[str, Listener],
        reputation: Reputation,
    ) -> None:
        """Call `listeners` beside: each is found by the first word of a letter's key."""
        self._reputation = reputation
        self._listeners = listeners
        self._faults = MailFaults(store, roster, now)
        self._store = store
        self._now = now

    def settle(self, report: Mapping[str, Any]) -> ReportedStatus | None:
        """Write what an SES event says of a letter, and return the letter's new status. The log
        has a line of it.

        Returns None when the event is about none of ours, or says nothing new.
        """
        tags = report.get("mail", {}).get("tags", {})
        kind = str(report.get("eventType") or report.get("notificationType") or "").lower()
        key = key_of(tags["mail"][0]) if tags.get("mail") else None
        if key is None or kind not in _SETTLED or is_pardon(report):
            return None
        with log_lines.event("mail_event", *tags.get("cid", ())[:1]):
            log_lines.note(letter=log_name(*key), kind=kind)
            status = self._settle(key, kind, report)
            log_lines.note(outcome=status or "nothing new")
            if status and (metric := _COUNTED.get(status)) and not is_canary(key[0]):
                log_lines.count(metric)
            return status

    def _settle(self, key: Key, kind: str, report: Mapping[str, Any]) -> ReportedStatus | None:
        # Ahead of the letter, whose state tells a repeat: what is heard twice does no harm.
        self._faults.keep(key, report)
        if listener := self._listeners.get(key[0].partition("#")[0]):
            listener(key, kind, report)
        status, before = _SETTLED[kind]
        back = is_permanent(report)
        if kind == "bounce" and not back:
            # Whoever is out of the office answers a mail that was delivered.
            before = tuple(one for one in before if one != "delivered")
        facts = {
            "message_id": report["mail"].get("messageId"),
            f"{status}_at": stamp(self._now()),
        }
        if kind == "bounce":
            facts["why"] = why_of(report["bounce"])
        if status == "dead":
            log.error("letter %s is dead: SES rejected it", log_name(*key))
            facts |= {"why": "rejected", **dead_letter(self._now())}
        for expected in before:
            change = Change(
                key,
                expect={"status": expected},
                set={"status": status, **facts},
                remove=_waiting(expected),
            )
            # As SES counts: what the account's own list held back reached nobody's server.
            counts = back and not is_suppressed(report, (ACCOUNT_LIST,))
            if self._settled(key, change, is_permanent=counts):
                return status
        return None

    def _settled(self, key: Key, change: Change, *, is_permanent: bool) -> bool:
        """Commit the change; return whether the letter was as it expects."""
        canary = is_canary(change.key[0])
        fate = None if canary else _fate(change.set["status"], is_permanent=is_permanent)
        counted = [self._reputation.counted(fate, key)] if fate else []
        try:
            if change.set["status"] == "dead" and not canary:
                now = self._now()
                alerts.commit_with_alert(self._store, [change, *counted], alerts.DEAD_LETTER, now)
            else:
                self._store.commit([change, *counted])
        except Conflict as conflict:
            if conflict.met(change.key) is None:
                raise
            return False
        if fate in ("bounced", "complained"):
            self._reputation.check()
        return True


_SETTLED: Final[Mapping[str, tuple[ReportedStatus, tuple[str, ...]]]] = {
    "send": ("sent", ("claimed", "owed")),
    "delivery": ("delivered", ("sent", "claimed", "owed")),
    "bounce": ("bounced", ("sent", "claimed", "delivered", "owed")),
    "complaint": ("complained", ("sent", "delivered", "claimed")),
    "reject": ("dead", ("claimed", "sent")),
}
"""SES event → what the letter becomes, and what it may have been before: `owed` when SES
answered with an error and took the mail all the same."""


_COUNTED: Final[Mapping[ReportedStatus, Metric]] = {
    "delivered": "delivered",
    "bounced": "bounced",
    "complained": "complained",
}
"""What a letter becomes → the metric that counts it."""


def _fate(status: ReportedStatus, *, is_permanent: bool) -> Fate | None:
    """Return what a settled letter counts as in the account's reputation."""
    if status == "bounced":
        return "bounced" if is_permanent else None
    return status if status in ("delivered", "complained") else None


def case_key_of(key: Key) -> Key:
    """Return the key of the case that a letter stands under; other letters have none there."""
    return key[0], "CASE"


def dead_letter(now: datetime) -> dict[str, str]:
    """Return the attributes by which the operator finds a dead letter."""
    return {"state_key": DEAD, "updated_at": stamp(now)}


def _waiting(status: str) -> tuple[str, ...]:
    return ("due_shard", "due_at", "address") if status in ("claimed", "owed") else ("address",)

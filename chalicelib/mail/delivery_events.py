"""What SES reports of letters: sent, delivered, bounced, complained of, rejected."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.letter_row import DEAD, key_of
from chalicelib.core.ports import Change, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.mail import alerts, bounces
from chalicelib.mail.reputation import Fate, Reputation

log = logging.getLogger("relais.mail.delivery_events")

COMMIT_ATTEMPTS: Final = 5
"""How often a report is settled anew because the case changed in between."""

ReportedStatus = Literal["sent", "delivered", "bounced", "complained", "dead"]
"""What a letter becomes by what SES reports of it."""

Listener = Callable[[Key, str, Mapping[str, Any]], object]
"""Is called with a letter's key, the kind of event in lower case, and SES's report."""


class DeliveryEvents:
    def __init__(
        self, store: Store, now: Now, listeners: Mapping[str, Listener], reputation: Reputation
    ) -> None:
        """`listeners` are called beside: each is found by the first word of a letter's key."""
        self._reputation = reputation
        self._listeners = listeners
        self._store = store
        self._now = now

    def settle(self, report: Mapping[str, Any]) -> ReportedStatus | None:
        """Write what an SES event says of a letter, and return the letter's new status.

        Returns None when the event is about none of ours, or says nothing new.
        """
        tags = report.get("mail", {}).get("tags", {}).get("mail") or []
        kind = str(report.get("eventType") or report.get("notificationType") or "").lower()
        key = key_of(tags[0]) if tags else None
        if key is None or kind not in _SETTLED:
            return None
        if listener := self._listeners.get(key[0].partition("#")[0]):
            # Ahead of the letter, whose state tells a repeat: what is heard twice does no harm.
            listener(key, kind, report)
        status, before = _SETTLED[kind]
        facts = {
            "message_id": report["mail"].get("messageId"),
            f"{status}_at": stamp(self._now()),
        }
        if kind == "bounce":
            facts["why"] = _why(report["bounce"])
        if status == "dead":
            log.error("letter %s is dead: SES rejected it", tags[0])
            facts |= {"why": "rejected", **dead_letter(self._now())}
        back = _is_permanent_bounce(report)
        for expected in before:
            change = Change(
                key,
                expect={"status": expected},
                set={"status": status, **facts},
                remove=_waiting(expected),
            )
            if self._settled(key, change, facts["why"] if back else None):
                return status
        return None

    def _settled(self, key: Key, change: Change, why: str | None) -> bool:
        """Commit the change; for a permanent bounce (`why`) with what the case keeps of it.

        Returns whether the letter was as the change expects.
        """
        fate = _fate(change.set["status"], is_permanent=why is not None)
        counted = [self._reputation.counted(fate, key)] if fate else []
        for _ in range(COMMIT_ATTEMPTS):
            now = self._now()
            case = self._store.get(*case_key_of(key)) if why is not None else None
            writes = [change, *counted, *bounces.writes(case, key[1], why or "", now)]
            try:
                if change.set["status"] == "dead":
                    alerts.commit_with_alert(self._store, writes, alerts.DEAD_LETTER, now)
                else:
                    self._store.commit(writes)
            except Conflict as conflict:
                if conflict.met(change.key) is not None:
                    return False
                continue
            if fate in ("bounced", "complained"):
                self._reputation.check()
            return True
        raise StoreDown("the case changed too often")


_SETTLED: Final[Mapping[str, tuple[ReportedStatus, tuple[str, ...]]]] = {
    "send": ("sent", ("claimed", "owed")),
    "delivery": ("delivered", ("sent", "claimed", "owed")),
    "bounce": ("bounced", ("sent", "claimed", "delivered", "owed")),
    "complaint": ("complained", ("sent", "delivered", "claimed")),
    "reject": ("dead", ("claimed", "sent")),
}
"""SES event → what the letter becomes, and what it may have been before: `owed` when SES
answered with an error and took the mail all the same."""


def _fate(status: ReportedStatus, *, is_permanent: bool) -> Fate | None:
    """Return what a settled letter counts as in the account's reputation."""
    if status == "bounced":
        return "bounced" if is_permanent else None
    return status if status in ("delivered", "complained") else None


def _is_permanent_bounce(report: Mapping[str, Any]) -> bool:
    """A full mailbox is none."""
    return str(report.get("bounce", {}).get("bounceType", "")).lower() == "permanent"


def case_key_of(key: Key) -> Key:
    """Return the key of the case that a letter stands under; other letters have none there."""
    return key[0], "CASE"


def dead_letter(now: datetime) -> dict[str, str]:
    """Return the attributes by which the operator finds a dead letter."""
    return {"state_key": DEAD, "updated_at": stamp(now)}


def _waiting(status: str) -> tuple[str, ...]:
    return ("due_shard", "due_at", "address") if status in ("claimed", "owed") else ("address",)


def _why(bounce: Mapping[str, Any]) -> str:
    recipients: Iterable[Mapping[str, Any]] = bounce.get("bouncedRecipients", [])
    codes = [str(r.get("diagnosticCode") or r.get("status") or "") for r in recipients]
    plain = re.sub(r"[^ <]+@[^ >]+", "…", "; ".join(filter(None, codes)))
    return f"{bounce.get('bounceType', '')}: {plain}"[:500]

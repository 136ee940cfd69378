"""Pauses an issue before SES would, and tells the admins: bounces, complaints, errors."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.letter_row import ADMINS, letter
from chalicelib.core.ports import Now, Put, Store
from chalicelib.core.records import moment, stamp
from chalicelib.mail.reputation import BOUNCE_SHARE, COMPLAINT_SHARE
from chalicelib.newsletter.issues.issue import (
    CANCELLED,
    SENDING,
    SENT,
    Issue,
    freeze_key,
    issue_of,
    pause_counts,
)
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle
from chalicelib.newsletter.sending import counts
from chalicelib.newsletter.sending.outcomes import ERRORS_IN_A_ROW

HoldReason = Literal[
    "bounces", "complaints", "rejects", "errors", "quota", "account", "postal_address",
    "sender_changed", "late_bounces", "late_complaints", "late_rejects",
]  # fmt: skip
"""Why an issue is paused or waits: the keys of `reasons` in content/holds.json."""

log = logging.getLogger("relais.newsletter")

HELD_LETTERS: Final = "HELD"
"""How the keys of letters about a pause begin."""

LETTER: Final = "newsletter_held"

MIN_SENDS: Final = 200
"""Before so many sends, a share says nothing."""


LATE: Final[Mapping[HoldReason, HoldReason]] = {
    "bounces": "late_bounces",
    "complaints": "late_complaints",
    "rejects": "late_rejects",
}
"""What the admins are told when an issue has left already, and cannot be paused any more."""

WATCHED_AFTER: Final = timedelta(days=1)
"""How long what comes back of an issue is watched after its last mail."""


class AutoPause:
    def __init__(self, store: Store, lifecycle: IssueLifecycle, now: Now) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._now = now

    def check(self, name: str) -> HoldReason | None:
        """Pause the issue when too much comes back; return the reason, None when all is well.

        Of one that has left, or was cancelled after some mails, the admins are told for a day:
        there is nothing left to pause.
        """
        reason, since = self._judged(name)
        if reason is None:
            return None
        # Bounces are counted as they come, sends a shard at a time: before a pause, all of them.
        for row in self._store.rows(f"ISSUE#{name}", "SHARD#"):
            if row["status"] != counts.SHARD_DONE:
                counts.update(self._store, name, row["sk"].partition("#")[2], self._now())
        reason, since = self._judged(name)
        if reason is None:
            return None
        issue = issue_of(self._store, name)
        if issue is not None and issue.status in (SENT, CANCELLED):
            ended_at = issue.finished_at or issue.updated_at
            if self._now() - moment(ended_at) <= WATCHED_AFTER:
                self.tell(issue, LATE[reason], since)
            return None
        return self.hold(name, reason, since)

    def _judged(self, name: str) -> tuple[HoldReason | None, dict[str, int]]:
        """Return the reason to pause, if any, and what was counted since the last resume."""
        sums = pause_counts(self._store, name)
        row = self._store.get(*freeze_key(name)) or {}
        # Whoever resumes has decided about what was: only what comes after it counts.
        base = row.get("base") or {}
        since = {k: number - base.get(k, 0) for k, number in sums.items()}
        rejected = since.pop("rejected")
        if rejected >= ERRORS_IN_A_ROW and rejected >= BOUNCE_SHARE * since["sent"]:
            # SES took them and sent none: a virus, or a text that cannot be filled in.
            return "rejects", {"sent": since["sent"], "rejected": rejected}
        if since["sent"] < MIN_SENDS:
            return None, since
        if since["bounced"] >= BOUNCE_SHARE * since["sent"]:
            return "bounces", since
        if since["complained"] >= COMPLAINT_SHARE * since["sent"]:
            return "complaints", since
        return None, since

    def hold(self, name: str, reason: HoldReason, facts: Mapping[str, object]) -> HoldReason | None:
        """Bring SENDING to AUTO_PAUSED, with a letter to the admins; return the reason, None when
        the issue is not being sent."""
        issue = issue_of(self._store, name)
        if issue is None or issue.status != SENDING:
            return None
        try:
            self._lifecycle.auto_pause(
                issue, reason, facts, also=[self._letter(issue, reason, facts)]
            )
        except (Conflict, Refused):
            return None
        log.error("issue %s is paused: %s %s", name, reason, dict(facts))
        return reason

    def tell(self, issue: Issue, reason: HoldReason, facts: Mapping[str, object]) -> None:
        """Owe the admins a letter about an issue that waits: once a day for one reason."""
        now = int(self._now().timestamp())
        pk, _ = freeze_key(issue.id)
        once = {"pk": pk, "sk": f"TOLD#{reason}", "kind": "limit", "expires": now + 86400}
        try:
            self._store.commit([Put(once, now + 1), self._letter(issue, reason, facts)])
        except Conflict:
            return
        log.error("issue %s waits: %s %s", issue.id, reason, dict(facts))

    def _letter(self, issue: Issue, reason: HoldReason, facts: Mapping[str, object]) -> Put:
        now = self._now()
        about = {"issue": issue.id, "reason": reason, "facts": dict(facts), "at": stamp(now)}
        # Numbered by the second: the same reason may come again after a resume.
        number = int(now.timestamp())
        pk = f"{HELD_LETTERS}#{issue.id}_{reason}"
        return Put(letter(pk, number, LETTER, to=ADMINS, due=stamp(now), facts=about))

"""Pauses an issue before SES would: too many bounces, complaints or errors; staff are told."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.letter_row import ADMINS, letter
from chalicelib.core.ports import Now, Put, Store
from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.issue import SENDING, Issue, freeze_key, issue_of, watched
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle
from chalicelib.newsletter.sending import counts

log = logging.getLogger("relais.newsletter")

HELD_LETTERS: Final = "HELD"
"""How the keys of the letters begin that tell of a pause."""

LETTER: Final = "newsletter_held"

LEAST_SENDS: Final = 200
"""Before so many sends, a share says nothing."""

BOUNCE_SHARE: Final = 0.04
COMPLAINT_SHARE: Final = 0.0008
"""Shares of what was sent. SES reviews an account at 5 % and 0.1 %."""


class AutoPause:
    def __init__(self, store: Store, lifecycle: IssueLifecycle, now: Now) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._now = now

    def check(self, name: str) -> str | None:
        """The reason for which the issue was paused; None when all is well."""
        reason, since = self._judged(name)
        if reason is None:
            return None
        # Bounces are counted as they come, sends a shard at a time: before a pause, all of them.
        for row in self._store.rows(f"ISSUE#{name}", "SHARD#"):
            if row["status"] != counts.SHARD_DONE:
                counts.tell(self._store, name, row["sk"].partition("#")[2])
        reason, since = self._judged(name)
        return self.hold(name, reason, since) if reason else None

    def _judged(self, name: str) -> tuple[str | None, dict[str, int]]:
        sums = watched(self._store, name)
        row = self._store.get(*freeze_key(name)) or {}
        # Whoever resumes has decided about what was: only what comes after it counts.
        base = row.get("base") or {}
        since = {k: number - base.get(k, 0) for k, number in sums.items()}
        if since["sent"] < LEAST_SENDS:
            return None, since
        if since["bounced"] >= BOUNCE_SHARE * since["sent"]:
            return "bounces", since
        if since["complained"] >= COMPLAINT_SHARE * since["sent"]:
            return "complaints", since
        return None, since

    def hold(self, name: str, reason: str, facts: Mapping[str, Any]) -> str | None:
        """SENDING → AUTO_PAUSED, with a letter to the admins. None when it is not being sent."""
        issue = issue_of(self._store, name)
        if issue is None or issue.status != SENDING:
            return None
        try:
            self._lifecycle.auto_pause(
                issue, reason, facts, also=[self._told(issue, reason, facts)]
            )
        except (Conflict, Refused):
            return None
        log.error("issue %s is paused: %s %s", name, reason, dict(facts))
        return reason

    def tell(self, issue: Issue, reason: str, facts: Mapping[str, Any]) -> None:
        """A letter to the admins, once a day for one reason, about an issue that waits."""
        now = int(self._now().timestamp())
        pk, _ = freeze_key(issue.id)
        once = {"pk": pk, "sk": f"TOLD#{reason}", "kind": "limit", "expires": now + 86400}
        try:
            self._store.commit([Put(once, now + 1), self._told(issue, reason, facts)])
        except Conflict:
            return
        log.error("issue %s waits: %s %s", issue.id, reason, dict(facts))

    def _told(self, issue: Issue, reason: str, facts: Mapping[str, Any]) -> Put:
        now = self._now()
        told = {"issue": issue.id, "reason": reason, "facts": dict(facts), "at": stamp(now)}
        # Numbered by the second: the same reason may come again after a resume.
        number = int(now.timestamp())
        pk = f"{HELD_LETTERS}#{issue.id}_{reason}"
        return Put(letter(pk, number, LETTER, to=ADMINS, due=stamp(now), facts=told))

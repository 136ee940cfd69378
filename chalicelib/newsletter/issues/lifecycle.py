"""The life of an issue: each method is one transaction, the issue and its audit event."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.cases.audit import event
from chalicelib.core.errors import NotFound
from chalicelib.core.ports import Change, Now, Put, Store, Write
from chalicelib.core.records import shard_of, stamp
from chalicelib.newsletter.issues.archive import publication
from chalicelib.newsletter.issues.issue import (
    AUTO_PAUSED,
    Issue,
    freeze_key,
    indexed,
    issue_of,
    step,
    watched,
)

RELAIS: Final = "relais"
"""Who acts when nobody does: the clock, the sender."""

_NOT_DUE: Final = ("due_shard", "due_at")


class IssueLifecycle:
    """Every step expects the status and the count of events it saw: the second of two at
    once meets a Conflict, and a step that runs twice meets Refused or Conflict.

    `also` joins writes to the transaction. Times given are those of the clock's now.
    """

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def get(self, issue: str) -> Issue:
        """The issue as it is now. Raises NotFound."""
        found = issue_of(self._store, issue)
        if found is None:
            raise NotFound(issue)
        return found

    def start(self, issue: Issue, also: Sequence[Write] = (), due: datetime | None = None) -> Issue:
        """SCHEDULED → SENDING: called when `send_at` has come. Its page is there from now on."""
        now = stamp(self._now())
        listed = publication(self._store, issue, now)
        sets = {"started_at": now}
        return self.move(issue, "start", RELAIS, sets, also=[*also, *listed], due=due)

    def pause(self, issue: Issue, by: str, reason: str = "") -> Issue:
        return self._held(issue, "pause", by, reason, {})

    def auto_pause(
        self, issue: Issue, reason: str, facts: Mapping[str, Any], also: Sequence[Write] = ()
    ) -> Issue:
        """SENDING → AUTO_PAUSED. `reason` is a code: `bounces`, `complaints`, `errors`."""
        return self._held(issue, "auto_pause", RELAIS, reason, facts, also)

    def resume(self, issue: Issue, by: str, also: Sequence[Write] = ()) -> Issue:
        """Goes on where it stopped: due at once."""
        if issue.status == AUTO_PAUSED:
            base = {"base": watched(self._store, issue.id)}
            also = [*also, Change(freeze_key(issue.id), set=base)]
        return self.move(issue, "resume", by, {}, drop=("paused",), also=also, due=self._now())

    def cancel(self, issue: Issue, by: str) -> Issue:
        """Whoever has not been written to will not be. Due at once: what became of mails that
        are in flight is still to be found out."""
        return self.move(issue, "cancel", by, {}, drop=("paused",), due=self._now())

    def finished(
        self, issue: Issue, report: Mapping[str, Any], also: Sequence[Write] = ()
    ) -> Issue:
        """SENDING → SENT, with the sums of that moment."""
        sets = {"finished_at": stamp(self._now()), "report": dict(report)}
        return self.move(issue, "finish", RELAIS, sets, also=also)

    def move(  # noqa: PLR0913
        self,
        issue: Issue,
        name: str,
        by: str,
        sets: Mapping[str, Any],
        *,
        drop: Sequence[str] = (),
        also: Sequence[Write] = (),
        data: Mapping[str, Any] | None = None,
        due: datetime | None = None,
    ) -> Issue:
        """One step of the table. `data` is what the event tells; `due` wakes the sweep then.

        Raises Refused when the table has no such step, Conflict when somebody was faster.
        """
        now = stamp(self._now())
        to = step(issue.status, name)
        told = {"from": issue.status, "to": to, "version": issue.version, **(data or {})}
        happened = event(
            issue.key[0], issue.events + 1, issue.head, name=name, actor=by, at=now, data=told
        )
        moved = {
            **sets,
            "status": to,
            "events": issue.events + 1,
            "head": happened["hash"],
            "updated_at": now,
        }
        when = {"due_shard": shard_of(issue.key[0]), "due_at": stamp(due)} if due else {}
        change = Change(
            issue.key,
            expect={"status": issue.status, "events": issue.events},
            set={**moved, **indexed(to), **when},
            remove=[*drop, *(() if due else _NOT_DUE)],
        )
        self._store.commit([change, Put(happened), *also])
        return replace(issue, **{**moved, **dict.fromkeys(drop)})

    def _held(  # noqa: PLR0913
        self,
        issue: Issue,
        name: str,
        by: str,
        reason: str,
        facts: Mapping[str, Any],
        also: Sequence[Write] = (),
    ) -> Issue:
        now = stamp(self._now())
        paused = {"by": by, "at": now, "reason": reason, "facts": dict(facts)}
        data = {"reason": reason, **facts}
        return self.move(issue, name, by, {"paused": paused}, also=also, data=data)

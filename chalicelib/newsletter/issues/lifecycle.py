"""The life of an issue: each method is one transaction of the issue and its audit event."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.cases.audit import event
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Change, Now, Put, Store, Write
from chalicelib.core.records import shard_of, stamp
from chalicelib.newsletter.issues.archive import publication, withdrawal
from chalicelib.newsletter.issues.issue import (
    AUTO_PAUSED,
    Issue,
    IssueEvent,
    IssuePause,
    existing_issue,
    freeze_key,
    indexed,
    pause_counts,
    status_after,
)

RELAIS: Final = "relais"
"""The actor of what the clock and the sender do."""

LETTER: Final = "newsletter_news"

ISSUE_LETTERS: Final = "EDITION"
"""How the keys of letters about an issue begin."""

NEWS: Final[tuple[IssueEvent, ...]] = (
    "approve", "send_back", "schedule", "unschedule", "edit", "cancel",
)  # fmt: skip
"""Events that those who wrote and approved an issue are told of, unless it was they who did it."""

_NOT_DUE: Final = ("due_shard", "due_at")


class IssueLifecycle:
    """Every event expects the status and the count of events it saw: the second of two at once
    meets a Conflict, and an event that comes twice meets Refused or Conflict.

    Each method returns the issue as it is after. `also` joins writes to the transaction; `due`
    has the sweep look at the issue then.
    """

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def get(self, issue: str) -> Issue:
        """Return the issue as it is now. Raises NotFound."""
        return existing_issue(self._store, issue)

    def start(self, issue: Issue, also: Sequence[Write] = (), due: datetime | None = None) -> Issue:
        """Start an issue whose `send_at` has come: SCHEDULED → SENDING, with its page from now on."""
        now = stamp(self._now())
        listed = publication(self._store, issue, now)
        sets = {"started_at": now}
        return self.move(issue, "start", RELAIS, sets, also=[*also, *listed], due=due)

    def pause(self, issue: Issue, by: str, reason: str = "") -> Issue:
        return self._held(issue, "pause", by, reason, {})

    def auto_pause(
        self, issue: Issue, reason: str, facts: Mapping[str, object], also: Sequence[Write] = ()
    ) -> Issue:
        """Pause a SENDING issue for a reason that was counted: `bounces`, `complaints`, `errors`."""
        return self._held(issue, "auto_pause", RELAIS, reason, facts, also)

    def resume(self, issue: Issue, by: str, also: Sequence[Write] = ()) -> Issue:
        """Have an issue go on where it stopped: it is due at once."""
        if issue.status == AUTO_PAUSED:
            base = {"base": pause_counts(self._store, issue.id)}
            also = [*also, Change(freeze_key(issue.id), set=base)]
        return self.move(issue, "resume", by, {}, drop=("paused",), also=also, due=self._now())

    def cancel(self, issue: Issue, by: str) -> Issue:
        """Write to nobody more. The issue is due at once: what became of mails that are in flight is
        still to be found out."""
        taken_down = withdrawal(self._store, issue)
        return self.move(
            issue, "cancel", by, {}, drop=("paused",), also=taken_down, due=self._now()
        )

    def finished(
        self, issue: Issue, report: Mapping[str, Mapping[str, int]], also: Sequence[Write] = ()
    ) -> Issue:
        """End a SENDING issue, with its counts (language → name → number) as the report."""
        sets = {"finished_at": stamp(self._now()), "report": dict(report)}
        return self.move(issue, "finish", RELAIS, sets, also=also)

    def move(  # noqa: PLR0913
        self,
        issue: Issue,
        name: IssueEvent,
        by: str,
        sets: Mapping[str, object],
        *,
        drop: Sequence[str] = (),
        also: Sequence[Write] = (),
        data: Mapping[str, object] | None = None,
        due: datetime | None = None,
    ) -> Issue:
        """Do one transition: set `sets` and remove `drop` of the row, with an audit event that
        holds `data`.

        Raises Refused when the table has no such transition, Conflict when somebody was faster.
        """
        now = stamp(self._now())
        to = status_after(issue.status, name)
        facts = {"from": issue.status, "to": to, "version": issue.version, **(data or {})}
        moved: dict[str, Any] = {**sets, "status": to, "updated_at": now}
        moved["events"] = issue.events + 1
        after = replace(issue, **{**moved, **dict.fromkeys(drop)})
        happened = event(
            issue.key[0], issue.events + 1, issue.head,
            name=name, actor=by, at=now, data=facts, row=after.item(),
        )  # fmt: skip
        moved["head"] = happened["hash"]
        when = {"due_shard": shard_of(issue.key[0]), "due_at": stamp(due)} if due else {}
        change = Change(
            issue.key,
            expect={"status": issue.status, "events": issue.events},
            set={**moved, **indexed(to), **when},
            remove=[*drop, *(() if due else _NOT_DUE)],
        )
        news = self._news(issue, after, name, by)
        self._store.commit([change, Put(happened), *news, *also])
        return replace(after, head=happened["hash"])

    def _news(self, issue: Issue, after: Issue, name: IssueEvent, by: str) -> list[Put]:
        """Return the letters about an event to the authors and to whoever approved the issue."""
        if name not in NEWS:
            return []
        approvers = [one["by"] for one in (issue.approved, after.approved) if one]
        decided = after.approved
        facts = {
            "event": name,
            "by": by,
            "version": issue.version,
            "send_at": after.send_at or issue.send_at,
            "remarks": decided["remarks"] if decided and name in ("approve", "send_back") else "",
        }
        readers = dict.fromkeys([*after.authors, *approvers])
        return [
            Put(
                letter(
                    issue_letters_pk(issue.id), issue.events + 1, LETTER,
                    to=staff, due=stamp(self._now()), facts=facts,
                )
            )
            for staff in readers
            if staff != by
        ]  # fmt: skip

    def _held(  # noqa: PLR0913
        self,
        issue: Issue,
        name: IssueEvent,
        by: str,
        reason: str,
        facts: Mapping[str, object],
        also: Sequence[Write] = (),
    ) -> Issue:
        now = stamp(self._now())
        paused: IssuePause = {"by": by, "at": now, "reason": reason, "facts": dict(facts)}
        data = {"reason": reason, **facts}
        return self.move(issue, name, by, {"paused": paused}, also=also, data=data)


def issue_letters_pk(issue: str) -> str:
    """Return the `pk` of letters about an issue."""
    return f"{ISSUE_LETTERS}#{issue}"

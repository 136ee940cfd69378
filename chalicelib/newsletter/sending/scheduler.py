"""Looks after an issue once a minute: starts it, has it frozen and sent, finishes it."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from chalicelib.core import log_lines
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.ports import Change, Item, Key, Now
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.issue_counts import counted
from chalicelib.newsletter.issues import archive
from chalicelib.newsletter.issues.issue import (
    CANCELLED,
    SCHEDULED,
    SENDING,
    Issue,
    SentBy,
    freeze_key,
    issue_of,
    unaddressed,
)
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle
from chalicelib.newsletter.sending import counts
from chalicelib.newsletter.sending.audience import Audience, FreezeOutcome
from chalicelib.newsletter.sending.auto_pause import AutoPause
from chalicelib.newsletter.sending.keys import shard_row_key
from chalicelib.newsletter.sending.outcomes import SHORT_WAIT, StopReason
from chalicelib.newsletter.sending.ports import Job, Queue, SubscriberStore
from chalicelib.newsletter.sending.sender import IssueSender, RunResult

log = logging.getLogger("relais.newsletter")

MIND_INTERVAL: Final = timedelta(minutes=1)
"""How often an issue that is sent is looked at."""

UNSENDABLE_WAIT: Final = timedelta(hours=1)
"""How long an issue waits that may not be sent, before it is looked at again."""

LOST_AFTER: Final = timedelta(minutes=3)
SURELY_LOST_AFTER: Final = timedelta(hours=1)
"""How old the message of an open shard is when it is taken for lost: while the queue is empty,
and whatever the queue holds. One message too many is harmless."""

TIME_SHARE: Final = 0.8
"""The part of a function's time that a bundle of jobs uses; the rest is to finish in."""

MAX_DELAY_SECONDS: Final = 900
"""The longest delay that SQS knows."""

MAX_LINKS: Final = 10
"""A worker queues its own shard so often at most; then the sweep does, which begins anew.

Lambda takes a function that feeds its own queue for a loop, and stops it after some sixteen
links of a chain: an issue that waits for SES for some minutes would end there.
"""

QUOTA_WAIT: Final = timedelta(minutes=15)
"""How long a shard waits after the day's quota is used up: it comes back bit by bit, over 24
hours."""

MindOutcome = Literal[
    "started", "freezing", "sending", "finished", "paused", "waits", "wound_up", "overtaken", "gone",
]  # fmt: skip


class Scheduler:
    def __init__(  # noqa: PLR0913
        self,
        store: SubscriberStore,
        lifecycle: IssueLifecycle,
        queue: Queue,
        auto_pause: AutoPause,
        now: Now,
        *,
        sent_by: SentBy,
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._queue = queue
        self._auto_pause = auto_pause
        self._now = now
        self._sent_by = sent_by

    def mind(self, key: Key) -> MindOutcome:
        """Do what the issue is due for, and return what became of it."""
        issue = issue_of(self._store, key[0].partition("#")[2])
        if issue is None:
            return "gone"
        try:
            if issue.status == SCHEDULED:
                return self._start(issue)
            if issue.status == SENDING:
                return self._go_on(issue)
            if issue.status == CANCELLED:
                return self._wind_up(issue)
        except (Conflict, Refused):
            # Somebody paused, cancelled or edited it meanwhile: their change counts.
            return "overtaken"
        return "gone"

    def feed(self, issue: Issue) -> None:
        """Queue every shard that is not done, once for each time that the issue began or was
        resumed."""
        open_ = [row for row in self._shards(issue.id) if row["status"] != counts.SHARD_DONE]
        self._put(issue, open_)
        if not open_:
            # With no shard left, or none at all, that it was fed is noted all the same.
            self._fed(issue)

    def _start(self, issue: Issue) -> MindOutcome:
        now = self._now()
        if (issue.send_at or "") > stamp(now):
            return self._again(issue, moment(str(issue.send_at)), "waits")
        if wrong := unaddressed(issue, self._sent_by):
            self._auto_pause.tell(issue, wrong, {})
            return self._again(issue, now + UNSENDABLE_WAIT, "waits")
        self._lifecycle.start(issue, due=now + MIND_INTERVAL)
        self._queue.put([{"issue": issue.id}])
        return "started"

    def _go_on(self, issue: Issue) -> MindOutcome:
        freeze = self._store.get(*freeze_key(issue.id)) or {}
        again = self._now() + MIND_INTERVAL
        if not freeze.get("frozen_at"):
            self._queue.put([{"issue": issue.id}])
            return self._again(issue, again, "freezing")
        if self._auto_pause.check(issue.id):
            return "paused"
        if freeze.get("fed") != issue.events:
            self.feed(issue)
            return self._again(issue, again, "sending")
        shards = self._shards(issue.id)
        if all(row["status"] == counts.SHARD_DONE for row in shards):
            self._lifecycle.finished(issue, counted(self._store, issue.id))
            return "finished"
        self._put(issue, self._strayed(shards, freeze["fed_at"]))
        return self._again(issue, again, "sending")

    def _wind_up(self, issue: Issue) -> MindOutcome:
        """Have workers look at each shard once more, and note that last: dying before is safe."""
        open_ = [row for row in self._shards(issue.id) if row["status"] != counts.SHARD_DONE]
        self._queue.put([_job(issue, row) for row in open_])
        now = {"status": issue.status, "events": issue.events}
        self._store.commit([Change(issue.key, expect=now, remove=("due_at", "due_shard"))])
        return "wound_up"

    def _strayed(self, shards: Sequence[Item], fed_at: str) -> list[Item]:
        """Return the shards that nobody queues but the sweep: whose message was lost, and those
        that a worker left to it until now."""
        now = self._now()
        open_ = [row for row in shards if row["status"] != counts.SHARD_DONE]
        left = [row for row in open_ if "resume_at" in row]
        open_ = [row for row in open_ if "resume_at" not in row]
        late = [row for row in open_ if max(row["put_at"], fed_at) <= stamp(now - LOST_AFTER)]
        if late and not self._queue.idle():
            over = stamp(now - SURELY_LOST_AFTER)
            late = [row for row in late if max(row["put_at"], fed_at) <= over]
        return [*late, *(row for row in left if row["resume_at"] <= stamp(now))]

    def _put(self, issue: Issue, shards: Sequence[Item]) -> None:
        """Queue shards and note it; after a death in between they are queued once more."""
        if shards:
            self._queue.put([_job(issue, row) for row in shards])
            put_at = {"put_at": stamp(self._now())}
            for row in shards:
                if "resume_at" in row:
                    key = row["pk"], row["sk"]
                    self._store.commit([Change(key, set=put_at, remove=("resume_at",))])
            self._fed(issue)

    def _fed(self, issue: Issue) -> None:
        fed = {"fed": issue.events, "fed_at": stamp(self._now())}
        self._store.commit([Change(freeze_key(issue.id), set=fed)])

    def _shards(self, issue: str) -> list[Item]:
        return self._store.rows(f"ISSUE#{issue}", "SHARD#")

    def _again(self, issue: Issue, at: datetime, outcome: MindOutcome) -> MindOutcome:
        """Have the issue looked at again then; return `outcome`."""
        change = Change(
            issue.key,
            expect={"status": issue.status, "events": issue.events},
            set={"due_at": stamp(at)},
        )
        self._store.commit([change])
        return outcome


JobOutcome = (
    FreezeOutcome | StopReason | Literal["done", "overtaken", "postal_address", "sender_changed"]
)


class Worker:
    """Does one job of the queue: freezes an issue, or sends a shard of it."""

    def __init__(  # noqa: PLR0913
        self,
        store: SubscriberStore,
        audience: Audience,
        sender: IssueSender,
        scheduler: Scheduler,
        auto_pause: AutoPause,
        queue: Queue,
        now: Now,
        *,
        sent_by: SentBy,
    ) -> None:
        self._store = store
        self._audience = audience
        self._sender = sender
        self._scheduler = scheduler
        self._auto_pause = auto_pause
        self._queue = queue
        self._now = now
        self._sent_by = sent_by

    def take(self, event: Mapping[str, Any], left: float) -> list[str]:
        """Run the jobs of a bundle of messages, with `left` seconds to do it; return what became of
        each."""
        until = self._now() + timedelta(seconds=left * TIME_SHARE)
        return [self.run(json.loads(message["body"]), until) for message in event["Records"]]

    def run(self, job: Job, until: datetime) -> JobOutcome:
        """Do the job, and return what became of it, or why it stopped."""
        with log_lines.event("issue_part"):
            log_lines.note(issue=job["issue"], outcome=(outcome := self._run(job, until)))
            return outcome

    def _run(self, job: Job, until: datetime) -> JobOutcome:
        issue = issue_of(self._store, job["issue"])
        if issue is not None and issue.status == CANCELLED and "shard" in job:
            return self._settle(issue, job)
        if issue is None or issue.status != SENDING:
            return "paused"
        if job.get("events", issue.events) != issue.events:
            # Paused and resumed since: the shard has another message from that resume.
            return "overtaken"
        if wrong := unaddressed(issue, self._sent_by):
            self._auto_pause.tell(issue, wrong, {})
            return wrong
        if "shard" not in job:
            return self._freeze(issue, until)
        left = self._sender.work(issue.id, job["shard"], until)
        return self._left(issue, job, left)

    def _settle(self, issue: Issue, job: Job) -> JobOutcome:
        at = self._sender.settle(job["issue"], job["shard"])
        archive.put_back(self._store, issue)
        if at is not None:
            self._later(job, at)
        return "done" if at is None else "later"

    def _freeze(self, issue: Issue, until: datetime) -> JobOutcome:
        outcome = self._audience.freeze(issue, until)
        if outcome == "frozen":
            freeze = self._store.get(*freeze_key(issue.id)) or {}
            if freeze.get("fed") != issue.events:
                self._scheduler.feed(issue)
        return outcome

    def _left(self, issue: Issue, job: Job, left: RunResult) -> JobOutcome:
        """Queue the shard again when something is left of it; return what became of it."""
        if left.stopped == "errors":
            self._auto_pause.hold(issue.id, "errors", left.facts)
        if left.stopped in ("quota", "account"):
            self._auto_pause.tell(issue, left.stopped, left.facts)
            self._later(job, self._now() + QUOTA_WAIT)
        elif left.stopped == "busy":
            self._later(job, self._now() + SHORT_WAIT)
        elif left.at is not None and left.stopped not in ("errors", "paused"):
            self._later(job, left.at)
        return left.stopped or ("done" if left.at is None else "later")

    def _later(self, job: Job, at: datetime) -> None:
        """Queue the shard again, or leave it to the sweep at the end of a chain."""
        now = self._now()
        delay = min(MAX_DELAY_SECONDS, max(0, int((at - now).total_seconds()) + 1))
        key = shard_row_key(job["issue"], job["shard"])
        due = stamp(now + timedelta(seconds=delay))
        links = job.get("links", 0) + 1
        if links > MAX_LINKS and self._is_minded(job):
            self._store.commit([Change(key, set={"put_at": due, "resume_at": due})])
            return
        self._store.commit([Change(key, set={"put_at": due})])
        self._queue.put([{**job, "links": links}], delay)

    def _is_minded(self, job: Job) -> bool:
        """Whether the sweep looks after the issue; what is in flight of a cancelled one is settled
        by a few more links."""
        issue = issue_of(self._store, job["issue"])
        return issue is not None and issue.status == SENDING


def _job(issue: Issue, row: Item) -> Job:
    """Return the job that sends a shard, which holds until the issue is paused."""
    return {"issue": issue.id, "shard": row["sk"].partition("#")[2], "events": issue.events}

"""Sends a shard of an issue: lease, look again, hand over, mark; nobody twice, nobody lost."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core import log_lines
from chalicelib.core.errors import Conflict, NotYet, OutcomeUnknown, StoreDown, Throttled
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Item, Now
from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.issue import SENDING, Issue, issue_of, rendered_of
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.sending import counts, ledger
from chalicelib.newsletter.sending.envelopes import Envelopes
from chalicelib.newsletter.sending.keys import seen_key
from chalicelib.newsletter.sending.ledger import Batch, RecipientOutcome
from chalicelib.newsletter.sending.outcomes import (
    BULK_THROTTLED_WAIT,
    SHORT_WAIT,
    Stop,
    StopReason,
    Streak,
    outcome_of,
    unwanted,
)
from chalicelib.newsletter.sending.pacing import Pace, QuotaReached
from chalicelib.newsletter.sending.ports import (
    Bulk,
    BulkDeclined,
    BulkMailer,
    SesReply,
    SubscriberStore,
)

log = logging.getLogger("relais.newsletter")

STATUS_INTERVAL: Final = timedelta(seconds=1)
"""How often the status of the issue is read: a pause is noticed within that time."""

COUNT_INTERVAL: Final = timedelta(seconds=10)
"""How often the counts of a shard are added to the issue while it is sent."""

WRITE_ATTEMPTS: Final = 3


@dataclass(frozen=True)
class RunResult:
    """What is left of a shard: `at` says when there is more to do, None when all of it is done.
    `stopped` and `facts` are those of a Stop, if there was one."""

    at: datetime | None
    stopped: StopReason | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Run:
    """One worker on one shard."""

    issue: Issue
    shard: str
    until: datetime
    texts: Mapping[str, Rendered]
    looked_at: datetime
    counted_at: datetime


class IssueSender:
    def __init__(  # noqa: PLR0913
        self,
        store: SubscriberStore,
        mailer: BulkMailer,
        pace: Pace,
        envelopes: Envelopes,
        now: Now,
        name: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        """`name` makes one for this worker, different from all others."""
        self._store = store
        self._mailer = mailer
        self._pace = pace
        self._envelopes = envelopes
        self._now = now
        self._me = name()
        self._streak = Streak()
        self._streak_of = ""
        self._read: dict[str, Rendered] = {}
        self._read_of: tuple[str, int] | None = None

    def work(self, issue: str, shard: str, until: datetime) -> RunResult:
        """Send what is ready of a shard, until then. Dying at any point loses and doubles
        nothing."""
        found = issue_of(self._store, issue)
        if found is None or found.status != SENDING:
            return RunResult(None, "paused")
        texts = self._texts(found)
        if issue != self._streak_of:
            # The errors of one issue say nothing of another one's.
            self._streak, self._streak_of = Streak(), issue
        now = self._now()
        run = Run(found, shard, until, texts, now, now)
        stop: Stop | None = None
        try:
            for batch in self._settled(run):
                self._send(run, batch)
        except Stop as why:
            stop = why
        except StoreDown as down:
            log.warning("shard %s of %s: %s", shard, issue, down)
            return RunResult(self._now() + SHORT_WAIT)
        at = counts.update(self._store, found.id, shard, self._now())
        return RunResult(at, stop.why, stop.facts) if stop else RunResult(at)

    def _texts(self, issue: Issue) -> Mapping[str, Rendered]:
        """Return the texts of an issue, read once: those of a version never change."""
        version = issue.id, issue.version
        if version != self._read_of:
            found: dict[str, Rendered | None] = {
                lang: rendered_of(self._store, issue, lang) for lang in LANGS
            }
            self._read = {lang: text for lang, text in found.items() if text}
            self._read_of = version if len(self._read) == len(LANGS) else None
        return self._read

    def settle(self, issue: str, shard: str) -> datetime | None:
        """Find out what became of mails in flight when the issue was cancelled, and send nothing.
        Return when to look again, None when all is known."""
        open_ = []
        for batch, seen in counts.read(self._store, issue, shard):
            after = batch.settled(seen, self._now())
            if after is not batch:
                self._write(batch, after)
            open_ += [at for at in (after.in_flight_until(),) if at]
        counts.update(self._store, issue, shard, self._now())
        return min(open_, default=None)

    def _settled(self, run: Run) -> list[Batch]:
        """Return the shard's batches, with what SES reported of those in flight."""
        found = []
        for batch, seen in counts.read(self._store, run.issue.id, run.shard):
            after = batch.settled(seen, self._now())
            if after is not batch and not self._write(batch, after):
                continue
            found.append(after)
        return found

    def _send(self, run: Run, batch: Batch) -> None:
        while some := batch.ready(self._now())[: self._chunk()]:
            if self._now() >= run.until:
                raise Stop("time")
            try:
                self._pace.take(len(some))
            except QuotaReached as reached:
                raise Stop("quota", used=reached.used, daily=reached.daily) from reached
            except NotYet as stopped:
                raise _stop(stopped) from stopped
            self._check_status(run)
            if any(batch.states[n] == ledger.RETRY for n in some):
                after = self._settled_since(run, batch)
                if after is not batch:
                    if not self._write(batch, after):
                        return
                    batch = after
                    continue
            leased = batch.leased(some, self._now())
            if not self._write(batch, leased):
                return
            replies = self._hand_over(run, leased, some)
            log_lines.count("issue-mails", sum(r.kind == "sent" for r, _ in replies.values()))
            outcomes, stop = self._streak.judge(replies)
            batch = leased.answered(outcomes, self._now())
            if not self._write(leased, batch):
                log.warning("shard %s: a batch was settled by somebody else", run.shard)
                return
            if stop:
                raise stop
            self._update_counts(run)

    def _settled_since(self, run: Run, batch: Batch) -> Batch:
        """Return the batch with what SES reported during the wait for a place in the line:
        whoever is tried again may turn out to have been sent to."""
        seen = self._store.get(*seen_key(run.issue.id, run.shard, batch.number)) or {}
        return batch.settled(seen, self._now())

    def _chunk(self) -> int:
        try:
            return self._pace.chunk()
        except NotYet as stopped:
            raise _stop(stopped) from stopped

    def _check_status(self, run: Run) -> None:
        """Raise Stop when the issue was paused: that stops the next call, not the next shard."""
        now = self._now()
        if now - run.looked_at < STATUS_INTERVAL:
            return
        found = issue_of(self._store, run.issue.id)
        if found is None or found.status != SENDING:
            raise Stop("paused")
        run.looked_at = now

    def _update_counts(self, run: Run) -> None:
        if self._now() - run.counted_at >= COUNT_INTERVAL:
            counts.update(self._store, run.issue.id, run.shard, self._now())
            run.counted_at = self._now()

    def _hand_over(
        self, run: Run, batch: Batch, positions: Sequence[int]
    ) -> dict[int, tuple[SesReply, RecipientOutcome]]:
        """Offer a text to these, and skip whoever left since the audience was frozen; return the
        reply and the outcome of each."""
        try:
            profiles = self._store.profiles([batch.people[n] for n in positions])
        except StoreDown as down:
            later = (
                SesReply("later", str(down), of_call=True),
                RecipientOutcome(ledger.RETRY, "", counts=False, wait=BULK_THROTTLED_WAIT),
            )
            return dict.fromkeys(positions, later)
        found: dict[int, tuple[SesReply, RecipientOutcome]] = {}
        readers: dict[str, list[int]] = {}
        now = stamp(self._now())
        for n in positions:
            profile = profiles.get(batch.people[n])
            if why := unwanted(profile, run.issue.topics, now):
                skipped = SesReply("skipped", why)
                found[n] = skipped, outcome_of(skipped, 0)
            else:
                assert profile is not None
                readers.setdefault(profile["lang"], []).append(n)
        for lang, some in readers.items():
            # Whoever changed language since the freeze reads the other text.
            reads = lang if lang in run.texts else batch.lang
            bulk = Bulk(
                run.texts[reads],
                self._envelopes.common(run.issue.id, reads),
                self._envelopes.each(batch, some, profiles),
            )
            for n, reply in zip(some, self._offer(bulk), strict=True):
                found[n] = reply, outcome_of(reply, batch.tries.get(n, 0))
        return found

    def _offer(self, bulk: Bulk) -> list[SesReply]:
        """Return one reply for each envelope of a bulk.

        A bulk that SES declines goes again in halves: one bad address must not keep the other
        forty-nine from their issue. Nothing of it was sent, so nothing is sent twice.
        """
        number = len(bulk.envelopes)
        try:
            replies = self._mailer.offer(bulk)
        except OutcomeUnknown as unknown:
            return [SesReply("unknown", str(unknown), of_call=True)] * number
        except BulkDeclined as declined:
            if number == 1:
                return [SesReply("refused", str(declined))]
            halves = bulk.envelopes[: number // 2], bulk.envelopes[number // 2 :]
            return [
                reply for half in halves for reply in self._offer(replace(bulk, envelopes=half))
            ]
        if any(reply.kind == "throttled" for reply in replies):
            self._pace.throttled()
        return replies

    def _write(self, before: Batch, after: Batch) -> bool:
        """Write the batch, and return whether this worker's write stands. A reply that gets lost
        is asked for again."""
        after_ours = replace(after, by=self._me)
        change = after_ours.write(before)
        for turn in range(WRITE_ATTEMPTS):
            try:
                self._store.commit([change])
            except Conflict as met:
                return _same(met.met(change.key) or {}, after_ours)
            except StoreDown:
                if turn == WRITE_ATTEMPTS - 1:
                    raise
            else:
                return True
        raise AssertionError


def _stop(stopped: NotYet) -> Stop:
    if isinstance(stopped, Throttled):
        return Stop("busy")
    return Stop("account", reason=str(stopped))


def _same(found: Item, ours: Batch) -> bool:
    return found.get("turn") == ours.turn and found.get("by") == ours.by

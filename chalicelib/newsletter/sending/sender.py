"""Sends a shard of an issue: lease, look again, hand over, mark; nobody twice, nobody lost."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core.errors import Conflict, NotYet, OutcomeUnknown, StoreDown
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Now
from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.issue import SENDING, Issue, issue_of, rendered_of
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.sending import counts, ledger
from chalicelib.newsletter.sending.envelopes import Envelopes
from chalicelib.newsletter.sending.ledger import Batch, Outcome, seen_key
from chalicelib.newsletter.sending.outcomes import (
    SHORT_WAIT,
    THROTTLED_WAIT,
    Stop,
    Streak,
    outcome_of,
    unwanted,
)
from chalicelib.newsletter.sending.pacing import Pace, QuotaReached
from chalicelib.newsletter.sending.ports import Bulk, BulkMailer, Declined, Reply, SubscriberStore

log = logging.getLogger("relais.newsletter")

STATUS_INTERVAL: Final = timedelta(seconds=1)
"""How long an issue is taken to be still sent: a pause is heard of within that time."""

COUNT_INTERVAL: Final = timedelta(seconds=10)
"""How often the numbers of a shard are told while it is sent."""

WRITE_ATTEMPTS: Final = 3


@dataclass(frozen=True)
class RunResult:
    """What is left of a shard: `at` says when there is more to do (a stamp, `""` for at once),
    None when all of it is done. `stopped` is the reason of a Stop."""

    at: str | None
    stopped: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Run:
    """One worker with one shard."""

    issue: Issue
    shard: str
    until: datetime
    texts: Mapping[str, Rendered]
    looked_at: datetime
    told_at: datetime


class Sender:
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

    def work(self, issue: str, shard: str, until: datetime) -> RunResult:
        """Sends what is ready, until then. Dying at any point loses and doubles nothing."""
        found = issue_of(self._store, issue)
        if found is None or found.status != SENDING:
            return RunResult(None, "paused")
        texts: dict[str, Rendered] = {
            lang: text for lang in LANGS if (text := rendered_of(self._store, found, lang))
        }
        now = self._now()
        run = Run(found, shard, until, texts, now, now)
        stop = RunResult("")
        try:
            for batch in self._settled(run):
                self._send(run, batch)
        except Stop as why:
            stop = RunResult("", why.why, why.facts)
        except StoreDown as down:
            log.warning("shard %s of %s: %s", shard, issue, down)
            return RunResult(stamp(self._now() + SHORT_WAIT))
        at = counts.tell(self._store, found.id, shard)
        return replace(stop, at=at)

    def settle(self, issue: str, shard: str) -> str | None:
        """What became of mails in flight when the issue was cancelled; nothing is sent.
        Returns when to look again, None when all is known."""
        open_ = []
        for batch, seen in counts.read(self._store, issue, shard):
            after = batch.settled(seen, self._now())
            if after is not batch:
                self._write(batch, after)
            open_ += [at for at in (after.in_flight_until(),) if at]
        counts.tell(self._store, issue, shard)
        return min(open_, default=None)

    def _settled(self, run: Run) -> list[Batch]:
        """The shard's batches, with what SES told of those in flight."""
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
                raise Stop("account", reason=str(stopped)) from stopped
            self._look(run)
            if any(batch.states[n] == ledger.RETRY for n in some):
                told = self._told_since(run, batch)
                if told is not batch:
                    if not self._write(batch, told):
                        return
                    batch = told
                    continue
            leased = batch.leased(some, self._now())
            if not self._write(batch, leased):
                return
            outcomes, stop = self._streak.judged(self._hand_over(run, leased, some))
            batch = leased.answered(outcomes, self._now())
            if not self._write(leased, batch):
                log.warning("shard %s: a batch was settled by somebody else", run.shard)
                return
            if stop:
                raise stop
            self._tell(run)

    def _told_since(self, run: Run, batch: Batch) -> Batch:
        """Waiting for a place in the line takes its time: whoever is tried again may turn out
        to have been sent to."""
        seen = self._store.get(*seen_key(run.issue.id, run.shard, batch.number)) or {}
        return batch.settled(seen, self._now())

    def _chunk(self) -> int:
        try:
            return self._pace.chunk()
        except NotYet as stopped:
            raise Stop("account", reason=str(stopped)) from stopped

    def _look(self, run: Run) -> None:
        """A pause stops the next call, and not only the next shard."""
        now = self._now()
        if now - run.looked_at < STATUS_INTERVAL:
            return
        found = issue_of(self._store, run.issue.id)
        if found is None or found.status != SENDING:
            raise Stop("paused")
        run.looked_at = now

    def _tell(self, run: Run) -> None:
        if self._now() - run.told_at >= COUNT_INTERVAL:
            counts.tell(self._store, run.issue.id, run.shard)
            run.told_at = self._now()

    def _hand_over(
        self, run: Run, batch: Batch, positions: Sequence[int]
    ) -> dict[int, "tuple[Reply, Outcome]"]:
        """Whoever left since the audience was frozen is skipped; the others are offered."""
        try:
            profiles = self._store.profiles([batch.people[n] for n in positions])
        except StoreDown as down:
            later = (
                Reply("later", str(down)),
                Outcome(ledger.RETRY, "", counts=False, wait=THROTTLED_WAIT),
            )
            return dict.fromkeys(positions, later)
        found: dict[int, tuple[Reply, Outcome]] = {}
        readers: dict[str, list[int]] = {}
        for n in positions:
            profile = profiles.get(batch.people[n])
            if why := unwanted(profile, run.issue.topics, stamp(self._now())):
                found[n] = Reply("skipped", why), Outcome(ledger.SKIPPED, why)
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

    def _offer(self, bulk: Bulk) -> list[Reply]:
        """A bulk that SES declines goes again in halves: one bad address must not keep the
        other forty-nine from their issue. Nothing of it was sent, so nothing is sent twice."""
        number = len(bulk.envelopes)
        try:
            replies = self._mailer.offer(bulk)
        except OutcomeUnknown as unknown:
            return [Reply("unknown", str(unknown))] * number
        except Declined as declined:
            if number == 1:
                return [Reply("refused", str(declined))]
            halves = bulk.envelopes[: number // 2], bulk.envelopes[number // 2 :]
            return [
                reply for half in halves for reply in self._offer(replace(bulk, envelopes=half))
            ]
        if any(reply.kind == "throttled" for reply in replies):
            self._pace.throttled()
        return replies

    def _write(self, before: Batch, after: Batch) -> bool:
        """Whether this worker's word stands. An answer that gets lost is asked for again."""
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


def _same(found: Mapping[str, Any], ours: Batch) -> bool:
    return found.get("turn") == ours.turn and found.get("by") == ours.by

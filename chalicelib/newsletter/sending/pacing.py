"""Paces all workers together: one line to SES, slower when it says so, closed at its quota."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.core.errors import Conflict, NotYet, RelaisError, StoreDown, Throttled
from chalicelib.core.ports import Change, Item, Key, Now
from chalicelib.newsletter import pace
from chalicelib.newsletter.pace import RATE_SHARE, Allowance
from chalicelib.newsletter.sending.ledger import BATCH_SIZE
from chalicelib.newsletter.sending.ports import BulkMailer, SubscriberStore

PACE_KEY: Final[Key] = ("ISSUEPACE", "PACE")
"""The row of the line: `free_at` (when the next may go, in milliseconds), and since `slow_at`
only `slow` thousandths of the rate. Beside it what SES allows: `asked_at` (when it was last
asked, in milliseconds) and `allowance`, with the `allowed_at` of the answer."""

ALLOWANCE_LIFE: Final = timedelta(minutes=1)
"""How long an allowance is used before SES is asked again."""

ASK_INTERVAL: Final = timedelta(seconds=1)
"""SES is asked no more often than that, by all workers together."""

ALLOWANCE_USABLE: Final = timedelta(minutes=15)
"""While SES does not say what it allows, what it said so long ago is still gone by."""

REFRESH_SHARE: Final = 0.01
"""The part of a day's mails after which a worker asks SES anew: the others send too."""

SLACK_MS: Final = 150
"""How late a worker may come to its place in the line without losing it."""

FULL_SPEED_PERMILLE: Final = 1000
MIN_SPEED_PERMILLE: Final = 60
SPEED_REGAINED_PERMILLE: Final = 50
"""Thousandths of the rate: in full, at least, and what is regained in ten seconds after a
halving."""

LINE_UP_ATTEMPTS: Final = 20


class QuotaReached(RelaisError):
    """The day's mails are used up; the 24 hours of SES go on by themselves."""

    def __init__(self, used: int, daily: int) -> None:
        super().__init__(f"{used} of {daily}")
        self.used = used
        self.daily = daily


class Pace:
    def __init__(  # noqa: PLR0913
        self,
        store: SubscriberStore,
        mailer: BulkMailer,
        now: Now,
        wait: Callable[[float], None],
        *,
        at_most: int,
        share: float = RATE_SHARE,
    ) -> None:
        """`wait` sleeps for seconds; `at_most` mails a second, whatever SES allows."""
        self._store = store
        self._mailer = mailer
        self._now = now
        self._wait = wait
        self._at_most = at_most
        self._share = share
        self._allowed: Allowance | None = None
        self._asked_at: datetime | None = None
        self._since = 0
        self._row: Item = {}

    def chunk(self) -> int:
        """Return how many recipients one call may have: half a second's worth, so that a second never
        sees more than the rate (SES counts recipients, not calls), and no more than the day has
        left."""
        return max(1, int(min(BATCH_SIZE, self.rate() / 2, self._left())))

    def rate(self) -> float:
        """Return the mails a second that may go now."""
        return self._limit() * self._slowed() / FULL_SPEED_PERMILLE

    def take(self, number: int) -> None:
        """Wait until this many may go. Raises QuotaReached or NotYet."""
        self._within_quota(number)
        span = max(1, round(number * 1000 / self.rate()))
        now = self._now_ms()
        start = self._line_up(span, now)
        if start > now:
            self._wait((start - now) / 1000)
        self._since += number

    def throttled(self) -> None:
        """Halve the rate, for SES replied that it was too fast: once for all workers that it
        tells at a time."""
        now = self._now_ms()
        if now - self._row.get("slow_at", 0) < 1000:
            return
        half = max(MIN_SPEED_PERMILLE, self._slowed() // 2)
        expect = {"slow_at": self._row["slow_at"]} if "slow_at" in self._row else {}
        absent = () if expect else ("slow_at",)
        change = Change(PACE_KEY, expect=expect, absent=absent, set={"slow": half, "slow_at": now})
        try:
            self._store.commit([change])
        except Conflict as met:
            self._row = met.met(PACE_KEY) or self._row
            return
        self._row = {**self._row, "slow": half, "slow_at": now}

    def _line_up(self, span: int, now: int) -> int:
        """Return when our place in the line comes, in milliseconds since 1970."""
        for _ in range(LINE_UP_ATTEMPTS):
            try:
                self._row = self._store.step(
                    PACE_KEY, {"free_at": span}, ("free_at", now - SLACK_MS)
                )
            except Conflict as met:
                # Nobody has stood here for a while: the line begins anew.
                self._row = met.met(PACE_KEY) or {}
            else:
                return int(self._row["free_at"]) - span
            free_at = self._row.get("free_at")
            begin = Change(
                PACE_KEY,
                expect={} if free_at is None else {"free_at": free_at},
                absent=("free_at",) if free_at is None else (),
                set={"free_at": now + span},
            )
            try:
                self._store.commit([begin])
            except Conflict:
                continue
            return now
        raise StoreDown("the line to SES is too crowded")

    def _slowed(self) -> int:
        if "slow_at" not in self._row:
            return FULL_SPEED_PERMILLE
        passed = max(0, self._now_ms() - self._row["slow_at"])
        return int(
            min(FULL_SPEED_PERMILLE, self._row["slow"] + SPEED_REGAINED_PERMILLE * passed / 10_000)
        )

    def _limit(self) -> float:
        return pace.rate(self._allowance(), self._at_most, self._share)

    def _within_quota(self, number: int) -> None:
        allowed = self._allowance()
        if allowed.stopped:
            raise NotYet(allowed.stopped)
        if not self._limit():
            raise NotYet("no_rate")
        if number > self._left():
            raise QuotaReached(round(allowed.used + self._since), round(allowed.daily or 0))

    def _left(self) -> float:
        """Return how many of the day's mails an issue may still have."""
        return pace.daily_left(self._allowance()) - self._since

    def _allowance(self) -> Allowance:
        if self._allowed is not None and not self._stale(self._allowed):
            return self._allowed
        for _ in range(LINE_UP_ATTEMPTS):
            row = self._store.get(*PACE_KEY) or {}
            if self._adopt(row, fresh=True):
                break
            if self._may_ask(row):
                self._ask(row)
                break
            if self._adopt(row, fresh=False):
                break
            # Somebody asks right now, and nobody knew it before.
            self._wait(ASK_INTERVAL.total_seconds() / 4)
        if self._allowed is None:
            raise Throttled("nobody could ask what SES allows")
        return self._allowed

    def _adopt(self, row: Item, *, fresh: bool) -> bool:
        """Go by what another worker was told, if that is news and not too old."""
        if "allowance" not in row:
            return False
        at = _moment(row["allowed_at"])
        if self._now() - at >= (ALLOWANCE_LIFE if fresh else ALLOWANCE_USABLE):
            return False
        if self._asked_at is not None and at <= self._asked_at:
            # Known already: what was sent since counts on.
            return not fresh
        self._allowed, self._since, self._asked_at = Allowance(**row["allowance"]), 0, at
        return True

    def _may_ask(self, row: Item) -> bool:
        """Take the turn to ask SES, unless another worker has it."""
        now, asked_at = self._now_ms(), row.get("asked_at")
        if asked_at is not None and now - asked_at < ASK_INTERVAL.total_seconds() * 1000:
            return False
        change = Change(
            PACE_KEY,
            expect={} if asked_at is None else {"asked_at": asked_at},
            absent=("asked_at",) if asked_at is None else (),
            set={"asked_at": now},
        )
        try:
            self._store.commit([change])
        except Conflict:
            return False
        return True

    def _ask(self, row: Item) -> None:
        """Ask SES, and tell all workers; without an answer, go on by the last one."""
        try:
            allowed = self._mailer.allowance()
        except NotYet:
            if not self._adopt(row, fresh=False) and self._allowed is None:
                raise
            self._asked_at = self._now()
            return
        self._allowed, self._since, self._asked_at = allowed, 0, self._now()
        kept = {"allowance": asdict(allowed), "allowed_at": self._now_ms()}
        self._store.commit([Change(PACE_KEY, set=kept)])

    def _stale(self, allowed: Allowance) -> bool:
        """Return whether to ask SES anew: after a minute, and sooner when much of the day was
        used, for others use it too."""
        assert self._asked_at
        much = allowed.daily is not None and self._since > REFRESH_SHARE * allowed.daily
        return much or self._now() - self._asked_at >= ALLOWANCE_LIFE

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

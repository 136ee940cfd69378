"""The ledger of an issue: who gets it, and what became of each of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core.ports import Change, Item, Key, Put
from chalicelib.core.records import moment, stamp

SHARD_SIZE: Final = 500
"""Recipients that one message of the queue is about."""

BATCH_SIZE: Final = 50
"""Recipients that share a row, and one `SendBulkEmail`, which takes no more."""

QUEUED: Final = "Q"
LEASED: Final = "L"
SENT: Final = "S"
RETRY: Final = "R"
FAILED: Final = "F"
SKIPPED: Final = "K"
UNKNOWN: Final = "U"

STATES: Final = {
    QUEUED: "QUEUED",
    LEASED: "LEASED",
    SENT: "SENT",
    RETRY: "RETRY",
    FAILED: "FAILED_PERM",
    SKIPPED: "SKIPPED",
    UNKNOWN: "UNKNOWN",
}
"""A letter for each recipient in their order: a state of fifty costs fifty bytes."""

LEASE_TIMEOUT: Final = timedelta(minutes=2)
"""How long a lease is good for. It is taken when the rate allows the send, so that only the
call of SES, ten seconds at most, falls into it."""

SETTLE_TIMEOUT: Final = timedelta(minutes=15)
"""How long the `Send` event of a mail in flight is waited for."""

RETRY_WAITS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 2 * 60, 6 * 60, 15 * 60))
"""Between the tries of one recipient: six of them within a day."""

LEDGER_RETENTION: Final = timedelta(days=3 * 365 + 1)
"""As long as the proof of a consent: who was written to under it belongs to that."""

EVENTS: Final = ("sent", "delivered", "soft", "bounced", "complained", "rejected")
"""What SES tells of a recipient."""


@dataclass(frozen=True)
class Batch:
    """The row of up to fifty recipients who read one language, in a fixed order.

    A write expects `turn` and counts it up, so that of two writers one wins; `by` says which,
    should the answer get lost. `states` has a
    letter of STATES for each of `people`; `ids`, `due` (when to try again), `tries` and `why`
    are by position. `leased_at`: since when some are in flight; `settle_at`: when those that
    are UNKNOWN are given up.
    """

    issue: str
    shard: str
    number: int
    lang: str
    people: tuple[str, ...]
    states: str
    turn: int = 0
    by: str = ""
    ids: Mapping[int, str] = field(default_factory=dict)
    due: Mapping[int, str] = field(default_factory=dict)
    tries: Mapping[int, int] = field(default_factory=dict)
    why: Mapping[int, str] = field(default_factory=dict)
    leased_at: str | None = None
    settle_at: str | None = None

    @property
    def key(self) -> Key:
        return shard_key(self.issue, self.shard), f"BATCH#{self.number:02d}"

    @classmethod
    def of(cls, item: Item) -> "Batch":
        names = {f.name for f in fields(cls)}
        values = {k: v for k, v in item.items() if k in names}
        facts = {n: {int(k): v for k, v in item["facts"][n].items()} for n in _FACTS}
        _, issue, shard = item["pk"].split("#")
        number = int(item["sk"].partition("#")[2])
        people = tuple(_unpacked(item["people"]))
        named = {"issue": issue, "shard": shard, "number": number, "people": people}
        return cls(**{**values, **facts, **named})

    def row(self, now: datetime) -> Put:
        """The batch as the audience is frozen."""
        pk, sk = self.key
        item = {
            "pk": pk,
            "sk": sk,
            "kind": "batch",
            "lang": self.lang,
            "people": b"".join(map(bytes.fromhex, self.people)),
            "expires": int((now + LEDGER_RETENTION).timestamp()),
            **self._told(),
        }
        return Put(item)

    def write(self, before: "Batch") -> Change:
        """What makes a row of it, on the condition that nobody wrote since `before`."""
        told = self._told()
        return Change(
            self.key,
            expect={"turn": before.turn},
            set={k: v for k, v in told.items() if v is not None},
            remove=[k for k, v in told.items() if v is None and getattr(before, k) is not None],
        )

    def _told(self) -> Item:
        return {
            "turn": self.turn,
            "by": self.by,
            "states": self.states,
            "facts": {n: {str(k): v for k, v in getattr(self, n).items()} for n in _FACTS},
            "leased_at": self.leased_at,
            "settle_at": self.settle_at,
        }

    def at(self, *states: str) -> list[int]:
        """Positions of the recipients in one of these states."""
        return [n for n, state in enumerate(self.states) if state in states]

    def ready(self, now: datetime) -> list[int]:
        """Positions of those who can be sent to now."""
        if self.leased_at:
            return []
        queued, again = self.at(QUEUED), self.at(RETRY)
        return sorted([*queued, *(n for n in again if self.due[n] <= stamp(now))])

    def next_at(self) -> str | None:
        """When there is something to do, `""` for at once; None when all is done."""
        times = [self.due[n] for n in self.at(RETRY)]
        if self.leased_at:
            return min([self._lapses(), *times])
        if self.settle_at:
            times.append(self.settle_at)
        if self.at(QUEUED):
            times.append("")
        return min(times) if times else None

    def in_flight_until(self) -> str | None:
        """When those in flight are given up; None when there are none."""
        return self._lapses() if self.leased_at else self.settle_at

    def leased(self, positions: Iterable[int], now: datetime) -> "Batch":
        """These are in flight from now on, whatever becomes of the sender."""
        return self._moved(dict.fromkeys(positions, LEASED), leased_at=stamp(now))

    def answered(self, outcomes: Mapping[int, "Outcome"], now: datetime) -> "Batch":
        """What was leased, with what SES said of each."""
        after: dict[int, str] = {}
        ids, due, tries, why = dict(self.ids), dict(self.due), dict(self.tries), dict(self.why)
        for position, outcome in outcomes.items():
            state, wait = outcome.state, outcome.wait
            if state == RETRY and outcome.counts:
                tries[position] = tries.get(position, 0) + 1
                state = FAILED if tries[position] > len(RETRY_WAITS) else RETRY
                wait = RETRY_WAITS[tries[position] - 1] if wait is None and state == RETRY else wait
            after[position] = state
            _put(due, position, stamp(now + (wait or timedelta(0))) if state == RETRY else "")
            _put(ids, position, outcome.message_id)
            _put(why, position, outcome.why)
        settle_at = stamp(now + SETTLE_TIMEOUT) if UNKNOWN in after.values() else self.settle_at
        return self._moved(
            after, ids=ids, due=due, tries=tries, why=why, leased_at=None, settle_at=settle_at
        )

    def settled(self, seen: Item, now: datetime) -> "Batch":
        """What is clear by now of mails in flight; `seen` is the row beside it, for SES tells
        only of mail that it took, whichever of its events comes first.

        The batch itself when there is nothing to say.
        """
        told = {position for name in EVENTS for position in seen.get(name) or ()}
        if self.leased_at and self._lapses() <= stamp(now):
            return self._flagged()._told_of(told, now)
        return self if self.leased_at else self._told_of(told, now)

    def _flagged(self) -> "Batch":
        """Whoever held the lease is gone, and nobody knows how far they came."""
        assert self.leased_at
        until = max(stamp(moment(self.leased_at) + SETTLE_TIMEOUT), self.settle_at or "")
        lost = dict.fromkeys(self.at(LEASED), UNKNOWN)
        return self._moved(lost, leased_at=None, settle_at=until)

    def _told_of(self, told_sent: Collection[int], now: datetime) -> "Batch":
        unknown = self.at(UNKNOWN)
        over = bool(self.settle_at) and str(self.settle_at) <= stamp(now)
        # Who was given up for lost may be told of later still, while the next try waits.
        came = {n: Outcome(SENT) for n in self.at(UNKNOWN, RETRY) if n in told_sent}
        # They have waited long enough already.
        again = Outcome(RETRY, NO_EVENT, wait=timedelta(0))
        lost = {n: again for n in unknown if over and n not in told_sent}
        if not came and not lost:
            return self
        after = self.answered({**came, **lost}, now)
        return after if after.at(UNKNOWN) else replace(after, settle_at=None)

    def _lapses(self) -> str:
        return stamp(moment(str(self.leased_at)) + LEASE_TIMEOUT)

    def counts(self) -> dict[str, int]:
        """By the names that an issue counts in."""
        return {
            "sent": self.states.count(SENT),
            "skipped": self.states.count(SKIPPED),
            "failed": self.states.count(FAILED),
            "unknown": self.states.count(UNKNOWN),
        }

    def _moved(self, after: Mapping[int, str], **values: Any) -> "Batch":
        states = list(self.states)
        for position, state in after.items():
            states[position] = state
        return replace(self, states="".join(states), turn=self.turn + 1, **values)


@dataclass(frozen=True)
class Outcome:
    """What became of one recipient in one try.

    `counts`: whether a RETRY uses up one of the tries; `wait`: before the next one, if it is
    not the usual.
    """

    state: str
    why: str = ""
    message_id: str = ""
    counts: bool = True
    wait: timedelta | None = None


NO_EVENT: Final = "in flight, and SES told of no send within 15 minutes"

_FACTS: Final = ("ids", "due", "tries", "why")


def shard_key(issue: str, shard: str) -> str:
    return f"ISSUESHARD#{issue}#{shard}"


def seen_key(issue: str, shard: str, batch: int) -> Key:
    """The row beside a batch with what SES told of it: sets of positions, by EVENTS."""
    return shard_key(issue, shard), f"SEEN#{batch:02d}"


def shard_row_key(issue: str, shard: str) -> Key:
    """The row of the issue that says how far a shard is."""
    return f"ISSUE#{issue}", f"SHARD#{shard}"


def row_tag(shard: str, batch: int, position: int) -> str:
    """A recipient in the tags of SES, which come back with every event."""
    return f"{shard}-{batch}-{position}"


def row_of(tag: str) -> tuple[str, int, int] | None:
    """Shard, batch and position of a tag; None for another one."""
    shard, _, rest = tag.partition("-")
    parts = rest.split("-")
    if not shard or len(parts) != 3 or not all(p.isdecimal() for p in parts):
        return None
    return f"{shard}-{parts[0]}", int(parts[1]), int(parts[2])


def batches_of(issue: str, shard: str, people: Mapping[str, Sequence[str]]) -> list[Batch]:
    """The people of a shard, by language, in batches of one language."""
    found: list[Batch] = []
    for lang, readers in people.items():
        for start in range(0, len(readers), BATCH_SIZE):
            some = tuple(readers[start : start + BATCH_SIZE])
            found.append(Batch(issue, shard, len(found), lang, some, QUEUED * len(some)))
    return found


def _put(facts: dict[int, str], position: int, value: str) -> None:
    if value:
        facts[position] = value
    else:
        facts.pop(position, None)


def _unpacked(people: bytes) -> Iterable[str]:
    text = people.hex()
    return (text[n : n + 32] for n in range(0, len(text), 32))

"""The ledger of an issue: who gets it, and what became of each of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

from chalicelib.core.ports import Change, Item, Key, Put
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.issue_counts import Readership
from chalicelib.newsletter.sending.keys import batch_key

SHARD_SIZE: Final = 500
"""Recipients that one message of the queue is about."""

BATCH_SIZE: Final = 50
"""Recipients that share a row, and one `SendBulkEmail`, which takes no more."""

State = Literal["Q", "L", "S", "R", "F", "K", "U"]
"""One recipient's state, a letter each: the states of fifty cost fifty bytes."""

StateName = Literal[
    "QUEUED", "LEASED", "SENT", "RETRY", "FAILED_PERM", "SKIPPED", "UNKNOWN"
]  # fmt: skip
EventName = Literal["sent", "delivered", "soft", "bounced", "complained", "rejected"]

QUEUED: Final = "Q"
LEASED: Final = "L"
SENT: Final = "S"
RETRY: Final = "R"
FAILED: Final = "F"
SKIPPED: Final = "K"
UNKNOWN: Final = "U"

STATES: Final[Mapping[State, StateName]] = {
    QUEUED: "QUEUED",
    LEASED: "LEASED",
    SENT: "SENT",
    RETRY: "RETRY",
    FAILED: "FAILED_PERM",
    SKIPPED: "SKIPPED",
    UNKNOWN: "UNKNOWN",
}
"""The names of the states, as people read them."""

LEASE_TIMEOUT: Final = timedelta(minutes=2)
"""How long a lease is good for. It is taken when the rate allows the send, so that only the
call of SES, ten seconds at most, falls into it."""

SETTLE_TIMEOUT: Final = timedelta(minutes=15)
"""How long the `Send` event of a mail in flight is waited for."""

RETRY_WAITS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 2 * 60, 6 * 60, 15 * 60))
"""How long to wait between the tries of one recipient: six of them within a day."""

LEDGER_RETENTION: Final = timedelta(days=3 * 365 + 1)
"""How long a ledger is kept: as long as the proof of a consent, for who was written to under it
belongs to that."""

EVENTS: Final[tuple[EventName, ...]] = (
    "sent", "delivered", "soft", "bounced", "complained", "rejected",
)  # fmt: skip
"""What SES reports of a recipient, in the order of the row beside a batch."""


@dataclass(frozen=True)
class Batch:
    """The row of up to fifty recipients of one readership, in a fixed order.

    A write expects `turn` and counts it up, so that of two writers one wins; `by` names that
    one, should the reply to a write get lost. `states` has a letter of STATES for each of
    `people`; `ids` (of their mails), `due` (stamps of the next try), `tries` and `why` go by
    position. Some are in flight since `leased_at`; those that are UNKNOWN are given up at
    `settle_at`.
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
    topics: tuple[str, ...] = ()
    """Those of the issue's that all of them followed when the audience was frozen."""

    @property
    def key(self) -> Key:
        return batch_key(self.issue, self.shard, self.number)

    @property
    def readers(self) -> Readership:
        return Readership(self.lang, self.topics)

    @classmethod
    def of(cls, item: Item) -> "Batch":
        names = {f.name for f in fields(cls)}
        values = {k: v for k, v in item.items() if k in names}
        facts = {n: {int(k): v for k, v in item["facts"][n].items()} for n in _FACTS}
        _, issue, shard = item["pk"].split("#")
        number = int(item["sk"].partition("#")[2])
        people = tuple(_unpacked(item["people"]))
        topics = tuple(item.get("topics") or ())
        named = {
            "issue": issue, "shard": shard, "number": number, "people": people, "topics": topics,
        }  # fmt: skip
        return cls(**{**values, **facts, **named})

    def row(self, now: datetime) -> Put:
        """Return the write that puts the batch into the ledger, as the audience is frozen."""
        pk, sk = self.key
        item = {
            "pk": pk,
            "sk": sk,
            "kind": "batch",
            "lang": self.lang,
            "topics": list(self.topics),
            "people": b"".join(map(bytes.fromhex, self.people)),
            "expires": int((now + LEDGER_RETENTION).timestamp()),
            **self._state(),
        }
        return Put(item)

    def write(self, before: "Batch") -> Change:
        """Return the write that brings the row up to this batch, on the condition that nobody
        wrote it since `before`."""
        state = self._state()
        return Change(
            self.key,
            expect={"turn": before.turn},
            set={k: v for k, v in state.items() if v is not None},
            remove=[k for k, v in state.items() if v is None and getattr(before, k) is not None],
        )

    def _state(self) -> Item:
        return {
            "turn": self.turn,
            "by": self.by,
            "states": self.states,
            "facts": {n: {str(k): v for k, v in getattr(self, n).items()} for n in _FACTS},
            "leased_at": self.leased_at,
            "settle_at": self.settle_at,
        }

    def state(self, position: int) -> State:
        return cast(State, self.states[position])

    def at(self, *states: State) -> list[int]:
        """Return the positions of the recipients in one of these states."""
        return [n for n, state in enumerate(self.states) if state in states]

    def ready(self, now: datetime) -> list[int]:
        """Return the positions of those who can be sent to now."""
        if self.leased_at:
            return []
        queued, again = self.at(QUEUED), self.at(RETRY)
        return sorted([*queued, *(n for n in again if self.due[n] <= stamp(now))])

    def next_at(self, now: datetime) -> datetime | None:
        """Return when there is something to do, `now` for at once; None when all is done."""
        times = [moment(self.due[n]) for n in self.at(RETRY)]
        if self.leased_at:
            return min([moment(self._lapses()), *times])
        if self.settle_at:
            times.append(moment(self.settle_at))
        if self.at(QUEUED):
            times.append(now)
        return min(times, default=None)

    def in_flight_until(self) -> datetime | None:
        """Return when those in flight are given up; None when there are none."""
        at = self._lapses() if self.leased_at else self.settle_at
        return moment(at) if at else None

    def leased(self, positions: Iterable[int], now: datetime) -> "Batch":
        """Return the batch with these in flight from now on, whatever becomes of the sender."""
        return self._moved(dict.fromkeys(positions, LEASED), leased_at=stamp(now))

    def answered(self, outcomes: Mapping[int, "RecipientOutcome"], now: datetime) -> "Batch":
        """Return the batch with the outcome of each that was leased."""
        after: dict[int, State] = {}
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
        """Return the batch with what is clear by now of mails in flight: itself, if nothing is.

        `seen` is the row beside it. Any event will do: SES reports only mail that it took.
        """
        reported = {position for name in EVENTS for position in seen.get(name) or ()}
        if self.leased_at and self._lapses() <= stamp(now):
            return self._flagged()._resolved(reported, now)
        return self if self.leased_at else self._resolved(reported, now)

    def _flagged(self) -> "Batch":
        """Return the batch with its lease ended: whoever held it is gone, and nobody knows how
        far they came."""
        assert self.leased_at
        until = max(stamp(moment(self.leased_at) + SETTLE_TIMEOUT), self.settle_at or "")
        lost: dict[int, State] = dict.fromkeys(self.at(LEASED), UNKNOWN)
        return self._moved(lost, leased_at=None, settle_at=until)

    def _resolved(self, reported: Collection[int], now: datetime) -> "Batch":
        unknown = self.at(UNKNOWN)
        over = bool(self.settle_at) and str(self.settle_at) <= stamp(now)
        # Who was given up for lost may be reported later still, while the next try waits.
        came = {n: RecipientOutcome(SENT) for n in self.at(UNKNOWN, RETRY) if n in reported}
        # They have waited long enough already.
        again = RecipientOutcome(RETRY, NO_EVENT, wait=timedelta(0))
        lost = {n: again for n in unknown if over and n not in reported}
        if not came and not lost:
            return self
        after = self.answered({**came, **lost}, now)
        return after if after.at(UNKNOWN) else replace(after, settle_at=None)

    def _lapses(self) -> str:
        return stamp(moment(str(self.leased_at)) + LEASE_TIMEOUT)

    def counts(self) -> dict[str, int]:
        """Return the numbers of this batch, by the names that an issue counts in."""
        return {
            "sent": self.states.count(SENT),
            "skipped": self.states.count(SKIPPED),
            "failed": self.states.count(FAILED),
            "unknown": self.states.count(UNKNOWN),
        }

    def _moved(self, after: Mapping[int, State], **values: Any) -> "Batch":
        states = list(self.states)
        for position, state in after.items():
            states[position] = state
        return replace(self, states="".join(states), turn=self.turn + 1, **values)


@dataclass(frozen=True)
class RecipientOutcome:
    """What became of one recipient in one try.

    A RETRY uses up one of the tries if it `counts`, and waits for `wait` if that is given.
    """

    state: State
    why: str = ""
    message_id: str = ""
    counts: bool = True
    wait: timedelta | None = None


NO_EVENT: Final = "in flight, and SES told of no send within 15 minutes"

_FACTS: Final = ("ids", "due", "tries", "why")


def batches_of(issue: str, shard: str, people: Mapping[Readership, Sequence[str]]) -> list[Batch]:
    """Return the people of a shard, given by readership, in batches of one readership each."""
    found: list[Batch] = []
    for readers, persons in people.items():
        for start in range(0, len(persons), BATCH_SIZE):
            some = tuple(persons[start : start + BATCH_SIZE])
            states = QUEUED * len(some)
            found.append(
                Batch(issue, shard, len(found), readers.lang, some, states, topics=readers.topics)
            )
    return found


def _put(facts: dict[int, str], position: int, value: str) -> None:
    if value:
        facts[position] = value
    else:
        facts.pop(position, None)


def _unpacked(people: bytes) -> Iterable[str]:
    text = people.hex()
    return (text[n : n + 32] for n in range(0, len(text), 32))

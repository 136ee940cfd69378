"""A world in virtual time for sending an issue: workers that die, an SES with a cap, a queue.

Every worker is a thread, and one runs at a time: the one whose turn comes first on the virtual
clock. Each call of the outside world takes its time there, and may be the last thing that a
worker does. So an hour takes seconds, and a seed gives the same run again.
"""

import heapq
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core.errors import Conflict, OutcomeUnknown
from chalicelib.core.ports import Change, Check, Delete, Item, Key, Put, Write
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.ports import Bulk, SesReply

START = datetime(2026, 3, 2, 15, tzinfo=UTC)


class Killed(BaseException):
    """The process is gone: nothing after this runs, no `except Exception` sees it."""


class Stage:
    """The virtual clock, and whose turn it is."""

    def __init__(self) -> None:
        self.now = 0.0
        self._turns: list[tuple[float, int, threading.Semaphore]] = []
        self._number = 0
        self._back = threading.Semaphore(0)
        self._mine = threading.local()
        self._mine.who = ""
        self.error: BaseException | None = None

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.now)

    def spawn(self, act: Callable[[], None], after: float = 0.0) -> None:
        gate = threading.Semaphore(0)

        def body() -> None:
            self._mine.gate, self._mine.who = gate, ""
            gate.acquire()
            try:
                act()
            except Killed:
                pass
            except BaseException as error:
                self.error = error
            finally:
                self._back.release()

        threading.Thread(target=body, daemon=True).start()
        self._book(after, gate)

    @property
    def who(self) -> str:
        """The name of the worker whose turn it is, if it has one."""
        return str(self._mine.who)

    def call_me(self, who: str) -> None:
        self._mine.who = who

    def sleep(self, seconds: float) -> None:
        """Give the turn to whoever comes first."""
        if seconds <= 0 and not self._turns:
            return
        gate = self._mine.gate
        self._book(seconds, gate)
        self._back.release()
        gate.acquire()

    def run(self, done: Callable[[], bool], limit: float) -> None:
        """Run until it is done; the rest of the threads stay where they are."""
        while self._turns and not done():
            at, _, gate = heapq.heappop(self._turns)
            if at > limit:
                raise AssertionError(f"not done after {limit:.0f} virtual seconds")
            self.now = max(self.now, at)
            gate.release()
            self._back.acquire()
            if self.error is not None:
                raise self.error

    def _book(self, after: float, gate: threading.Semaphore) -> None:
        self._number += 1
        heapq.heappush(self._turns, (self.now + max(0.0, after), self._number, gate))


@dataclass
class Weather:
    """What goes wrong, as probabilities, and how long things take, in seconds."""

    kill: float = 0.0
    throttle: float = 0.0
    throttle_one: float = 0.0
    lose_answer: float = 0.0
    late: float = 0.0
    """How often the Send event of a mail takes up to forty minutes, and Delivery is quicker."""
    twice: float = 0.0
    """How often an event comes twice."""
    pauses: float = 0.0
    """How often in an hour somebody pauses the issue, for up to half an hour."""
    table: float = 0.004
    ses: tuple[float, float] = (0.03, 0.09)


class Outside:
    """Where a call goes out and comes back: the points at which a worker can die."""

    def __init__(self, stage: Stage, weather: Weather, seed: int) -> None:
        self.stage = stage
        self.weather = weather
        self.random = random.Random(seed)
        self.calls: Counter[str] = Counter()
        self.kills = 0
        self.before_kill: Callable[[], None] = lambda: None

    def call(self, name: str, takes: float) -> None:
        self.calls[name] += 1
        self.perhaps_die()
        self.stage.sleep(takes)

    def perhaps_die(self) -> None:
        if self.weather.kill and self.random.random() < self.weather.kill:
            self.kills += 1
            self.before_kill()
            raise Killed


class SimulatedStore:
    """The store by its rules, in dictionaries; counts calls and capacity as DynamoDB would."""

    def __init__(self, outside: Outside) -> None:
        self.out = outside
        self.rows_of: dict[str, dict[str, Item]] = {}
        self.in_audience: dict[str, list[Item]] = {}
        self.written: Counter[tuple[str, int]] = Counter()
        self.read: Counter[tuple[str, int]] = Counter()
        self.free = False
        """Whether calls cost nothing: while the stage is set, and when it is looked at."""

    def commit(self, writes: Sequence[Write]) -> None:
        self._out("transact" if len(writes) > 1 else "write", self.out.weather.table)
        met = {w.key: dict(self._row(w)) for w in writes if not self._fits(w)}
        if met:
            raise Conflict(met)
        for write in writes:
            self._apply(write, twice=len(writes) > 1)
        self._answer()

    def get(self, pk: str, sk: str) -> Item | None:
        self._out("get", self.out.weather.table)
        item = self.rows_of.get(pk, {}).get(sk)
        self._count_read(pk, [item] if item else [])
        return dict(item) if item else None

    def rows(self, pk: str, prefix: str = "") -> list[Item]:
        self._out("query", self.out.weather.table)
        rows = self.rows_of.get(pk, {})
        found = [dict(rows[sk]) for sk in sorted(rows) if sk.startswith(prefix)]
        self._count_read(pk, found)
        return found

    def due(self, now: str) -> Iterator[Key]:
        raise NotImplementedError

    def audience(self, key: str) -> Iterator[Item]:
        rows = self.in_audience.get(key, [])
        # A page of a query holds a megabyte.
        for start in range(0, max(1, len(rows)), 4000):
            self._out("query", self.out.weather.table * 5)
            self._count_read(key, rows[start : start + 4000], consistent=False)
            yield from rows[start : start + 4000]

    def profiles(self, people: Sequence[str]) -> Mapping[str, Item]:
        self._out("batch_get", self.out.weather.table * 1.5)
        found = {p: self.rows_of.get(f"PERSON#{p}", {}).get("PROFILE") for p in people}
        return {person: item for person, item in found.items() if item}

    def gather(
        self, key: Key, found: Mapping[str, set[int]], facts: Mapping[str, Any]
    ) -> Mapping[str, set[int]]:
        self._out("write", self.out.weather.table)
        item = self.rows_of.setdefault(key[0], {}).setdefault(key[1], {"pk": key[0], "sk": key[1]})
        before = {name: item[name] for name in found if name in item}
        item.update({name: item.get(name, set()) | new for name, new in found.items()})
        item.update(facts)
        self._count_write(key[0], 1)
        self._answer()
        return before

    def step(self, key: Key, add: Mapping[str, int], from_: tuple[str, int]) -> Item:
        self._out("write", self.out.weather.table)
        item = self.rows_of.get(key[0], {}).get(key[1], {})
        self._count_write(key[0], 1)
        if item.get(from_[0], -1) < from_[1]:
            raise Conflict({key: dict(item)})
        for name, number in add.items():
            item[name] = item.get(name, 0) + number
        self._answer()
        return dict(item)

    def _out(self, name: str, takes: float) -> None:
        if not self.free:
            self.out.call(name, takes)

    def _answer(self) -> None:
        if not self.free:
            self.out.perhaps_die()

    def _row(self, write: Write) -> Item:
        pk, sk = _key(write)
        return self.rows_of.get(pk, {}).get(sk, {})

    def _fits(self, write: Write) -> bool:
        item = self._row(write)
        if isinstance(write, Put):
            after = write.unless_after
            return not item or (after is not None and item.get("expires", after) < after)
        expected = all(item.get(k) == v for k, v in write.expect.items())
        return expected and (isinstance(write, Delete) or not any(k in item for k in write.absent))

    def _apply(self, write: Write, *, twice: bool) -> None:
        pk, sk = _key(write)
        rows = self.rows_of.setdefault(pk, {})
        if isinstance(write, Put):
            rows[sk] = {k: v for k, v in write.item.items() if v is not None}
        elif isinstance(write, Delete):
            rows.pop(sk, None)
            return
        elif isinstance(write, Check):
            return
        else:
            rows[sk] = changed(rows.get(sk, {"pk": pk, "sk": sk}), write)
        self._count_write(pk, units(rows[sk], 1024) * (2 if twice else 1))

    def _count_write(self, pk: str, number: int) -> None:
        if not self.free:
            self.written[pk, int(self.out.stage.now)] += number

    def _count_read(self, pk: str, items: Sequence[Item], *, consistent: bool = True) -> None:
        if not self.free:
            size = sum(size_of(item) for item in items)
            self.read[pk, int(self.out.stage.now)] += max(
                1, -(-size // (4096 if consistent else 8192))
            )


class SimulatedSes:
    """Accepts up to its cap a second, throttles above it, and tells of every send."""

    def __init__(self, outside: Outside, *, cap: float, rate: float, daily: float | None = None):
        self.out = outside
        self.cap = cap
        self.rate = rate
        self.daily = daily
        self.accepted: Counter[str] = Counter()
        self.acknowledged: Counter[str] = Counter()
        self.times: list[tuple[float, int]] = []
        self._events: list[tuple[float, int, dict[str, Any]]] = []
        self.throttled = 0
        self.calls = 0
        self._level = cap
        self._filled = 0.0
        self._taken = 0
        self._events_made = 0

    def offer(self, bulk: Bulk) -> list[SesReply]:
        weather, rnd = self.out.weather, self.out.random
        self.calls += 1
        self.out.call("send_bulk", rnd.uniform(*weather.ses))
        number = len(bulk.envelopes)
        if weather.throttle and rnd.random() < weather.throttle:
            self.throttled += number
            return [SesReply("throttled", "TooManyRequestsException")] * number
        replies = [self._one(envelope) for envelope in bulk.envelopes]
        self.times.append((self.out.stage.now, sum(r.kind == "sent" for r in replies)))
        self.out.perhaps_die()
        if weather.lose_answer and rnd.random() < weather.lose_answer:
            raise OutcomeUnknown("ReadTimeoutError")
        self.acknowledged.update(
            e.to for e, r in zip(bulk.envelopes, replies, strict=True) if r.kind == "sent"
        )
        return replies

    def told(self, most: int) -> list[dict[str, Any]]:
        """Return the events whose time has come, oldest first; they stay until they were `heard`."""
        ready = heapq.nsmallest(most, self._events)
        return [event for at, _, event in ready if at <= self.out.stage.now]

    def heard(self, number: int) -> None:
        for _ in range(number):
            heapq.heappop(self._events)

    def allowance(self) -> Allowance:
        self.out.call("get_account", 0.03)
        return Allowance(self.rate, self.daily, float(self._taken))

    def _one(self, envelope: Any) -> SesReply:
        now, weather = self.out.stage.now, self.out.weather
        self._level = min(self.cap, self._level + (now - self._filled) * self.cap)
        self._filled = now
        unlucky = weather.throttle_one and self.out.random.random() < weather.throttle_one
        if self._level < 1 or unlucky:
            self.throttled += 1
            return SesReply("throttled", "ACCOUNT_THROTTLED")
        self._level -= 1
        self.accepted[envelope.to] += 1
        self._taken += 1
        message_id = f"m{self._taken:08d}"
        late = weather.late and self.out.random.random() < weather.late
        self._tell(envelope, message_id, "Send", (900, 2400) if late else (0.5, 20))
        if late:
            self._tell(envelope, message_id, "Delivery", (1, 60))
        return SesReply("sent", message_id=message_id)

    def _tell(self, envelope: Any, message_id: str, kind: str, within: tuple[float, float]) -> None:
        rnd, twice = self.out.random, self.out.weather.twice
        for _ in range(2 if twice and rnd.random() < twice else 1):
            self._events_made += 1
            at = self.out.stage.now + rnd.uniform(*within)
            event = _event(envelope, message_id, kind)
            heapq.heappush(self._events, (at, self._events_made, event))


class SimulatedQueue:
    """Gives a message to one worker at a time; what is not finished comes back."""

    def __init__(self, outside: Outside, visibility: float = 360.0) -> None:
        self.out = outside
        self.visibility = visibility
        self.messages: list[list[Any]] = []
        self._number = 0

    def put(self, jobs: Sequence[Mapping[str, Any]], delay: int = 0) -> None:
        for start in range(0, len(jobs), 10):
            self.out.call("queue", 0.01)
            for job in jobs[start : start + 10]:
                self._number += 1
                heapq.heappush(self.messages, [self.out.stage.now + delay, self._number, dict(job)])

    def idle(self) -> bool:
        self.out.call("queue", 0.01)
        return not self.messages

    def take(self) -> list[Any] | None:
        if not self.messages or self.messages[0][0] > self.out.stage.now:
            return None
        message = heapq.heappop(self.messages)
        message[0] = self.out.stage.now + self.visibility
        heapq.heappush(self.messages, message)
        return message

    def wait(self) -> float:
        """Return the seconds until it may be worth while to look again."""
        first = self.messages[0][0] - self.out.stage.now if self.messages else 5.0
        return float(min(5.0, max(0.1, first)))

    def done(self, message: list[Any]) -> None:
        self.messages = [m for m in self.messages if m is not message]
        heapq.heapify(self.messages)


def changed(item: Item, change: Change) -> Item:
    after = {**item, **{k: v for k, v in change.set.items() if v is not None}}
    for name in change.remove:
        after.pop(name, None)
    for name, number in change.add.items():
        after[name] = after.get(name, 0) + number
    return after


def size_of(value: Any) -> int:
    """Return the bytes as DynamoDB counts them, near enough."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(str(k)) + size_of(v) + 3 for k, v in value.items())
    if isinstance(value, set | list | tuple):
        return sum(size_of(v) + 1 for v in value)
    return 5


def units(item: Item, unit: int) -> int:
    return max(1, -(-size_of(item) // unit))


def _key(write: Write) -> Key:
    return (write.item["pk"], write.item["sk"]) if isinstance(write, Put) else write.key


def _event(envelope: Any, message_id: str, kind: str) -> dict[str, Any]:
    tags = {name: [value] for name, value in envelope.tags.items()}
    mail = {"messageId": message_id, "tags": tags, "destination": [envelope.to]}
    return {"eventType": kind, "mail": mail, kind.lower(): {}}

"""Parts that stand in for AWS: small enough to be read."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import md5
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from chalicelib.core.counts import merged_counts
from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.ports import (
    Change,
    Check,
    Delete,
    Item,
    Key,
    Listing,
    Mail,
    Put,
    Stretch,
    Where,
    Write,
)
from chalicelib.core.records import DUE_SHARDS
from chalicelib.forms.attachments.ports import CLEAN, Offer, Seen, StoredObject
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.ports import Bulk, Envelope, Job, SesReply
from chalicelib.people import retention
from indexes import index_of

if TYPE_CHECKING:
    from chalicelib.content.shapes.people import RetentionRow


class MemoryStore:
    """A Store in a dictionary, safe under threads; `before` runs ahead of each commit, to break
    things there."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.commits: list[list[Write]] = []
        self.reads = 0
        self.any_rows = False
        """Whether rows that the table of retention does not know are taken too."""
        self.before: Callable[[Sequence[Write]], None] = lambda writes: None
        self._lock = threading.Lock()

    def commit(self, writes: Sequence[Write]) -> None:
        self.before(writes)
        written = [write.key for write in merged_counts(writes)]
        # DynamoDB refuses such a transaction whole.
        assert len(set(written)) == len(written), f"a row is written twice: {written}"
        if not self.any_rows:
            check_kinds(writes)
        with self._lock:
            found = {
                write.key: copied(self.items.get(write.key, {}))
                for write in writes
                if not self._fits(write)
            }
            if found:
                raise Conflict(found)
            for write in writes:
                self._apply(write)
            self.commits.append(list(writes))

    @property
    def changes(self) -> list[list[Write]]:
        """The commits, but for those that only count what a network was refused."""
        return [writes for writes in self.commits if not all(map(_is_counter, writes))]

    def get(self, pk: str, sk: str) -> Item | None:
        with self._lock:
            self.reads += 1
            found: Item | None = copied(self.items.get((pk, sk)))
        return found

    def batch_get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        with self._lock:
            self.reads += 1
            return {key: copied(self.items[key]) for key in keys if key in self.items}

    def rows(self, pk: str, prefix: str = "") -> list[Item]:
        self.reads += 1
        return self._read(lambda pk_, sk, _: pk_ == pk and sk.startswith(prefix))

    def listing(self, pk: str, stretch: Stretch, where: Sequence[Where], limit: int) -> Listing:
        found = self._stretch(pk, stretch, where)
        return Listing(found[:limit], len(found) <= limit)

    def counted(self, pk: str, stretch: Stretch, where: Sequence[Where]) -> tuple[int, bool]:
        return len(self._stretch(pk, stretch, where)), True

    def _stretch(self, pk: str, stretch: Stretch, where: Sequence[Where]) -> list[Item]:
        after = stretch.after
        found = [
            row for row in self.rows(pk)
            if stretch.low <= row["sk"] <= stretch.high
            and not (after and (row["sk"] >= after if stretch.backward else row["sk"] <= after))
            and all(_is_there(row, one) for one in where)
        ]  # fmt: skip
        return found[::-1] if stretch.backward else found

    def latest(self, pk: str, limit: int) -> list[Item]:
        return self.rows(pk)[::-1][:limit]

    def of_person(self, person: str, limit: int, kind: str = "CASE") -> list[str]:
        self.reads += 1
        begins = f"{kind}#"
        found = self._read(
            lambda pk, _, item: item.get("person") == person and pk.startswith(begins)
        )
        return [item["pk"].removeprefix(begins) for item in found[::-1]][:limit]

    def listed(self, state_key: str) -> Iterator[Item]:
        self.reads += 1
        yield from self._of_index("Records", "state", state_key)

    def due(self, now: str, first: int = 0) -> Iterator[Key]:
        waiting = self._read(lambda _, __, row: "due_shard" in row and bool(row["due_at"] <= now))
        for shard in [(first + turn) % DUE_SHARDS for turn in range(DUE_SHARDS)]:
            mine = [row for row in waiting if row["due_shard"] == str(shard)]
            ordered = sorted(mine, key=lambda row: (row["due_at"], row["pk"], row["sk"]))
            yield from ((row["pk"], row["sk"]) for row in ordered)

    def audience(self, key: str) -> Iterator[Item]:
        yield from self._of_index("Subscribers", "audience", key)

    def in_state(self, state_key: str) -> Iterator[Item]:
        yield from self._of_index("Subscribers", "state", state_key)

    def subscribers(self, after: str) -> tuple[list[Item], str]:
        """Two of them at a time."""
        found = sorted(
            self._read(lambda _, __, item: item.get("kind") == "subscriber"),
            key=lambda item: str(item["pk"]),
        )
        rest = [item for item in found if str(item["pk"]) > after]
        return rest[:2], str(rest[1]["pk"]) if len(rest) > 2 else ""

    def profiles(self, people: Sequence[str]) -> dict[str, Item]:
        with self._lock:
            self.reads += 1
            found = {person: self.items.get((f"PERSON#{person}", "PROFILE")) for person in people}
            return {person: copied(item) for person, item in found.items() if item}

    def gather(self, key: Key, found: Mapping[str, set[int]], facts: Mapping[str, Any]) -> Item:
        with self._lock:
            item = self.items.setdefault(key, {"pk": key[0], "sk": key[1]})
            item.update({name: item.get(name, set()) | new for name, new in found.items()})
            item.update(copied(dict(facts)))
            after: Item = copied(item)
        return after

    def step(self, key: Key, add: Mapping[str, int], from_: tuple[str, int]) -> Item:
        with self._lock:
            item = self.items.get(key, {})
            if from_[0] not in item or item[from_[0]] < from_[1]:
                raise Conflict({key: dict(item)})
            for name, number in add.items():
                item[name] = item.get(name, 0) + number
            return dict(item)

    def everything(self) -> Iterator[Item]:
        yield from self._read(lambda *_: True)

    def kinds(self, kind: str) -> list[Item]:
        with self._lock:
            return [item for item in self.items.values() if item.get("kind") == kind]

    def _of_index(self, table: str, name: str, value: str) -> list[Item]:
        index = index_of(table, name)
        return index.parts(self._read(lambda _, __, item: index.holds(item, value)))

    def _read(self, wanted: Callable[[str, str, Item], bool]) -> list[Item]:
        """Copies of the rows that are wanted (asked with pk, sk and row), in order of their keys.

        A reader beside a writer sees the rows of one moment, as a query of a table does.
        """
        with self._lock:
            keys = sorted(key for key, item in self.items.items() if wanted(*key, item))
            return [copied(self.items[key]) for key in keys]

    def _fits(self, write: Write) -> bool:
        item = self.items.get(write.key)
        if isinstance(write, Put):
            expired = (
                item is not None
                and write.unless_after is not None
                and item.get("expires", write.unless_after) < write.unless_after
            )
            return item is None or expired
        item = item or {}
        if isinstance(write, Check):
            expected = all(item.get(k) == v for k, v in write.expect.items())
            return expected and not any(k in item for k in write.absent)
        if isinstance(write, Delete):
            return all(item.get(k) == v for k, v in write.expect.items())
        return (
            all(item.get(k) == v for k, v in write.expect.items())
            and not any(k in item for k in write.absent)
            and all(item.get(k, -1) < v for k, v in write.at_most.items())
            and (write.unless_over is None or item.get("expires", 0) > write.unless_over)
        )

    def _apply(self, write: Write) -> None:
        key = write.key
        if isinstance(write, Put):
            self.items[key] = copied({k: v for k, v in write.item.items() if v is not None})
            return
        if isinstance(write, Delete):
            self.items.pop(key, None)
            return
        if isinstance(write, Check):
            return
        item = self.items.setdefault(key, {"pk": key[0], "sk": key[1]})
        item.update(copied({k: v for k, v in write.set.items() if v is not None}))
        for name in write.remove:
            item.pop(name, None)
        for name, step in write.add.items():
            item[name] = item.get(name, 0) + step


def _is_there(row: Item, one: Where) -> bool:
    value = row.get(one.name)
    if value is None:
        return False
    if one.how == "up_to":
        return bool(value <= one.values[0])
    if one.how == "has":
        return all(text in value for text in one.values)
    return value in one.values


KINDS_WRITTEN: set[str] = set()
"""The lines of the table of retention that this process wrote rows of."""


def _is_counter(write: Write) -> bool:
    return isinstance(write, Change) and write.set.get("kind") == "rate"


def check_kinds(writes: Sequence[Write]) -> None:
    """No row is written that the table of retention does not know, nor without its end."""
    for write in writes:
        if isinstance(write, Delete | Check):
            continue
        if isinstance(write, Change) and "kind" not in write.set:
            continue
        item = write.item if isinstance(write, Put) else write.set
        line = _line_of(_words(write.key[0]), _words(write.key[1]), item.get("kind"))
        assert line, f"no line of content/retention.json fits {write.key}, {item.get('kind')}"
        new = isinstance(write, Put)
        assert not new or line["ended_by"] != "ttl" or item.get("expires"), f"no end: {item}"
        KINDS_WRITTEN.add(line["name"])


@cache
def _line_of(pk: str, sk: str, kind: str | None) -> "RetentionRow | None":
    return retention.row_of(pk, sk, kind)


def _words(half: str) -> str:
    """Return half of a key without what differs from row to row of its kind."""
    word, number, _ = half.partition("#")
    return f"{word}#x" if number else word


def copied(value: Any) -> Any:
    """Lists and mappings anew, as a table returns them; what they hold never changes."""
    if isinstance(value, dict):
        # Most values are texts: the look at their type spares a call each, and a fifth of the suite.
        return {
            name: copied(part) if isinstance(part, _HOLDERS) else part
            for name, part in value.items()
        }
    if isinstance(value, set):
        return set(value)
    return [copied(part) for part in value] if isinstance(value, list) else value


_HOLDERS: Final = (dict, list, set)


class MemoryMailer:
    """Keeps what it is given; `failing` is raised as long as it has errors to raise."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.failing: list[Exception] = []

    def send(self, mail: Mail) -> str:
        if self.failing:
            raise self.failing.pop(0)
        self.sent.append(mail)
        return f"message-{len(self.sent)}"

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.sent if mail.to == address]


class MemorySuppression:
    """The account's list, with the reason of each address, and who was taken off; `failing` is
    raised instead as long as there is some."""

    def __init__(self) -> None:
        self.listed: dict[str, str] = {}
        self.lifted: list[str] = []
        self.failing: list[Exception] = []

    def lift(self, address: str, before: Callable[[], None]) -> bool:
        if self.failing:
            raise self.failing.pop(0)
        if self.listed.get(address) != "BOUNCE":
            return False
        before()
        self.listed.pop(address, None)
        self.lifted.append(address)
        return True


class MemoryBulkMailer:
    """Takes every bulk; `failing` is raised, or answered to all, as long as there is some."""

    def __init__(self) -> None:
        self.bulks: list[Bulk] = []
        self.sent: list[Envelope] = []
        self.failing: list[Exception | SesReply] = []
        self.refused: dict[str, SesReply] = {}
        """By address: what is answered for it."""
        self.allowed = Allowance(rate=1000, daily=None, used=0)

    def offer(self, bulk: Bulk) -> list[SesReply]:
        if self.failing:
            failure = self.failing.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return [failure] * len(bulk.envelopes)
        self.bulks.append(bulk)
        return [self._one(envelope) for envelope in bulk.envelopes]

    def allowance(self) -> Allowance:
        return self.allowed

    def _one(self, envelope: Envelope) -> SesReply:
        if envelope.to in self.refused:
            return self.refused[envelope.to]
        self.sent.append(envelope)
        return SesReply("sent", message_id=f"bulk-{len(self.sent)}")


class MemoryBucket:
    """Bytes under their keys; `failing` is raised instead as long as there is some, and `before`
    runs ahead of each that is put."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.bodies: dict[str, tuple[bytes, datetime]] = {}
        self.failing: list[Exception] = []
        self.before: Callable[[str], None] = lambda key: None

    def put(self, key: str, body: bytes) -> None:
        self.before(key)
        if self.failing:
            raise self.failing.pop(0)
        self.bodies[key] = body, self.now()

    def delete(self, key: str) -> None:
        self.bodies.pop(key, None)

    def all(self) -> Iterator[StoredObject]:
        yield from [StoredObject(key, at) for key, (_, at) in self.bodies.items()]


class MemoryImages(MemoryBucket):
    """The images of issues, at an address that a browser of the tests can open."""

    def shown(self, key: str, seconds: int) -> str:
        return f"https://bucket.example/{key}?{urlencode({'seconds': seconds})}"


class MemoryDocuments(MemoryBucket):
    """Documents with what a scan said of each."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(now)
        self.results: dict[str, str] = {}
        self.marks: dict[str, str] = {}
        """The mark of bytes that came in several parts: no longer the digest of all."""

    def offer(self, key: str, most_bytes: int, seconds: int, back: str) -> Offer:
        fields = {"key": key, "success_action_redirect": back}
        return Offer("https://bucket.example/", {**fields, "policy": f"1-{most_bytes}"})

    def look(self, key: str) -> Seen | None:
        if key not in self.bodies:
            return None
        body = self.bodies[key][0]
        mark = self.marks.get(key) or md5(body, usedforsecurity=False).hexdigest()
        return Seen(len(body), self.results.get(key, ""), mark)

    def read(self, key: str) -> bytes:
        assert self.results.get(key) == CLEAN, "nobody reads what the scan did not find clean"
        return self.bodies[key][0]

    def link(self, key: str, name: str, seconds: int) -> str:
        return f"https://bucket.example/{key}?{urlencode({'name': name, 'seconds': seconds})}"


class MemoryQueue:
    """Jobs in the order in which they come due; `run` is for a test to do."""

    def __init__(self) -> None:
        self.jobs: list[tuple[int, Job]] = []

    def put(self, jobs: Sequence[Job], delay: int = 0) -> None:
        self.jobs += [(delay, job) for job in jobs]

    def idle(self) -> bool:
        return not self.jobs


class MemoryObjects:
    """Files in a dictionary; `before` runs ahead of each that is put, to break things there."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.before: Callable[[str], None] = lambda name: None

    def put(self, name: str, body: IO[bytes]) -> None:
        self.before(name)
        self.kept[name] = body.read()

    def get(self, name: str) -> bytes:
        if name not in self.kept:
            raise StoreDown(f"no {name}")
        return self.kept[name]

    def url(self, name: str, saved_as: str, seconds: int) -> str:
        return f"https://files.example.org/{name}?as={saved_as}&for={seconds}"


class SetClock:
    """A clock that a test moves."""

    def __init__(self, start: str = "2026-03-02T15:00:00+00:00") -> None:
        self.now = datetime.fromisoformat(start).astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


def stream_event(*keys: Key) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "SequenceNumber": str(number),
                    "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                },
            }
            for number, (pk, sk) in enumerate(keys, 1)
        ]
    }

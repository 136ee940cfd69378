"""Audit events of a case, or of an issue: how they are chained, and whether a chain holds."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.cases.states import kind
from chalicelib.core.json_text import canonical
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import stamp

ATTEMPT_RETENTION_SECONDS: Final = 400 * 24 * 3600
FIRST_EVENT: Final = "0" * 64
"""What the first event of a chain carries as the hash of the one before."""


_UNPROTECTED: Final = frozenset({"head", "due_at", "due_shard"})
"""Attributes of a case or an issue that its last event does not cover: the hash of that event
itself, and when the sweep looks at an issue again."""


def event(  # noqa: PLR0913
    pk: str,
    number: int,
    before: str,
    *,
    name: str,
    actor: str,
    at: str,
    data: Mapping[str, object],
    row: Item,
) -> Item:
    """Return the row of an audit event, chained: its hash covers itself and the hash of the one
    before.

    What was said, and the `row` of the case or issue as the event leaves it, are covered by
    salted digests, so that they can be erased after their time and the chain still holds;
    nobody finds them again by guessing.
    """
    salt = secrets.token_hex(16)
    item = {
        "pk": pk,
        "sk": f"EVENT#{number:06d}",
        "kind": "event",
        "event": name,
        "actor": actor,
        "at": at,
        "number": number,
        "data": dict(data),
        "salt": salt,
        "digest": digested(data, salt),
        "row": digested(protected(row), salt),
        "before": before,
    }
    return {**item, "hash": chained(item, before)}


def protected(row: Item) -> Item:
    """Return what the last event of a case or an issue covers of its row."""
    return {
        name: value for name, value in row.items() if name not in _UNPROTECTED and value is not None
    }


_CHAINED: Final = ("event", "actor", "at", "number", "digest")
_STORED: Final = frozenset(
    {"pk", "sk", "kind", "data", "salt", "row", "before", "hash", "erased", *_CHAINED}
)


def chained(item: Item, before: str) -> str:
    """Return the hash of an event after another one."""
    covered = {name: item.get(name) for name in _CHAINED}
    if "row" in item:
        # Events from before rows were covered have none.
        covered["row"] = item["row"]
    text = canonical(covered)
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def digested(data: Mapping[str, object], salt: str) -> str:
    return hashlib.sha256(f"{salt}\n{canonical(data)}".encode()).hexdigest()


def attempt_row(  # noqa: PLR0913
    pk: str, by: str, event: str, why: str, now: datetime, *, state: str | None = None
) -> Item:
    """Return the row of an attempt that changed nothing: kept beside the chain and not in it."""
    return {
        "pk": pk,
        "sk": f"ATTEMPT#{stamp(now)}#{secrets.token_hex(4)}",
        "kind": "attempt",
        "by": by,
        "why": why,
        "decision": event[:20],
        "state": state,
        "at": stamp(now),
        "expires": int(now.timestamp()) + ATTEMPT_RETENTION_SECONDS,
    }


CHAIN_READ_ATTEMPTS: Final = 3
"""How often something is read anew that moved while it was read."""

HEADS: Final = {"CASE": "CASE", "ISSUE": "ISSUE"}
"""The first word of a chain's key → the row that holds its head."""


class BrokenChain(NamedTuple):
    """The first link of a chain that does not hold. `why`: `gap` (an event is missing),
    `order`, `hash`, `data` (what was said is not what was covered), `erased` (before its
    time), `strange` (an attribute that no event has), `head` (the row tells of another end),
    `row` (the row is not as its last event left it), or `alone` (there is no such row).

    Against what was `anchored` on a day: `rewritten` (that event was another one), `cut` (there
    were more events), `edited` (the row was another one), or `gone` (the whole file)."""

    owner: str
    number: int
    why: str
    anchored: str = ""

    def __str__(self) -> str:
        day = f" (anchored {self.anchored})" if self.anchored else ""
        return f"{self.owner}: event {self.number}: {self.why}{day}"


def chain_of(store: Store, pk: str) -> tuple[Item | None, list[Item]]:
    """Read the row that holds a chain's head, and its events, as of one moment."""
    sk = HEADS[pk.partition("#")[0]]
    for _ in range(CHAIN_READ_ATTEMPTS):
        head = store.get(pk, sk)
        events = store.rows(pk, "EVENT#")
        # A step between the two reads is no fault: read both again.
        if store.get(pk, sk) == head:
            break
    return head, events


def verified(store: Store, pk: str) -> BrokenChain | None:
    """Read a chain with its head, and return the first link that does not hold; None for a
    whole chain."""
    return broken(pk, *chain_of(store, pk))


def broken(pk: str, head: Item | None, events: Sequence[Item]) -> BrokenChain | None:
    """Return the first link that does not hold; None for a whole chain."""
    owner = pk.partition("#")[2]
    before = FIRST_EVENT
    for number, event in enumerate(events, 1):
        try:
            why = _wrong(event, number, before, head)
        except (KeyError, TypeError, ValueError, AttributeError):
            why = "strange"
        if why:
            return BrokenChain(owner, number, why)
        before = event["hash"]
    if head is None:
        return BrokenChain(owner, len(events), "alone")
    count = head.get("events")
    if isinstance(count, int) and count > len(events):
        return BrokenChain(owner, len(events) + 1, "gap")
    if count != len(events) or head.get("head") != before:
        return BrokenChain(owner, len(events), "head")
    if events and not _as_left(head, events[-1]):
        return BrokenChain(owner, len(events), "row")
    return None


def _as_left(head: Item, last: Item) -> bool:
    """Say whether a row is as its last event left it; events of old did not tell."""
    if "row" not in last:
        return True
    return "salt" in last and last["row"] == digested(protected(head), last["salt"])


def _wrong(event: Item, number: int, before: str, head: Item | None) -> str | None:
    named = int(event["sk"].removeprefix("EVENT#"))
    if named != number:
        return "gap"
    if event["number"] != named or event["before"] != before:
        return "order"
    if event["hash"] != chained(event, before):
        return "hash"
    if event["kind"] != "event" or not event.keys() <= _STORED:
        return "strange"
    if event.get("erased"):
        return None if head is not None and _erasable(head) else "erased"
    if "data" not in event or event["digest"] != digested(event["data"], event["salt"]):
        return "data"
    return None


def _erasable(head: Item) -> bool:
    """Say whether what was said of a case may be gone: issues keep all."""
    return head.get("kind") == "case" and kind(head["state"]) == "gone"

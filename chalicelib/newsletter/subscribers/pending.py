"""Keeps sign-ups that wait: for the sweep, after another form, or for staff, as spam."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chalicelib.core.ports import Change, Item, Put, Store
from chalicelib.core.records import shard_of, stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.subscriber import HASH_RETENTION

PENDING_PREFIX: Final = "ASKED#"
"""How the keys of these rows begin, beside the person's others."""

HELD_SIGN_UPS: Final = "HELD_SIGN_UP"
"""The `state_key` of those that look like spam."""


def waiting(
    person: str, source: str, wish: Mapping[str, object], now: datetime, *, spam: str | None
) -> Put:
    """Return the write of a row that waits for a sign-up. `spam` says why it is held, if it is; it
    expires by itself then."""
    pk, _ = subscriber.profile_key(person)
    row: Item = {
        "pk": pk,
        "sk": f"{PENDING_PREFIX}{source}#{stamp(now)}",
        "kind": "asked",
        "wish": wish,
    }
    if spam is None:
        return Put({**row, "due_at": stamp(now), "due_shard": shard_of(pk)})
    expires = int((now + HASH_RETENTION).timestamp())
    held = {"state_key": HELD_SIGN_UPS, "updated_at": stamp(now), "why": spam, "expires": expires}
    return Put({**row, **held})


def freed(store: Store, person: str, now: datetime, source: str = "") -> list[Change]:
    """Return the writes that let what is held go the way of the others, at the next sweep."""
    pk, _ = subscriber.profile_key(person)
    return [
        Change(
            (pk, row["sk"]),
            expect={"state_key": HELD_SIGN_UPS},
            set={"due_at": stamp(now), "due_shard": shard_of(pk)},
            remove=("state_key", "updated_at", "why", "expires"),
        )
        for row in store.rows(pk, f"{PENDING_PREFIX}{source}")
        if row.get("state_key") == HELD_SIGN_UPS
    ]


def release(store: Store, person: str, now: datetime, source: str = "") -> int:
    """Let what is held of a person go; return how much that was."""
    writes = freed(store, person, now, source)
    for one in writes:
        store.commit([one])
    return len(writes)

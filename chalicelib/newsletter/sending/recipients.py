"""Every recipient of an issue, and what became of them: the ledger as people read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.core.ports import Item, Store
from chalicelib.newsletter.issue_counts import Readership
from chalicelib.newsletter.issues.issue import freeze_key
from chalicelib.newsletter.sending import counts
from chalicelib.newsletter.sending.ledger import EVENTS, SENT, STATES, Batch, EventName, StateName
from chalicelib.newsletter.subscribers.subscriber import AUDIENCE_BUCKETS, bucket_of

NOT_REACHED: Final[frozenset[EventName]] = frozenset(("bounced", "complained", "rejected"))
"""Events that say of a mail that was handed over that it did not reach anybody."""


@dataclass(frozen=True)
class Recipient:
    """One recipient: `events` are what SES reported, in the order of EVENTS; `why` is the reason
    of a failure; `message_id` is empty until SES took the mail."""

    person: str
    lang: str
    state: StateName
    why: str
    tries: int
    message_id: str
    events: tuple[EventName, ...]

    @property
    def reached(self) -> bool:
        came_back = NOT_REACHED & set(self.events) or (
            # An answering machine's "soft bounce" comes beside the delivery.
            "soft" in self.events and "delivered" not in self.events
        )
        return self.state == STATES[SENT] and not came_back


def recipients(store: Store, issue: str) -> Iterator[Recipient]:
    """Yield every recipient, shard by shard: two calls of the store for five hundred."""
    for row in store.rows(f"ISSUE#{issue}", "SHARD#"):
        for batch, seen in counts.read(store, issue, row["sk"].partition("#")[2]):
            yield from _of(batch, seen)


def counted_with(store: Store, issue: str, person: str) -> Readership | None:
    """Return the readership that a person is counted in for an issue; None when it was not for
    them: only the shards of their bucket can have them."""
    wide = (store.get(*freeze_key(issue)) or {}).get("wide", AUDIENCE_BUCKETS)
    unit = f"SHARD#{int(bucket_of(person)) // wide:02d}-"
    for row in store.rows(f"ISSUE#{issue}", unit):
        for batch, _ in counts.read(store, issue, row["sk"].partition("#")[2]):
            if person in batch.people:
                return batch.readers
    return None


def missed(store: Store, issue: str) -> Iterator[Recipient]:
    """Yield everybody who did not get it, each with the reason."""
    return (one for one in recipients(store, issue) if not one.reached)


def bounces(store: Store, issue: str) -> dict[str, int]:
    """Return the number of hard bounces of each domain."""
    found: dict[str, int] = {}
    for row in store.rows(f"ISSUE#{issue}", "SHARD#"):
        for _, seen in counts.read(store, issue, row["sk"].partition("#")[2]):
            for position in seen.get("bounced", ()):
                domain = (seen.get(f"why_{position}") or {}).get("domain", "")
                found[domain] = found.get(domain, 0) + 1
    return found


def _of(batch: Batch, seen: Item) -> Iterator[Recipient]:
    for n, person in enumerate(batch.people):
        events = tuple(name for name in EVENTS if n in seen.get(name, ()))
        reported = (seen.get(f"why_{n}") or {}).get("text", "")
        yield Recipient(
            person=person,
            lang=batch.lang,
            state=STATES[batch.state(n)],
            why=batch.why.get(n, "") or reported,
            tries=batch.tries.get(n, 0),
            message_id=batch.ids.get(n, ""),
            events=events,
        )

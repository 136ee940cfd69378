"""Every recipient of an issue, and what became of them: the ledger as people read it."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core.ports import Item, Store
from chalicelib.newsletter.sending import counts
from chalicelib.newsletter.sending.ledger import EVENTS, SENT, STATES, Batch

UNREACHED: frozenset[str] = frozenset(("bounced", "complained", "rejected"))


@dataclass(frozen=True)
class Recipient:
    """`state` is one of the words of STATES; `events` what SES told since, in its order;
    `why` the reason of a state or an event that is not what was wanted."""

    person: str
    lang: str
    state: str
    why: str
    tries: int
    message_id: str
    events: tuple[str, ...]

    @property
    def reached(self) -> bool:
        came_back = UNREACHED & set(self.events) or (
            # An answering machine's "soft bounce" comes beside the delivery.
            "soft" in self.events and "delivered" not in self.events
        )
        return self.state == STATES[SENT] and not came_back


def recipients(store: Store, issue: str) -> Iterator[Recipient]:
    """All of them, shard by shard: two calls of the store for five hundred."""
    for row in store.rows(f"ISSUE#{issue}", "SHARD#"):
        for batch, seen in counts.read(store, issue, row["sk"].partition("#")[2]):
            yield from _of(batch, seen)


def missed(store: Store, issue: str) -> Iterator[Recipient]:
    """Everybody who did not get it, each with the reason."""
    return (one for one in recipients(store, issue) if not one.reached)


def bounces(store: Store, issue: str) -> dict[str, int]:
    """Hard bounces by domain."""
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
        told = (seen.get(f"why_{n}") or {}).get("text", "")
        yield Recipient(
            person=person,
            lang=batch.lang,
            state=STATES[batch.states[n]],
            why=batch.why.get(n, "") or told,
            tries=batch.tries.get(n, 0),
            message_id=batch.ids.get(n, ""),
            events=events,
        )

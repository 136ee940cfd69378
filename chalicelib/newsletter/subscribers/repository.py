"""Reads a subscriber, changes them, and starts over when somebody else did meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Change, Delete, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.pending import PENDING_PREFIX
from chalicelib.newsletter.subscribers.subscriber import Subscriber

COMMIT_ATTEMPTS: Final = 8
SUBSCRIBER: Final = "subscriber"
"""What letters of the newsletter call their reader."""

DELETES_PER_COMMIT: Final = 90
"""Rows that one transaction deletes; DynamoDB takes a hundred writes."""


@dataclass(frozen=True)
class SubscriberChange:
    """What a subscriber becomes, what is written beside it, and what to call that."""

    outcome: str
    after: Subscriber | None = None
    writes: Sequence[Write] = ()


Decide = Callable[[Subscriber | None, datetime], SubscriberChange]


class SubscriberRepository:
    def __init__(self, store: Store, now: Now) -> None:
        self.store = store
        self.now = now

    def get(self, person: str) -> Subscriber | None:
        item = self.store.get(*subscriber.profile_key(person))
        return None if item is None else Subscriber.of(item)

    def take(self, person: str, decide: Decide) -> str:
        """Does what `decide` says of the subscriber as they are; returns its outcome."""
        for _ in range(COMMIT_ATTEMPTS):
            old = self.get(person)
            step = decide(old, self.now())
            writes = list(step.writes)
            if step.after is not None:
                writes.insert(0, subscriber.write(old, step.after))
            if not writes:
                return step.outcome
            try:
                self.store.commit(writes)
            except Conflict:
                continue
            return step.outcome
        raise StoreDown("too many changes of one subscription at once")

    def current(self, person: str) -> Subscriber | None:
        """The subscriber, at the address that they moved to."""
        found, seen = self.get(person), {person}
        while found is not None and found.moved_to and found.moved_to not in seen:
            seen.add(found.moved_to)
            found = self.get(found.moved_to)
        return found

    def earlier(self, found: Subscriber, *, own: bool = False) -> list[str]:
        """The person, and those of the addresses before, the latest first. `own`: only as far as
        they are no subscriptions of their own again."""
        chain = [found.person]
        before = found.moved_from
        while before and before not in chain:
            stub = self.get(before)
            if own and (stub is None or stub.moved_to != chain[-1]):
                break
            chain.append(before)
            before = stub.moved_from if stub else None
        return chain

    def consents(self, person: str) -> list[Item]:
        """What was agreed to and taken back, oldest first."""
        return self.store.rows(subscriber.profile_key(person)[0], "CONSENT#")

    def letters(self, person: str) -> list[Item]:
        return self.store.rows(subscriber.letters_pk(person))

    def forget(self, keys: Sequence[Key]) -> None:
        """Deletes rows; those that are gone already do no harm."""
        for start in range(0, len(keys), DELETES_PER_COMMIT):
            self.store.commit([Delete(key) for key in keys[start : start + DELETES_PER_COMMIT]])

    def without_trace(self, old: Subscriber) -> list[Write]:
        """A request that was never confirmed goes whole: there is nothing to prove of it.

        What is too much for one transaction goes before it, so that nothing stays behind.
        """
        keys = self.traces(old.person)
        self.forget(keys[DELETES_PER_COMMIT:])
        return [subscriber.gone(old), *(Delete(key) for key in keys[:DELETES_PER_COMMIT])]

    def traces(self, person: str) -> list[Key]:
        """Everything of a person beside the profile and the counters."""
        asked = self.store.rows(subscriber.profile_key(person)[0], PENDING_PREFIX)
        rows = [*self.consents(person), *asked, *self.letters(person)]
        return [(row["pk"], row["sk"]) for row in rows]


def owed(  # noqa: PLR0913
    person: str, name: str, *, address: str, lang: str, now: datetime, facts: dict[str, Any]
) -> Put:
    """A letter of the newsletter to one address; the address goes when the letter has left."""
    row = letter(
        subscriber.letters_pk(person),
        int(now.timestamp()),
        name,
        to=SUBSCRIBER,
        due=stamp(now),
        facts={"lang": lang, **facts},
    )
    expires = int((now + subscriber.EVIDENCE_RETENTION).timestamp())
    return Put({**row, "address": address, "expires": expires})


def again(
    repository: SubscriberRepository, old: Subscriber, now: datetime, told: dict[str, Any]
) -> SubscriberChange:
    """An unsubscribe by somebody who is out: kept once a day, for as long as the proof is."""
    pk, _ = old.key
    sk = f"CONSENT#{stamp(now)[:10]}T~"
    if not old.left_at or repository.store.get(pk, sk):
        return SubscriberChange("already")
    facts = {"kind": "consent", "at": stamp(now), "consent": "withdrawn", "again": True, **told}
    return SubscriberChange(
        "already", subscriber.changed(old, stamp(now)), [Put({"pk": pk, "sk": sk, **facts})]
    )


def mail_slots(person: str, week_slot: int, now: datetime) -> tuple[Put, Put]:
    """One mail to an address in an hour, and one for each slot of a week, whoever asks.

    Refused, the first means that the hour is not over, the second that the slot is taken.
    """
    pk, _ = subscriber.profile_key(person)
    seconds = int(now.timestamp())
    return (
        Put({"pk": pk, "sk": "HOUR", "kind": "limit", "expires": seconds + 3600}, seconds + 1),
        Put(
            {"pk": pk, "sk": f"WEEK#{week_slot}", "kind": "limit", "expires": seconds + 7 * 86400},
            seconds + 1,
        ),
    )


WEEK_SLOTS: Final = 3


def fewer_mails(person: str, now: datetime) -> list[Write]:
    """After a sign-up that nobody confirmed, one mail a week is enough for a month."""
    pk, _ = subscriber.profile_key(person)
    until = int((now + subscriber.HASH_RETENTION).timestamp())
    return [
        Change((pk, f"WEEK#{slot}"), set={"kind": "limit", "expires": until})
        for slot in range(1, WEEK_SLOTS)
    ]

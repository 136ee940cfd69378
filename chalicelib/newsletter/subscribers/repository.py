"""Reads and changes a subscriber, and starts over when somebody else changed them meanwhile."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from chalicelib.core.conflicts import retry_on_conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import (
    DELETES_PER_COMMIT,
    Change,
    Delete,
    Item,
    Key,
    Now,
    Put,
    Store,
    Write,
)
from chalicelib.core.records import stamp
from chalicelib.core.shown_words import ShownWords
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.growth import counted_writes, growth_writes
from chalicelib.newsletter.subscribers.pending import PENDING_PREFIX
from chalicelib.newsletter.subscribers.subscriber import EarlierAddress, Subscriber

SUBSCRIBER_ATTEMPTS: Final = 8
SUBSCRIBER: Final = "subscriber"
"""The reader in the rows of letters to a subscriber."""


SubscriberOutcome = Literal[
    "already", "apart", "asked", "asked_to_keep", "bounced", "cancelled", "complained", "confirm",
    "confirmed", "erased", "expired", "forgotten", "gone", "held", "imported", "known",
    "later", "left", "left_before", "move_dropped", "moved", "noted", "over", "purged",
    "reminded", "retype", "same", "saved", "stayed", "waits",
]  # fmt: skip
"""What became, or would become, of a subscription, by whatever was done to it."""


class SubscriberChange(NamedTuple):
    """What a subscriber becomes (None: their row is not written), what is written in the same
    transaction, and the name of what became of it."""

    outcome: SubscriberOutcome
    after: Subscriber | None = None
    writes: Sequence[Write] = ()


class MailWait(NamedTuple):
    """When a mail may leave that has to wait, and the writes that keep its place; none where
    one waits already."""

    until: datetime
    writes: tuple[Put, ...] = ()


LATER: Final = "LATER"
"""The row that says that a mail waits for its turn."""

Decide = Callable[[Subscriber | None, datetime], SubscriberChange]


class SubscriberRepository:
    def __init__(self, store: Store, now: Now) -> None:
        self.store = store
        self.now = now
        self._words = ShownWords(store, "words")

    def get(self, person: str) -> Subscriber | None:
        item = self.store.get(*subscriber.profile_key(person))
        return None if item is None else Subscriber.of(item)

    def commit(self, writes: Sequence[Write]) -> None:
        """Write all or nothing, and keep the words of consents once. Raises Conflict."""
        self.store.commit([self._kept_once(write) for write in writes])

    def take(self, person: str, decide: Decide) -> SubscriberOutcome:
        """Make the change that `decide` returns for the subscriber as they are; return its outcome."""

        def make() -> SubscriberOutcome:
            old = self.get(person)
            change = decide(old, self.now())
            writes = list(change.writes)
            if change.after is not None:
                writes = [*counted_writes(old, change.after), *writes]
            if writes:
                self.commit(writes)
            return change.outcome

        why = "too many changes of one subscription at once"
        return retry_on_conflict(make, SUBSCRIBER_ATTEMPTS, why)

    def take_current(self, person: str, decide: Decide) -> SubscriberOutcome:
        """Make the change for the subscriber whom the links of this person act on, wherever their
        subscription has moved: every verb that is not of one address alone goes through here."""
        current = self.current(person)
        return self.take(current.person if current else person, decide)

    def latest(self, person: str) -> Subscriber | None:
        """Return the subscriber at the last address of one person, whichever of theirs is given."""
        found = last = self.get(person)
        seen = {person}
        while last is not None and last.moved_to and last.moved_to not in seen:
            seen.add(last.moved_to)
            last = self.get(last.moved_to)
        moved = last is not None and any(one["person"] == person for one in last.moved_from)
        return last if moved else found

    def current(self, person: str) -> Subscriber | None:
        """Return the subscriber whom the links of this person act on.

        It is the one at the address that their subscription moved to, unless that address had
        records of its own: those are opened by its own mail alone.
        """
        last = self.latest(person)
        joined = last is not None and any(
            one["person"] == person and one["joined"] for one in last.moved_from
        )
        return self.get(person) if joined else last

    def left_behind(self, found: Subscriber) -> list[EarlierAddress]:
        """Return the earlier addresses of a person that have had no other subscription since."""
        people = {found.person, *(one["person"] for one in found.moved_from)}
        stubs = ((one, self.get(one["person"])) for one in found.moved_from)
        return [one for one, stub in stubs if stub and stub.moved_to in people]

    def mail_wait(self, person: str, now: datetime) -> "MailWait":
        """Return when an address that had its mails may get the next one, in no more than a week."""
        pk, _ = subscriber.profile_key(person)
        seconds = int(now.timestamp())

        def expiry(sk: str) -> int:
            row = self.store.get(pk, sk)
            return 0 if row is None else int(row["expires"])

        if expiry(LATER) > seconds:
            return MailWait(datetime.fromtimestamp(expiry(LATER), UTC))
        weeks = [expiry(f"WEEK#{slot}") for slot in range(MAILS_PER_WEEK)]
        until = max(seconds, expiry("HOUR"), min(weeks))
        at = datetime.fromtimestamp(until, UTC)
        later = {"pk": pk, "sk": LATER, "kind": "limit", "expires": until}
        slots = mail_slots(person, weeks.index(min(weeks)), at)
        return MailWait(at, (*slots, Put(later, seconds + 1)))

    def consents(self, person: str, until: str | None = None) -> list[Item]:
        """Return the proofs of what was agreed to and taken back, oldest first, with the words
        that were shown; `until` the stamp of a move, where there is one."""
        rows = self.store.rows(subscriber.profile_key(person)[0], "CONSENT#")
        return [self._filled_in(row) for row in rows if until is None or row["at"] <= until]

    def _kept_once(self, write: Write) -> Write:
        """Return the write of a consent without its text, which is kept before it; any other write
        as it is."""
        if not isinstance(write, Put) or "text" not in write.item:
            return write
        row = {name: value for name, value in write.item.items() if name != "text"}
        self._words.keep(row["text_hash"], {"text": write.item["text"]})
        return Put(row, write.unless_after)

    def _filled_in(self, row: Item) -> Item:
        """Return a consent with its words."""
        if "text_hash" not in row or "text" in row:
            return row
        kept = self._words.find(row["text_hash"])
        return {**row, "text": kept["text"] if kept else ""}

    def letters(self, person: str, until: str | None = None) -> list[Item]:
        rows = self.store.rows(subscriber.letters_pk(person))
        last = None if until is None else f"LETTER#{subscriber.seconds(until) + 1}"
        return [row for row in rows if last is None or row["sk"] < last]

    def sign_ups(self, person: str, until: str | None = None) -> list[Item]:
        """Return the sign-ups that wait for the sweep, or are held as spam."""
        rows = self.store.rows(subscriber.profile_key(person)[0], PENDING_PREFIX)
        return [row for row in rows if until is None or row["sk"].rpartition("#")[2] <= until]

    def forget(self, keys: Sequence[Key]) -> None:
        """Delete rows; those that are gone already do no harm."""
        for start in range(0, len(keys), DELETES_PER_COMMIT):
            self.store.commit([Delete(key) for key in keys[start : start + DELETES_PER_COMMIT]])

    def without_trace(self, old: Subscriber) -> list[Write]:
        """Return the writes that delete a request that was never confirmed, for there is nothing to
        prove of it.

        What is too much for one transaction is deleted here, so that nothing stays behind.
        """
        # A letter about a move is of another subscription, which an erasure finds by it.
        keys = [key for key in self.traces(old.person) if "#newsletter_move#" not in key[1]]
        self.forget(keys[DELETES_PER_COMMIT:])
        return [
            subscriber.gone(old),
            *growth_writes(old.item(), None),
            *(Delete(key) for key in keys[:DELETES_PER_COMMIT]),
        ]

    def traces(self, person: str, until: str | None = None) -> list[Key]:
        """Return the keys of everything of a person beside the profile and the counters; `until`
        the stamp of a move, where there is one."""
        kept = (self.consents, self.sign_ups, self.letters)
        return [(row["pk"], row["sk"]) for rows in kept for row in rows(person, until)]


def owed(  # noqa: PLR0913
    person: str, name: str, *, address: str, lang: Lang, now: datetime, facts: dict[str, object]
) -> Put:
    """Return the write of a letter to one address, which is deleted when the letter has left."""
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


def mail_slots(person: str, week_slot: int, now: datetime) -> tuple[Put, Put]:
    """Take the slots for one mail to an address in an hour, and one for each slot of a week,
    whoever asks.

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


MAILS_PER_WEEK: Final = 3


def fewer_mails(person: str, now: datetime) -> list[Write]:
    """Allow one mail a week for a month, after a sign-up that nobody confirmed."""
    pk, _ = subscriber.profile_key(person)
    until = int((now + subscriber.HASH_RETENTION).timestamp())
    return [
        Change((pk, f"WEEK#{slot}"), set={"kind": "limit", "expires": until})
        for slot in range(1, MAILS_PER_WEEK)
    ]

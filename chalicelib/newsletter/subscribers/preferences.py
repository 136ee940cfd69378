"""What a subscriber chooses: language, topics, a pause, another address."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.links import person_key
from chalicelib.core.ports import Write
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.repository import (
    WEEK_SLOTS,
    SubscriberChange,
    SubscriberRepository,
    mail_slots,
    owed,
)
from chalicelib.newsletter.subscribers.signup import Evidence, seconds
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.newsletter.subscribers.subscriptions import NO_EVIDENCE, PAUSE_LENGTH, Words

MOVES_PER_HOUR: Final = 3
"""Changes of address that one subscription may ask for in an hour."""

CHANGES_PER_DAY: Final = 20
"""Changes in a day: each is a row of the proof, which must stay small enough to be read."""


class Preferences:
    def __init__(self, repository: SubscriberRepository, words: Words, people_key: bytes) -> None:
        self._repository = repository
        self._words = words
        self._key = people_key

    def choose(
        self, person: str, *, lang: str, topics: Sequence[str], evidence: Evidence = NO_EVIDENCE
    ) -> str:
        """Another language, other topics: `saved` or `gone`."""

        def wanted(old: Subscriber, now: datetime) -> dict[str, Any]:
            return {"lang": lang, "topics": list(topics)}

        return self._change(person, wanted, evidence)

    def pause(self, person: str, evidence: Evidence = NO_EVIDENCE) -> str:
        """No issue for three months."""
        return self._change(
            person, lambda old, now: {"paused_until": stamp(now + PAUSE_LENGTH)}, evidence
        )

    def resume(self, person: str, evidence: Evidence = NO_EVIDENCE) -> str:
        return self._change(person, lambda old, now: {"paused_until": None}, evidence)

    def move(self, person: str, email: str, evidence: Evidence = NO_EVIDENCE) -> str:
        """Asks the new address to confirm, and tells the old one: `asked`, `same`, `gone`.

        The answer is `asked` too when the new address may get no mail now. Raises TooMany:
        one subscription must not write to strangers without end.
        """
        to = person_key(email, self._key)
        if to == person:
            return "same"
        rate_limit.count(
            self._repository.store, f"MOVE#{person}", MOVES_PER_HOUR, self._repository.now()
        )
        for slot in range(WEEK_SLOTS):
            try:
                return self._ask_to_move(person, to, email, slot, evidence)
            except Conflict:
                continue
        return "asked"

    def stay(self, person: str) -> str:
        """The move that waits is called off."""
        return self._change(person, lambda old, now: {"moving": None}, NO_EVIDENCE)

    def moving(self, person: str, asked: datetime) -> str:
        """What the link to the new address would do now: `confirm`, `over` or `gone`."""
        return _moving(self._repository.get(person), asked, self._repository.now())

    def confirm_move(
        self, person: str, asked: datetime, evidence: Evidence = NO_EVIDENCE, shown: str = ""
    ) -> str:
        """The new address said yes, on a page in the language `shown`: the subscription is its
        own from here on."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            standing = _moving(old, asked, now)
            if standing != "confirm" or old is None or old.moving is None:
                return SubscriberChange(standing)
            there = self._repository.get(old.moving["person"])
            if there is not None and there.status == subscriber.COMPLAINED:
                return SubscriberChange("gone")
            return self._moved(old, there, now, evidence, shown or old.lang)

        return self._repository.take(person, decide)

    def _change(self, person: str, wanted: Any, evidence: Evidence) -> str:
        """Raises TooMany."""
        now = self._repository.now()
        rate_limit.count_daily(self._repository.store, f"CHOICE#{person}", CHANGES_PER_DAY, now)

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.status != subscriber.ACTIVE:
                return SubscriberChange("gone")
            values = wanted(old, now)
            before = {k: getattr(old, k) for k in values}
            if before == values:
                return SubscriberChange("saved")
            after = subscriber.changed(old, stamp(now), **values)
            told = {
                "consent": "changed",
                # An address that was never confirmed is nobody's proof.
                "before": {} if "moving" in values else before,
                "after": {} if "moving" in values else values,
                **asdict(evidence),
            }
            return SubscriberChange("saved", after, [subscriber.consent(after, told)])

        return self._repository.take(person, decide)

    def _ask_to_move(  # noqa: PLR0913
        self, person: str, to: str, email: str, slot: int, evidence: Evidence
    ) -> str:
        """Raises Conflict when the new address had a mail of ours too recently."""
        now = self._repository.now()
        old = self._repository.get(person)
        if old is None or old.status != subscriber.ACTIVE:
            return "gone"
        moving = {"email": email, "person": to, "asked_at": stamp(now)}
        after = subscriber.changed(old, stamp(now), moving=moving)
        told = {"consent": "move-requested", **asdict(evidence)}
        facts = {"asked": seconds(stamp(now)), "person": person}
        there = self._repository.get(to)
        writes: list[Write] = [
            *mail_slots(to, slot, now),
            subscriber.write(old, after),
            subscriber.consent(after, told),
            owed(
                person,
                "newsletter_moving",
                address=old.email,
                lang=old.lang,
                now=now,
                facts={},
            ),
        ]
        if there is None or there.status != subscriber.COMPLAINED:
            writes.append(
                owed(to, "newsletter_move", address=email, lang=old.lang, now=now, facts=facts)
            )
        self._repository.store.commit(writes)
        return "asked"

    def _moved(  # noqa: PLR0913
        self,
        old: Subscriber,
        there: Subscriber | None,
        now: datetime,
        evidence: Evidence,
        shown: str,
    ) -> SubscriberChange:
        assert old.moving is not None
        at = stamp(now)
        to = old.moving["person"]
        stub = Subscriber(
            old.person,
            subscriber.UNSUBSCRIBED,
            old.version + 1,
            at,
            lang=old.lang,
            moved_to=to,
            # There and back again is no ring.
            moved_from=None if old.moved_from == to else old.moved_from,
        )
        base = there or Subscriber(to, subscriber.PENDING, 0, at)
        kept = ("lang", "topics", "name", "province", "basis", "expires_at", "asks", "paused_until")
        # An express consent of the new address is worth more than an implied one brought.
        worth = _OF_CONSENT if there is not None and _express(there) else ()
        new = subscriber.changed(
            base,
            at,
            status=subscriber.ACTIVE,
            email=old.moving["email"],
            confirmed_at=at,
            request=None,
            soft_bounces=[],
            left_at=None,
            moved_to=None,
            moved_from=old.person,
            **{k: getattr(there if k in worth else old, k) for k in kept},
        )
        agreed = {
            "consent": "moved",
            "basis": new.basis,
            "lang": old.lang,
            "topics": old.topics,
            "text_lang": shown,
            **self._words(shown).facts(),
            **asdict(evidence),
        }
        return SubscriberChange(
            "confirmed",
            stub,
            [
                subscriber.consent(stub, {"consent": "moved", "basis": old.basis}),
                subscriber.write(there, new),
                subscriber.consent(new, agreed),
            ],
        )


_OF_CONSENT: Final = ("basis", "expires_at", "asks")


def _express(found: Subscriber) -> bool:
    return found.status == subscriber.ACTIVE and found.basis == subscriber.EXPRESS


def _moving(old: Subscriber | None, asked: datetime, now: datetime) -> str:
    if now - asked > subscriber.LINK_VALID:
        return "over"
    if old is None or old.moving is None or old.status != subscriber.ACTIVE:
        return "gone"
    return "confirm" if moment(old.moving["asked_at"]) >= asked else "gone"

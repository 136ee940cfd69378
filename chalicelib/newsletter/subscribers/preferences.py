"""What a subscriber chooses: language, topics, a pause, another address."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
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
from chalicelib.newsletter.subscribers.subscriber import AddressMove, Subscriber
from chalicelib.newsletter.subscribers.subscriptions import NO_EVIDENCE, PAUSE_LENGTH, ConsentTexts

MOVES_PER_HOUR: Final = 3
"""How many changes of address one subscription may ask for."""

CHANGES_PER_DAY: Final = 20
"""How many changes one subscription may make: each is a row of the proof, which must stay small
enough to be read."""


class Preferences:
    def __init__(
        self, repository: SubscriberRepository, texts: ConsentTexts, people_key: bytes
    ) -> None:
        self._repository = repository
        self._texts = texts
        self._key = people_key

    def choose(
        self, person: str, *, lang: Lang, topics: Sequence[str], evidence: Evidence = NO_EVIDENCE
    ) -> str:
        """Choose another language or other topics; return `saved` or `gone`. Raises TooMany, as do
        `pause`, `resume` and `stay`."""
        return self._change(person, {"lang": lang, "topics": list(topics)}, evidence)

    def pause(self, person: str, evidence: Evidence = NO_EVIDENCE) -> str:
        """Send no issue for three months; return `saved` or `gone`."""
        until = stamp(self._repository.now() + PAUSE_LENGTH)
        return self._change(person, {"paused_until": until}, evidence)

    def resume(self, person: str, evidence: Evidence = NO_EVIDENCE) -> str:
        return self._change(person, {"paused_until": None}, evidence)

    def move(self, person: str, email: str, evidence: Evidence = NO_EVIDENCE) -> str:
        """Ask the new address to confirm, and tell the old one; return `asked`, `same` or `gone`.

        It is `asked` too when the new address may get no mail now. Raises TooMany:
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
        """Call off the move that waits; return `saved` or `gone`."""
        return self._change(person, {"moving": None}, NO_EVIDENCE)

    def moving(self, person: str, asked: datetime) -> str:
        """Return what the link to the new address would do now: `confirm`, `over` or `gone`."""
        return _moving(self._repository.get(person), asked, self._repository.now())

    def confirm_move(
        self,
        person: str,
        asked: datetime,
        evidence: Evidence = NO_EVIDENCE,
        shown: Lang | None = None,
    ) -> str:
        """Make the subscription the new address's, which confirmed on a page in the language
        `shown`; return `confirmed`, `over` or `gone`."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            standing = _moving(old, asked, now)
            if standing != "confirm" or old is None or old.moving is None:
                return SubscriberChange(standing)
            there = self._repository.get(old.moving["person"])
            if there is not None and there.status == subscriber.COMPLAINED:
                return SubscriberChange("gone")
            return self._moved(old, there, now, evidence, shown or old.lang)

        return self._repository.take(person, decide)

    def _change(self, person: str, values: Mapping[str, object], evidence: Evidence) -> str:
        now = self._repository.now()
        rate_limit.count_daily(self._repository.store, f"CHOICE#{person}", CHANGES_PER_DAY, now)

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.status != subscriber.ACTIVE:
                return SubscriberChange("gone")
            before = {k: getattr(old, k) for k in values}
            if before == values:
                return SubscriberChange("saved")
            after = subscriber.changed(old, stamp(now), **values)
            proof = {
                "consent": "changed",
                # An address that was never confirmed is nobody's proof.
                "before": {} if "moving" in values else before,
                "after": {} if "moving" in values else values,
                **asdict(evidence),
            }
            return SubscriberChange("saved", after, [subscriber.consent(after, proof)])

        return self._repository.take(person, decide)

    def _ask_to_move(  # noqa: PLR0913
        self, person: str, to: str, email: str, slot: int, evidence: Evidence
    ) -> str:
        """Raises Conflict when the new address had a mail of ours too recently."""
        now = self._repository.now()
        old = self._repository.get(person)
        if old is None or old.status != subscriber.ACTIVE:
            return "gone"
        moving: AddressMove = {"email": email, "person": to, "asked_at": stamp(now)}
        after = subscriber.changed(old, stamp(now), moving=moving)
        proof = {"consent": "move-requested", **asdict(evidence)}
        facts = {"asked": seconds(stamp(now)), "person": person}
        there = self._repository.get(to)
        writes: list[Write] = [
            *mail_slots(to, slot, now),
            subscriber.write(old, after),
            subscriber.consent(after, proof),
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
        shown: Lang,
    ) -> SubscriberChange:
        """Leave a stub at the old address, and take the subscription over at the new one."""
        assert old.moving is not None
        stub = _left_behind(old, old.moving["person"], stamp(now))
        new = _taken_along(old, there, old.moving, stamp(now))
        agreed = {
            "consent": "moved",
            "basis": new.basis,
            "lang": old.lang,
            "topics": old.topics,
            "text_lang": shown,
            **self._texts(shown).facts(),
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


def _left_behind(old: Subscriber, to: str, at: str) -> Subscriber:
    """Return what stays at the old address: where the subscription went."""
    return Subscriber(
        old.person,
        subscriber.UNSUBSCRIBED,
        old.version + 1,
        at,
        lang=old.lang,
        moved_to=to,
        # There and back again is no ring.
        moved_from=None if old.moved_from == to else old.moved_from,
    )


_OF_CONSENT: Final = ("basis", "expires_at", "asks")
_TAKEN_ALONG: Final = ("lang", "topics", "name", "province", "paused_until", *_OF_CONSENT)


def _taken_along(
    old: Subscriber, there: Subscriber | None, moving: AddressMove, at: str
) -> Subscriber:
    """Return the subscription at the new address, where one may have been `there` before."""
    base = there or Subscriber(moving["person"], subscriber.PENDING, 0, at)
    # An express consent of the new address is worth more than an implied one brought.
    kept = _OF_CONSENT if there is not None and _express(there) else ()
    return subscriber.changed(
        base,
        at,
        status=subscriber.ACTIVE,
        email=moving["email"],
        confirmed_at=at,
        request=None,
        soft_bounces=[],
        left_at=None,
        moved_to=None,
        moved_from=old.person,
        **{name: getattr(there if name in kept else old, name) for name in _TAKEN_ALONG},
    )


def _express(found: Subscriber) -> bool:
    return found.status == subscriber.ACTIVE and found.basis == subscriber.EXPRESS


def _moving(old: Subscriber | None, asked: datetime, now: datetime) -> str:
    if now - asked > subscriber.LINK_VALID:
        return "over"
    if old is None or old.moving is None or old.status != subscriber.ACTIVE:
        return "gone"
    return "confirm" if moment(old.moving["asked_at"]) >= asked else "gone"

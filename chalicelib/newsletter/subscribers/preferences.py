"""What a subscriber chooses: language, topics, a pause, another address."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.links import person_key
from chalicelib.core.ports import Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.address_change import AddressChange
from chalicelib.newsletter.subscribers.growth import counted_writes
from chalicelib.newsletter.subscribers.repository import (
    MAILS_PER_WEEK,
    SubscriberChange,
    SubscriberOutcome,
    SubscriberRepository,
    mail_slots,
    owed,
)
from chalicelib.newsletter.subscribers.signup import Evidence
from chalicelib.newsletter.subscribers.subscriber import AddressMove, Subscriber, moved_row, seconds
from chalicelib.newsletter.subscribers.subscriptions import NO_EVIDENCE, PAUSE_LENGTH


class Preferences:
    def __init__(
        self,
        repository: SubscriberRepository,
        texts: consent_text.ConsentTexts,
        people_key: bytes,
    ) -> None:
        self._repository = repository
        self._texts = texts
        self._key = people_key

    def choose(
        self, person: str, *, lang: Lang, topics: Sequence[str], evidence: Evidence = NO_EVIDENCE
    ) -> SubscriberOutcome:
        """Choose another language or other topics; return `saved` or `gone`. Raises TooMany, as do
        `pause`, `resume` and `stay`."""
        return self._change(person, {"lang": lang, "topics": list(topics)}, evidence)

    def pause(self, person: str, evidence: Evidence = NO_EVIDENCE) -> SubscriberOutcome:
        """Send no issue for three months; return `saved` or `gone`."""
        until = stamp(self._repository.now() + PAUSE_LENGTH)
        return self._change(person, {"paused_until": until}, evidence)

    def resume(self, person: str, evidence: Evidence = NO_EVIDENCE) -> SubscriberOutcome:
        return self._change(person, {"paused_until": None}, evidence)

    def move(self, person: str, email: str, evidence: Evidence = NO_EVIDENCE) -> SubscriberOutcome:
        """Ask the new address to confirm, and tell the old one; return `asked`, `same` or `gone`.

        The request before it ends. It is `asked` too when the new address may get no mail now.
        Raises TooMany: one subscription must not write to strangers without end.
        """
        to = person_key(email, self._key)
        current = self._repository.current(person)
        person = current.person if current else person
        if current is None or current.status != subscriber.ACTIVE:
            return "gone"
        if to == person:
            return "same"
        rate_limit.count(self._repository.store, "address_moves", person, self._repository.now())
        for slot in range(MAILS_PER_WEEK):
            try:
                return self._ask_to_move(person, to, email, slot, evidence)
            except Conflict:
                continue
        return self._repository.take(person, partial(_no_longer_elsewhere, to=to))

    def stay(self, person: str) -> SubscriberOutcome:
        """Call off the move that waits; return `saved` or `gone`."""
        return self._change(person, {"moving": None}, NO_EVIDENCE)

    def moving(self, person: str, to: str, asked: datetime) -> SubscriberOutcome:
        """Return what the link to the new address, `to`, would do now: `confirm`, `over`, `gone`,
        or `left_before` when only an express consent counts there."""
        old = self._repository.get(person)
        standing = _moving(old, to, asked, self._repository.now())
        if standing != "confirm" or old is None:
            return standing
        return self._accepted(old, self._repository.get(to))

    def confirm_move(  # noqa: PLR0913
        self,
        person: str,
        to: str,
        asked: datetime,
        evidence: Evidence = NO_EVIDENCE,
        words: consent_text.ConsentText | None = None,
    ) -> SubscriberOutcome:
        """Make the subscription that of the address `to`, which proved itself by the request that
        was made at `asked`, on a page with these `words`; return `confirmed`, or what `moving`
        returns instead."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            standing = _moving(old, to, asked, now)
            if standing != "confirm" or old is None or old.moving is None:
                return SubscriberChange(standing)
            there = self._repository.get(to)
            if (accepted := self._accepted(old, there)) != "confirm":
                return SubscriberChange(accepted)
            shown = words or self._texts.current(old.lang)
            return self._moved(AddressChange(old, there, old.moving, stamp(now)), evidence, shown)

        return self._repository.take(person, decide)

    def _accepted(self, old: Subscriber, there: Subscriber | None) -> SubscriberOutcome:
        """Return whether the new address may take the subscription over: `confirm`, `gone` or
        `left_before`."""
        if there is None:
            return "confirm"
        last = self._repository.latest(there.person)
        if there.refuses_mail or (last is not None and last.refuses_mail):
            return "gone"
        # Who withdrew is written to again by their own express consent alone.
        withdrew = there.withdrew or (last is not None and last.withdrew)
        return "left_before" if withdrew and old.basis != subscriber.EXPRESS else "confirm"

    def _change(
        self, person: str, values: Mapping[str, object], evidence: Evidence
    ) -> SubscriberOutcome:
        now = self._repository.now()
        rate_limit.count(self._repository.store, "choices", person, now)

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
                **evidence._asdict(),
            }
            return SubscriberChange("saved", after, [subscriber.consent(after, proof)])

        return self._repository.take_current(person, decide)

    def _ask_to_move(  # noqa: PLR0913
        self, person: str, to: str, email: str, slot: int, evidence: Evidence
    ) -> SubscriberOutcome:
        """Write to the new address, which has to confirm the move. Raises Conflict when the new
        address had a mail of ours too recently."""
        now = self._repository.now()
        old = self._repository.get(person)
        if old is None or old.status != subscriber.ACTIVE:
            return "gone"
        moving: AddressMove = {"email": email, "person": to, "asked_at": stamp(now)}
        after = subscriber.changed(old, stamp(now), moving=moving)
        proof = {"consent": "move-requested", **evidence._asdict()}
        facts = {"asked": seconds(stamp(now)), "person": person}
        there = self._repository.get(to)
        writes: list[Write] = [
            *mail_slots(to, slot, now),
            *counted_writes(old, after),
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
        if there is None or not there.refuses_mail:
            writes.append(
                owed(to, "newsletter_move", address=email, lang=old.lang, now=now, facts=facts)
            )
        self._repository.commit(writes)
        return "asked"

    def _moved(
        self, change: AddressChange, evidence: Evidence, words: consent_text.ConsentText
    ) -> SubscriberChange:
        """Leave a stub at the old address, and take the subscription over at the new one."""
        old, new, stub = change.old, change.taken_over(), change.left_behind()
        agreed = {
            "consent": "moved",
            "basis": new.basis,
            "lang": new.lang,
            "topics": new.topics,
            **words.facts(),
            **evidence._asdict(),
        }
        return SubscriberChange(
            "confirmed",
            stub,
            [
                subscriber.consent(stub, {"consent": "moved", "basis": old.basis}),
                *counted_writes(change.there, new),
                subscriber.consent(new, agreed),
                *self._led_on(change),
                moved_row(change.to, change.at),
            ],
        )

    def _led_on(self, change: AddressChange) -> Iterator[Write]:
        """Yield the writes by which the addresses before the old one lead to the new one too."""
        for one in self._repository.left_behind(change.old):
            stub = self._repository.get(one["person"])
            # One that was joined is another subscription, and stays as it is.
            if stub is not None and stub.person != change.to and not one["joined"]:
                led = subscriber.changed(stub, change.at, moved_to=change.to)
                yield from counted_writes(stub, led)


def _no_longer_elsewhere(old: Subscriber | None, now: datetime, *, to: str) -> SubscriberChange:
    """Return the end of a move to another address than this one, which may get no mail now."""
    if old is None or old.moving is None or old.moving["person"] == to:
        return SubscriberChange("asked")
    return SubscriberChange("asked", subscriber.changed(old, stamp(now), moving=None))


def _moving(old: Subscriber | None, to: str, asked: datetime, now: datetime) -> SubscriberOutcome:
    if now - asked > subscriber.LINK_VALID:
        return "over"
    if old is None or old.moving is None or old.status != subscriber.ACTIVE:
        return "gone"
    requested = (old.moving["person"], seconds(old.moving["asked_at"]))
    return "confirm" if requested == (to, int(asked.timestamp())) else "gone"

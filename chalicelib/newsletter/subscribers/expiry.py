"""Does what a subscription is due for: reminders, purges, the end of an implied consent."""

from datetime import datetime
from typing import assert_never

from chalicelib.core import eastern_time
from chalicelib.core.business_days import DAY
from chalicelib.core.legal_hold import held_until
from chalicelib.core.ports import Key
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.pending import PENDING_PREFIX
from chalicelib.newsletter.subscribers.repository import (
    SubscriberChange,
    SubscriberRepository,
    fewer_mails,
    owed,
)
from chalicelib.newsletter.subscribers.signup import SignUps
from chalicelib.newsletter.subscribers.subscriber import (
    ASKED_BEFORE_END,
    SignUpRequest,
    Subscriber,
    seconds,
)


class SubscriberExpiry:
    """Looks after the rows of a person that are due; each deadline is one conditional change."""

    def __init__(self, repository: SubscriberRepository, sign_ups: SignUps) -> None:
        self._repository = repository
        self._sign_ups = sign_ups

    def mind(self, key: Key) -> str:
        """Do what a row is due for, and return what became of it: `reminded`, `purged`, `waits`,
        `move_dropped`, `asked_to_keep`, `expired`, `forgotten`, `held`, `later`, `gone`, or what
        `SignUps.ask` returns."""
        if key[1].startswith(PENDING_PREFIX):
            return self._sign_ups.carry_out(key)
        return self._repository.take(subscriber.person_of(key[0]), self._due)

    def _due(self, old: Subscriber | None, now: datetime) -> SubscriberChange:
        if old is None:
            return SubscriberChange("gone")
        due = {name: at for name, at in old.deadlines().items() if at <= stamp(now)}
        if not due:
            return SubscriberChange("later")
        # The one that came first, and never another one in its place.
        match first := min(due, key=lambda name: due[name]):
            case "request":
                assert old.request
                return self._request(old, old.request, now)
            case "moving":
                return SubscriberChange(
                    "move_dropped", subscriber.changed(old, stamp(now), moving=None)
                )
            case "implied":
                assert old.expires_at
                return self._implied(old, old.expires_at, now)
            case "proof":
                return self._forgotten(old, now)
            case _:
                assert_never(first)

    def _request(self, old: Subscriber, request: SignUpRequest, now: datetime) -> SubscriberChange:
        if not self._sign_ups.answered:
            # Nobody can have confirmed: their letter waits for our postal address.
            waits: SignUpRequest = {**request, "since": stamp(now)}
            before = [{**one, "since": stamp(now)} for one in old.superseded]
            after = subscriber.changed(old, stamp(now), request=waits, superseded=before)
            return SubscriberChange("waits", after)
        if now >= moment(request["since"]) + subscriber.PURGE_AFTER:
            slots = fewer_mails(old.person, now)
            if old.status == subscriber.PENDING:
                return SubscriberChange(
                    "purged", None, [*self._repository.without_trace(old), *slots]
                )
            dropped = subscriber.changed(old, stamp(now), request=None, superseded=[])
            return SubscriberChange("purged", dropped, slots)
        after = subscriber.changed(old, stamp(now), request={**request, "reminded": True})
        facts = {"asked": seconds(request["asked_at"]), "topics": request["topics"]}
        letter = owed(
            old.person,
            "newsletter_reminder",
            address=request["email"],
            lang=request["lang"],
            now=now,
            facts=facts,
        )
        return SubscriberChange("reminded", after, [letter])

    def _implied(self, old: Subscriber, expires_at: str, now: datetime) -> SubscriberChange:
        end = moment(expires_at)
        if now >= end:
            after = subscriber.changed(
                old, stamp(now), status=subscriber.EXPIRED, email="", name=None, province=None,
                left_at=stamp(now), expires_at=None, moving=None,
            )  # fmt: skip
            proof = {"consent": "expired", "basis": old.basis}
            return SubscriberChange("expired", after, [subscriber.consent(after, proof)])
        # Whoever comes in late is asked once, not twice in a row.
        after = subscriber.changed(
            old, stamp(now), asks=sum(now >= end - before for before in ASKED_BEFORE_END)
        )
        letter = owed(
            old.person,
            "newsletter_keep",
            address=old.email,
            lang=old.lang,
            now=now,
            facts={"until": expires_at},
        )
        return SubscriberChange("asked_to_keep", after, [letter])

    def _forgotten(self, old: Subscriber, now: datetime) -> SubscriberChange:
        """Delete the proof, which has been kept long enough; the hash stays."""
        held = held_until(self._repository.store, old.key[0], eastern_time.today(now))
        if held is not None:
            # As if the subscription had ended so much later.
            left_at = stamp(now - subscriber.EVIDENCE_RETENTION + (held - now.date()) + DAY)
            return SubscriberChange("held", subscriber.changed(old, stamp(now), left_at=left_at))
        for one in self._repository.left_behind(old):
            if not one["joined"]:
                self._repository.forget(self._repository.traces(one["person"], one["at"]))
        self._repository.forget(self._repository.traces(old.person))
        after = subscriber.changed(
            old, stamp(now), left_at=None, email="", name=None, province=None
        )
        return SubscriberChange("forgotten", after)

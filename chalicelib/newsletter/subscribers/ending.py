"""Ends a subscription: what is kept of it, and what is written down as proof."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.core.ports import Put
from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.repository import (
    SubscriberChange,
    SubscriberOutcome,
    SubscriberRepository,
)
from chalicelib.newsletter.subscribers.subscriber import Status, Subscriber


def ended(
    old: Subscriber,
    status: Status,
    now: datetime,
    proof: Mapping[str, object],
    outcome: SubscriberOutcome,
) -> SubscriberChange:
    """Return the change to a status without mail, and its proof.

    The address goes with the subscription, but for staff who want to learn why it bounced.
    """
    kept = {} if status == subscriber.BOUNCED else {"email": "", "name": None, "province": None}
    after = subscriber.changed(
        old,
        stamp(now),
        status=status,
        request=None,
        superseded=[],
        moving=None,
        paused_until=None,
        soft_bounces=[],
        expires_at=None,
        left_at=stamp(now),
        **kept,
    )
    return SubscriberChange(outcome, after, [subscriber.consent(after, proof)])


def withdrawn_again(
    repository: SubscriberRepository, old: Subscriber, now: datetime, proof: Mapping[str, object]
) -> SubscriberChange:
    """Return the note that somebody who is out left again: kept once a day, for as long as the
    proof of their consent is."""
    pk, _ = old.key
    sk = f"CONSENT#{stamp(now)[:10]}T~"
    if not old.left_at or repository.store.get(pk, sk):
        return SubscriberChange("already")
    facts = {"kind": "consent", "at": stamp(now), "consent": "withdrawn", "again": True, **proof}
    return SubscriberChange(
        "already", subscriber.changed(old, stamp(now)), [Put({"pk": pk, "sk": sk, **facts})]
    )

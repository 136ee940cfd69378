"""Forgets somebody who asks for it."""

from datetime import datetime

from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.repository import SubscriberChange, SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import Subscriber


def erase(repository: SubscriberRepository, person: str) -> str:
    """Erase all but the keyed hash, which keeps the address from coming back by an import; return
    `erased` or `already`.

    Whichever of somebody's addresses is given, all go, but for one that was subscribed anew
    after it was left.
    """

    def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
        if old is None or old.status == subscriber.ERASED:
            return SubscriberChange("already")
        # Where they moved to stays, so that an old link finds what a death here left undone.
        after = Subscriber(
            old.person, subscriber.ERASED, old.version + 1, stamp(now), moved_to=old.moved_to
        )
        return SubscriberChange("erased", after)

    current = repository.current(person)
    if current is None:
        return "already"
    # The one that is written to last, for it alone knows of those before.
    for one in reversed(repository.earlier(current, abandoned=True)):
        outcome = repository.take(one, decide)
        # Whoever dies here only has to ask again: this is done whatever the outcome was.
        repository.forget(repository.traces(one))
    return outcome

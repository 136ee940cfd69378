"""Forgets somebody who asks for it."""

from datetime import datetime

from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.repository import SubscriberChange, SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import Subscriber


def erase(repository: SubscriberRepository, person: str) -> str:
    """Erase all but the keyed hash, which keeps the address from coming back by an import; return
    `erased` or `already`.

    With the address that the links of this person act on go all that were moved or joined to it,
    but for one that was subscribed anew after it was left.
    """
    current = repository.current(person)
    if current is None:
        return _erase_one(repository, person)
    # The last is the one that alone knows of those before.
    left_behind = [one["person"] for one in repository.left_behind(current)]
    outcomes = [_erase_one(repository, one) for one in [*left_behind, current.person]]
    # Nothing is left to be found by what was kept in case of a death.
    for one in (current.person, *left_behind) if left_behind else ():
        repository.take(one, _apart)
    return "erased" if "erased" in outcomes else "already"


def _erase_one(repository: SubscriberRepository, person: str) -> str:
    traces = repository.traces(person)
    _call_off_moves(repository, person)

    def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
        if old is None and not traces:
            return SubscriberChange("already")
        if old is not None and old.status == subscriber.ERASED and old.request is None:
            return SubscriberChange("erased" if traces else "already")
        before = old or Subscriber(person, subscriber.ERASED, 0, stamp(now))
        after = Subscriber(
            person,
            subscriber.ERASED,
            before.version + 1,
            stamp(now),
            complained=before.refuses_mail,
            # What leads to their other addresses stays until those are done.
            moved_to=before.moved_to,
            moved_from=before.moved_from,
        )
        return SubscriberChange("erased", after)

    outcome = repository.take(person, decide)
    # Whoever dies here only has to ask again: this is done whatever the outcome was.
    repository.forget(repository.traces(person))
    return outcome


def _call_off_moves(repository: SubscriberRepository, person: str) -> None:
    """Drop this address where somebody's subscription waits to be moved to it."""

    def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
        if old is None or old.moving is None or old.moving["person"] != person:
            return SubscriberChange("already")
        return SubscriberChange("stayed", subscriber.changed(old, stamp(now), moving=None))

    letters = [row for row in repository.letters(person) if row["letter"] == "newsletter_move"]
    for mover in {row["facts"]["person"] for row in letters}:
        repository.take(mover, decide)


def _apart(old: Subscriber | None, now: datetime) -> SubscriberChange:
    if old is None or old.status != subscriber.ERASED or not (old.moved_to or old.moved_from):
        return SubscriberChange("already")
    return SubscriberChange(
        "apart", subscriber.changed(old, stamp(now), moved_to=None, moved_from=[])
    )

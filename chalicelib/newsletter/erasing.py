"""Forgetting somebody who asks for it."""

from datetime import datetime

from chalicelib.newsletter import people
from chalicelib.newsletter.people import Subscriber
from chalicelib.newsletter.register import Register, Step
from chalicelib.records import stamp


def erase(register: Register, person: str) -> str:
    """Leaves the keyed hash alone, which keeps the address from coming back by an import:
    `erased` or `already`."""

    def decide(old: Subscriber | None, now: datetime) -> Step:
        if old is None or old.status == people.ERASED:
            return Step("already")
        return Step("erased", Subscriber(person, people.ERASED, old.version + 1, stamp(now)))

    before = register.get(person)
    if before is not None and before.moved_from:
        # First, for the row that is about to go is the only one that knows of it.
        erase(register, before.moved_from)
    outcome = register.take(person, decide)
    # Whoever dies here only has to ask again: this is done whatever the outcome was.
    register.forget(register.traces(person))
    return outcome

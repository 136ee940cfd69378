"""Everybody whom an issue did not reach: who they are now, and whether they can be written to."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.newsletter.issues import Issue
from chalicelib.newsletter.people import profile_key
from chalicelib.newsletter.reached import UNREACHED, missed
from chalicelib.newsletter.sending import unwanted
from chalicelib.ports import Clock, Store
from chalicelib.records import stamp


@dataclass(frozen=True)
class Missed:
    """`email` is empty when it is no longer known; `again`: another try may reach them."""

    person: str
    email: str
    lang: str
    why: str
    again: bool


class Missing:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __call__(self, issue: Issue) -> Iterator[Missed]:
        now = stamp(self._clock())
        for one in missed(self._store, issue.id):
            profile = self._store.get(*profile_key(one.person))
            whys = (one.why, *(event for event in one.events if event in UNREACHED))
            yield Missed(
                person=one.person,
                email=str((profile or {}).get("email") or ""),
                lang=one.lang,
                why=", ".join([one.state, *filter(None, dict.fromkeys(whys))]),
                again=not unwanted(profile, issue.topics, now),
            )

"""Tries that changed nothing: each is noted, and a link has only so many an hour."""

from typing import Final

from chalicelib.errors import Conflict, TooMany
from chalicelib.links import hash_of
from chalicelib.ports import Change, Clock, Put, Store
from chalicelib.records import Case, note
from chalicelib.roster import Staff

TRIES_AN_HOUR: Final = 20
"""Wrong tries of one link before it is quiet for the rest of the hour."""


class Tries:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def check(self, token: str) -> None:
        """Asked before a code is looked at: a full count refuses the right one too."""
        row = self._store.get(*self._counter(token))
        if row is not None and int(row["posts"]) >= TRIES_AN_HOUR:
            raise TooMany(self._rest_of_hour())

    def wrong(self, token: str, case: Case, staff: Staff, event: str, why: str) -> None:
        """Notes a wrong try, and counts it against the link. Raises TooMany."""
        if not self.counted(token):
            raise TooMany(self._rest_of_hour())
        self.noted(case, staff, event, why)

    def late(self, token: str, case: Case, staff: Staff, event: str, why: str = "already") -> None:
        """Notes that somebody came too late; after many times, no more notes are kept."""
        if self.counted(token):
            self.noted(case, staff, event, why)

    def noted(self, case: Case, staff: Staff, event: str, why: str) -> None:
        self._store.commit([Put(note(case, staff.id, event, why, self._clock()))])

    def counted(self, token: str) -> bool:
        """Counts one more try of a link in this hour; False when there were too many."""
        counter = Change(
            self._counter(token),
            add={"posts": 1},
            at_most={"posts": TRIES_AN_HOUR},
            set={"expires": int(self._clock().timestamp()) + 7200},
        )
        try:
            self._store.commit([counter])
        except Conflict:
            return False
        return True

    def _counter(self, token: str) -> tuple[str, str]:
        return f"RATE#{hash_of(token)[:32]}#{self._clock():%Y%m%d%H}", "0"

    def _rest_of_hour(self) -> int:
        now = self._clock()
        return 3600 - now.minute * 60 - now.second

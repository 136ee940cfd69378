"""Tries that changed nothing: each is noted, and a link has only so many an hour."""

from typing import Final

from chalicelib.cases.audit import attempt_row
from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.core import rate_limit
from chalicelib.core.errors import TooMany
from chalicelib.core.links import hash_of
from chalicelib.core.ports import Now, Put, Store

TRIES_AN_HOUR: Final = 20
"""Wrong tries of one link before it is quiet for the rest of the hour."""


class Attempts:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def check(self, token: str) -> None:
        """Asked before a code is looked at: a full count refuses the right one too."""
        now = self._now()
        row = self._store.get(*rate_limit.key(_of(token), now))
        if row is not None and int(row["posts"]) >= TRIES_AN_HOUR:
            raise rate_limit.too_many(now)

    def wrong(self, token: str, case: Case, staff: Staff, event: str, why: str) -> None:
        """Notes a wrong try, and counts it against the link. Raises TooMany."""
        if not self.counted(token):
            raise rate_limit.too_many(self._now())
        self.noted(case, staff, event, why)

    def late(self, token: str, case: Case, staff: Staff, event: str, why: str = "already") -> None:
        """Notes that somebody came too late; after many times, no more notes are kept."""
        if self.counted(token):
            self.noted(case, staff, event, why)

    def noted(self, case: Case, staff: Staff, event: str, why: str) -> None:
        attempt = attempt_row(case.key[0], staff.id, event, why, self._now(), state=case.state)
        self._store.commit([Put(attempt)])

    def counted(self, token: str) -> bool:
        """Counts one more try of a link in this hour; False when there were too many."""
        try:
            rate_limit.count(self._store, _of(token), TRIES_AN_HOUR, self._now())
        except TooMany:
            return False
        return True


def _of(token: str) -> str:
    return hash_of(token)[:32]

"""Attempts that changed nothing: each is noted, and a link has only so many an hour."""

from chalicelib.cases.audit import attempt_row
from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.links import hash_of
from chalicelib.core.ports import Now, Put, Store


class Attempts:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def check(self, token: str) -> None:
        """Raise TooMany when the link has no attempt left; called before a code is looked at, for a full
        count refuses the right one too."""
        now = self._now()
        if rate_limit.is_full(self._store, "review_attempts", _of(token), now):
            raise rate_limit.too_many(now)

    def wrong(self, token: str, case: Case, staff: Staff, event: str, why: str) -> None:
        """Note a wrong attempt, and count it against the link. Raises TooMany."""
        if not self.counted(token, staff):
            raise rate_limit.too_many(self._now())
        self.noted(case, staff, event, why)

    def late(self, token: str, case: Case, staff: Staff, event: str, why: str = "already") -> None:
        """Note that somebody came too late; after many times, no more notes are kept."""
        if self.counted(token, staff):
            self.noted(case, staff, event, why)

    def noted(self, case: Case, staff: Staff, event: str, why: str) -> None:
        attempt = attempt_row(case.key[0], staff.id, event, why, self._now(), state=case.state)
        self._store.commit([Put(attempt)])

    def counted(self, token: str, staff: Staff) -> bool:
        """Count one more attempt of a link, and of its owner by any link, in this hour; return
        whether it was few enough."""
        now = self._now()
        writes = [
            *rate_limit.counters("review_attempts", _of(token), now),
            *rate_limit.counters("staff_attempts", staff.id, now),
        ]
        try:
            self._store.commit(writes)
        except Conflict:
            return False
        return True


def _of(token: str) -> str:
    return hash_of(token)[:32]

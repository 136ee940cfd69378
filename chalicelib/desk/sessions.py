"""Who is signed in: a random id in a cookie, its hash in the store, its right from the roster."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.errors import Conflict
from chalicelib.core.links import hash_of
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import is_over, moment, stamp

SESSION: Final = "SESSION"

SEEN_EVERY: Final = timedelta(minutes=5)
"""How often a session notes that it is used: not with each page."""

SESSION_RETENTION: Final = timedelta(days=7)
"""How long the row of an ended session stays: what its owner typed is still kept for them."""

ID_BYTES: Final = 32
ID_MAX_LENGTH: Final = 64


class Limits(NamedTuple):
    """When a session ends by itself: unused for so long, and after so long in any case."""

    idle: timedelta
    age: timedelta


@dataclass(frozen=True)
class StaffSession:
    """A session that lives: `id_hash` names its row, `staff` is as the roster has them now."""

    id_hash: str
    staff: Staff
    row: Item

    @property
    def key(self) -> Key:
        return session_key(self.id_hash)

    def form_name(self, path: str) -> str:
        """Return what a token is of: one that is taken from a form sends no form to another path."""
        return f"{self.id_hash} {path}"

    def is_confirmed(self, now: datetime) -> bool:
        """Say whether its owner has typed a mailed code a short while ago."""
        return stamp(now) < str(self.row.get("confirmed_until", ""))


class Sessions:
    """Each request reads the session and the roster: who is taken off it is signed out at once."""

    def __init__(self, store: Store, roster: Roster, now: Now, limits: Limits) -> None:
        self._store = store
        self._roster = roster
        self._now = now
        self._limits = limits

    def begun(self, staff: Staff, browser: str) -> tuple[str, Put]:
        """Return a new id, which nobody has seen before, and the write that makes it a session."""
        now, session_id = self._now(), secrets.token_urlsafe(ID_BYTES)
        pk, sk = session_key(hash_of(session_id))
        row = {
            "pk": pk,
            "sk": sk,
            "kind": "session",
            "staff": staff.id,
            "generation": staff.sessions_ended,
            "browser": browser,
            "begun_at": stamp(now),
            "seen_at": stamp(now),
            "expires": int((now + self._limits.age + SESSION_RETENTION).timestamp()),
        }
        return session_id, Put(row)

    def find(self, session_id: str) -> StaffSession | None:
        """Return the session of a cookie while it lives."""
        row = self._row(session_id)
        if row is None or not self._lives(row):
            return None
        staff = self._roster.get(row["staff"])
        if staff is None or staff.sessions_ended != row["generation"]:
            return None
        self._note_use(row)
        return StaffSession(hash_of(session_id), staff, row)

    def owner(self, session_id: str) -> str | None:
        """Return the id of whom a session is or was of, however it ended; None for no session."""
        row = self._row(session_id)
        return None if row is None else str(row["staff"])

    def end(self, session: StaffSession) -> None:
        """Sign out of this browser."""
        self._try([Change(session.key, set={"ended_at": stamp(self._now())})])

    def end_all(self, session: StaffSession) -> None:
        """Sign their owner out of every browser, at once."""
        self._roster.end_sessions(session.staff.id)

    def ended(self, session_id: str) -> Sequence[Write]:
        """Return the write that ends whatever session a browser had before."""
        row = self._row(session_id)
        if row is None:
            return []
        return [Change((row["pk"], row["sk"]), set={"ended_at": stamp(self._now())})]

    def _row(self, session_id: str) -> Item | None:
        if not session_id or len(session_id) > ID_MAX_LENGTH:
            return None
        row = self._store.get(*session_key(hash_of(session_id)))
        return None if row is None or is_over(row, self._now()) else row

    def _lives(self, row: Item) -> bool:
        now = self._now()
        return (
            "ended_at" not in row
            and now < moment(row["seen_at"]) + self._limits.idle
            and now < moment(row["begun_at"]) + self._limits.age
        )

    def _note_use(self, row: Item) -> None:
        now = self._now()
        if now >= moment(row["seen_at"]) + SEEN_EVERY:
            expect = {"seen_at": row["seen_at"]}
            self._try([Change((row["pk"], row["sk"]), expect=expect, set={"seen_at": stamp(now)})])

    def _try(self, writes: list[Write]) -> None:
        try:
            self._store.commit(writes)
        except Conflict:
            return


def session_key(id_hash: str) -> Key:
    return f"{SESSION}#{id_hash}", SESSION

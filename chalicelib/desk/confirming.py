"""A mailed code before what cannot be taken back: the roster, exports, many decisions at once,
texts that are published, an issue that is sent."""

from datetime import timedelta
from typing import Final

from chalicelib.cases.review.step_up import MailedCode
from chalicelib.core import rate_limit
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import letter
from chalicelib.core.links import Links
from chalicelib.core.ports import Change, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.desk.sessions import StaffSession

LETTER: Final = "staff_desk_code"

CONFIRMED_FOR: Final = timedelta(minutes=30)
"""How long a right code holds, in the session that it was typed in."""


class Confirming:
    def __init__(self, store: Store, links: Links, now: Now) -> None:
        self._store = store
        self._now = now
        self._codes = MailedCode(store, links, now)

    def send(self, session: StaffSession) -> None:
        """Owe a letter with a code to the session's owner; while one is good, no other."""
        owed = letter(
            session.key[0], 1, LETTER, to=session.staff.id, due=stamp(self._now()), facts={}
        )
        self._codes.send(_key(session), {**owed, "expires": session.row["expires"]})

    def confirm(self, session: StaffSession, typed: str) -> bool:
        """Hold the session confirmed for a while, with the right digits, which are right once; the
        same form that comes twice finds it confirmed. Raises TooMany."""
        now = self._now()
        rate_limit.count(self._store, "confirmations", session.staff.id, now)
        if not self._codes.right(_key(session), session.id_hash, typed):
            again = self._codes.was_right(_key(session), session.id_hash, typed)
            return again and self._is_confirmed(session)
        until = stamp(now + CONFIRMED_FOR)
        alive = {"staff": session.staff.id}
        confirmed = Change(
            session.key, expect=alive, absent=("ended_at",), set={"confirmed_until": until}
        )
        try:
            self._store.commit([confirmed, self._codes.spent(_key(session))])
        except Conflict:
            return self._is_confirmed(session)
        return True

    def _is_confirmed(self, session: StaffSession) -> bool:
        """Say whether a session is confirmed by now: by the same form, a moment ago."""
        row = self._store.get(*session.key) or {}
        return "ended_at" not in row and stamp(self._now()) < str(row.get("confirmed_until", ""))


def _key(session: StaffSession) -> Key:
    return session.key[0], "STEP_UP"

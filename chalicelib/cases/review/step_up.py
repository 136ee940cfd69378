"""Six digits by mail that confirm what somebody is about to do: good for ten minutes, five tries."""

from datetime import timedelta
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import letter
from chalicelib.core.links import Links, hash_of
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store
from chalicelib.core.records import moment, stamp
from chalicelib.core.stored_links import link_key

CODE_LIFETIME: Final = timedelta(minutes=10)
MAX_CODE_ATTEMPTS: Final = 5


class MailedCode:
    """A row says when the code was issued, and for what (`subject`); the code itself is nowhere."""

    def __init__(self, store: Store, links: Links, now: Now) -> None:
        self._store = store
        self._links = links
        self._now = now

    def right(self, key: Key, subject: str, typed: str) -> bool:
        """Tell whether the digits are those that were sent, and not spent; a wrong or late try
        counts, and after five only a fresh code helps."""
        row = self._store.get(*key)
        if row is None or "used_at" in row or self._is_late(row):
            return False
        tried = Change(
            key,
            expect={"issued_at": row["issued_at"]},
            add={"tries": 1},
            at_most={"tries": MAX_CODE_ATTEMPTS},
        )
        try:
            self._store.commit([tried])
        except Conflict:
            return False
        return self._links.right_step_code(subject, row["issued_at"], typed)

    def spent(self, key: Key) -> Change:
        """Return the write with which a code is right no more, beside what it confirms."""
        return Change(key, absent=("used_at",), set={"used_at": stamp(self._now())})

    def was_right(self, key: Key, subject: str, typed: str) -> bool:
        """Tell whether the digits are those of a code that was spent: the same form, sent twice."""
        row = self._store.get(*key)
        if row is None or "used_at" not in row or self._is_late(row):
            return False
        return self._links.right_step_code(subject, row["issued_at"], typed)

    def _is_late(self, row: Item) -> bool:
        return self._now() >= moment(row["issued_at"]) + CODE_LIFETIME

    def send(self, key: Key, owed: Item) -> None:
        """Owe the letter `owed` with a fresh code; while one is good, no other is sent."""
        now = self._now()
        row = self._store.get(*key)
        issued = stamp(now)
        if row is None:
            fresh: Put | Change = Put(
                {"pk": key[0], "sk": key[1], "kind": "step_up", "issued_at": issued, "tries": 0,
                 "expires": int(now.timestamp()) + 86400}
            )  # fmt: skip
        elif (
            "used_at" not in row
            and not self._is_late(row)
            and int(row["tries"]) < MAX_CODE_ATTEMPTS
        ):
            return
        else:
            fresh = Change(
                key,
                expect={"issued_at": row["issued_at"]},
                set={"issued_at": issued, "tries": 0},
                remove=("used_at",),
            )
        facts = {**owed["facts"], "issued_at": issued}
        owed = {**owed, "sk": f"{owed['sk']}#{now:%Y%m%d%H%M%S}", "facts": facts}
        try:
            self._store.commit([fresh, Put(owed)])
        except Conflict:
            return


class StepUp:
    """The code that confirms the last decision with one link: sent to its owner."""

    def __init__(self, store: Store, links: Links, now: Now) -> None:
        self._codes = MailedCode(store, links, now)
        self._now = now

    def right(self, token: str, typed: str) -> bool:
        return self._codes.right(_key(token), hash_of(token), typed)

    def send(self, token: str, case: Case, staff: Staff) -> None:
        owed = letter(
            case.key[0],
            case.events,
            "staff_code",
            to=staff.id,
            due=stamp(self._now()),
            facts={"token_hash": hash_of(token)},
        )
        self._codes.send(_key(token), owed)


def _key(token: str) -> Key:
    return link_key(hash_of(token))[0], "STEP_UP"

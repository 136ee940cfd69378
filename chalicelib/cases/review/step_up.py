"""The six digits that confirm the last decision: sent to the link's owner, good for one use."""

from datetime import timedelta
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.staff import Staff
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import letter
from chalicelib.core.links import Links, hash_of
from chalicelib.core.ports import Change, Now, Put, Store
from chalicelib.core.records import moment, stamp
from chalicelib.core.stored_links import link_key

CODE_LIFETIME: Final = timedelta(minutes=10)
MAX_CODE_ATTEMPTS: Final = 5


class StepUp:
    """A row beside the link says when the code was issued; the code itself is nowhere."""

    def __init__(self, store: Store, links: Links, now: Now) -> None:
        self._store = store
        self._links = links
        self._now = now

    def right(self, token: str, typed: str) -> bool:
        """Whether the digits are those that were sent; a wrong or late try counts, and after
        five only a fresh code helps."""
        row = self._store.get(*self._key(token))
        if row is None or self._now() >= moment(row["issued_at"]) + CODE_LIFETIME:
            return False
        tried = Change(
            self._key(token),
            expect={"issued_at": row["issued_at"]},
            add={"tries": 1},
            at_most={"tries": MAX_CODE_ATTEMPTS},
        )
        try:
            self._store.commit([tried])
        except Conflict:
            return False
        return self._links.right_step_code(hash_of(token), row["issued_at"], typed)

    def send(self, token: str, case: Case, staff: Staff) -> None:
        """Owes a letter with a fresh code; while one is good, no other is sent."""
        now = self._now()
        row = self._store.get(*self._key(token))
        issued = stamp(now)
        pk, sk = self._key(token)
        if row is None:
            fresh: Put | Change = Put(
                {"pk": pk, "sk": sk, "kind": "step_up", "issued_at": issued, "tries": 0,
                 "expires": int(now.timestamp()) + 86400}
            )  # fmt: skip
        elif (
            now < moment(row["issued_at"]) + CODE_LIFETIME and int(row["tries"]) < MAX_CODE_ATTEMPTS
        ):
            return
        else:
            fresh = Change(
                (pk, sk),
                expect={"issued_at": row["issued_at"]},
                set={"issued_at": issued, "tries": 0},
            )
        owed = letter(
            case.key[0],
            case.events,
            "staff_code",
            to=staff.id,
            due=issued,
            facts={"token_hash": hash_of(token), "issued_at": issued},
        )
        owed["sk"] += f"#{now:%Y%m%d%H%M%S}"
        try:
            self._store.commit([fresh, Put(owed)])
        except Conflict:
            return

    def _key(self, token: str) -> tuple[str, str]:
        return link_key(hash_of(token))[0], "STEP_UP"

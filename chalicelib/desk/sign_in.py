"""Signing in: a mail to the address that was typed, with a link, and a code for the browser that
asked. The answer, and the work, are the same for every address."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.cases.staff import Roster, Staff
from chalicelib.core import rate_limit, stored_links
from chalicelib.core.addresses import truncated
from chalicelib.core.email_address import is_same_address
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import letter
from chalicelib.core.links import Links, hash_of, person_key
from chalicelib.core.ports import Change, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import moment, stamp
from chalicelib.desk.sessions import ID_BYTES, ID_MAX_LENGTH, Sessions

SIGN_IN: Final = "SIGNIN"
"""How the keys begin of a sign-in that was asked for, and of its letter."""

LETTER: Final = "staff_sign_in"
READER: Final = "signing_in"
"""Whoever has the address: only when the letter is written is it looked up on the roster."""

SIGN_IN_CODE_LIFETIME: Final = timedelta(minutes=15)
CODE_MINUTES: Final = int(SIGN_IN_CODE_LIFETIME.total_seconds()) // 60
MAX_CODE_ATTEMPTS: Final = 5

LINK_LIFETIME: Final = timedelta(minutes=60)
"""As long as the window of the letters' limit: whoever fills it with letters shuts nobody out,
for the link of each of them still opens."""

SIGN_IN_RETENTION: Final = timedelta(days=1)


class OpenedSignIn(NamedTuple):
    """What a sign-in link leads to: whose it is, and where and when it was asked for."""

    link: Item
    asked: Item
    staff: Staff


@dataclass(frozen=True)
class SignIns:
    store: Store
    roster: Roster
    sessions: Sessions
    links: Links
    now: Now
    people_key: bytes = field(repr=False)
    per_hour: int

    def ask(self, email: str, lang: Lang, network: str, browser: str, next_page: str) -> str:
        """Owe a letter to an address, and return the secret of the browser that asked.

        Raises TooMany for a network that asks too often. Beyond the limit of a mailbox nothing
        new is sent: the links of that hour still work.
        """
        now = self.now()
        caller = rate_limit.of_network(network, self.people_key)
        rate_limit.count(self.store, "sign_in_requests", caller, now, per_hour=self.per_hour)
        secret = secrets.token_urlsafe(ID_BYTES)
        asked, owed = self._asked(email, lang, secret, now)
        asked |= {"network": truncated(network), "browser": browser, "next": next_page}
        mailbox = rate_limit.of_mailbox(email, self.people_key)
        counters = rate_limit.counters("sign_ins_of_mailbox", mailbox, now)
        try:
            self.store.commit([Put(asked), Put(owed), *counters])
        except Conflict:
            # No letter brings its code, so none is right.
            self.store.commit([Put({**asked, "tries": MAX_CODE_ATTEMPTS})])
        return secret

    def _asked(self, email: str, lang: Lang, secret: str, now: datetime) -> tuple[Item, Item]:
        pk, sk = sign_in_key(hash_of(secret))
        expires = int((now + SIGN_IN_RETENTION).timestamp())
        asked = {
            "pk": pk,
            "sk": sk,
            "kind": "sign_in",
            "whose": person_key(email, self.people_key),
            "asked_at": stamp(now),
            "expires": expires,
        }
        owed = letter(pk, 1, LETTER, to=READER, due=stamp(now), facts={"lang": lang})
        return asked, {**owed, "address": email, "expires": expires}

    def by_code(self, secret: str, typed: str, browser: str, before: str) -> tuple[str, str] | None:
        """Return the id of a new session and the page to go on to, for the code of the letter
        typed where it was asked for; None for a wrong one, or after five. `before` is the id of a
        session that the browser has."""
        row = self._waiting(secret)
        if row is None or not self._counted(row):
            return None
        if not self.links.right_step_code(hash_of(secret), row["asked_at"], typed):
            return None
        staff = self._owner(row)
        return None if staff is None else self._signed_in(row, staff, browser, before, [])

    def open(self, token: str) -> OpenedSignIn | None:
        """Return what a link leads to, while it works. Looking changes nothing."""
        link = stored_links.opened(self.store, token, "sign_in", self.now())
        if link is None or "used_at" in link or stamp(self.now()) >= link["expires_at"]:
            return None
        asked = self.store.get(*sign_in_key(link["sign_in"]))
        staff = self.roster.get(link["recipient"])
        if asked is None or staff is None or "used_at" in asked:
            return None
        return OpenedSignIn(link, asked, staff)

    def asked_page(self, token: str) -> str | None:
        """Return the page that a sign-in link led to, also once it is used or over; None for what
        never was one."""
        link = stored_links.opened(self.store, token, "sign_in", self.now())
        if link is None:
            return None
        return str((self.store.get(*sign_in_key(link["sign_in"])) or {}).get("next", ""))

    def is_own(self, opened: OpenedSignIn, secret: str) -> bool:
        """Say whether this browser is the one that asked."""
        return bool(secret) and hash_of(secret) == opened.link["sign_in"]

    def by_link(self, opened: OpenedSignIn, browser: str, before: str) -> tuple[str, str] | None:
        """Return the id of a new session and the page to go on to; None when the link was used."""
        use = stored_links.use(opened.link, "sign_in", self.now())
        return self._signed_in(opened.asked, opened.staff, browser, before, [use])

    def _signed_in(
        self, asked: Item, staff: Staff, browser: str, before: str, used: list[Write]
    ) -> tuple[str, str] | None:
        session_id, begun = self.sessions.begun(staff, browser)
        done = Change(
            (asked["pk"], asked["sk"]),
            expect={"whose": asked["whose"]},
            absent=("used_at",),
            set={"used_at": stamp(self.now())},
        )
        try:
            self.store.commit([done, begun, *used, *self.sessions.ended(before)])
        except Conflict:
            return None
        return session_id, str(asked["next"])

    def _waiting(self, secret: str) -> Item | None:
        if not secret or len(secret) > ID_MAX_LENGTH:
            return None
        row = self.store.get(*sign_in_key(hash_of(secret)))
        if row is None or "used_at" in row:
            return None
        return row if self.now() < moment(row["asked_at"]) + SIGN_IN_CODE_LIFETIME else None

    def _counted(self, row: Item) -> bool:
        """Count one more code that was tried, right or wrong, for this sign-in and for its address:
        whoever asks from a thousand networks gets no more tries. Say whether it was few enough."""
        key = (row["pk"], row["sk"])
        tried = Change(
            key,
            expect={"whose": row["whose"]},
            add={"tries": 1},
            at_most={"tries": MAX_CODE_ATTEMPTS},
        )
        counters = rate_limit.counters("sign_in_codes", row["whose"], self.now())
        try:
            self.store.commit([tried, *counters])
        except Conflict:
            return False
        return True

    def _owner(self, row: Item) -> Staff | None:
        active = self.roster.active()
        return next((s for s in active if self._is_of(s, row)), None)

    def _is_of(self, staff: Staff, row: Item) -> bool:
        return person_key(staff.email, self.people_key) == str(row["whose"])


def sign_in_key(secret_hash: str) -> Key:
    return f"{SIGN_IN}#{secret_hash}", SIGN_IN


def member_of(roster: Roster, address: str) -> Staff | None:
    """Return who of the roster has an address."""
    return next((s for s in roster.active() if is_same_address(s.email, address)), None)

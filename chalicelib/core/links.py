"""Links that carry a right: for each purpose, one method makes it, one opens it."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from chalicelib.core.email_address import with_ascii_domain
from chalicelib.core.errors import BadLink

NONCE_SECONDS: Final = 15 * 60
TOKEN_LENGTH_LIMIT: Final = 300
"""Longer ones are refused unread: ours are under 120 characters."""

ADDRESS_SECONDS: Final = 48 * 3600
ADDRESS_TOKEN_LIMIT: Final = 700
"""An address has up to 254 characters."""

_SIGNER: Final = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class Links:
    """Signs with the newest key and opens with any: keys rotate without breaking links."""

    def __init__(self, keys: Sequence[str], public_url: str, website_url: str) -> None:
        self._keys = list(keys)
        self._public = public_url
        self._website = website_url
        self._signers: dict[str, URLSafeSerializer] = {}

    # The applicant's file: stays valid while the address it was sent to is the case's.
    def file(self, case: str, person: str) -> str:
        """With a copy of the answers: only for a letter, which proves the address."""
        return f"{self._public}/file/{self._signed('file').dumps([case, person[:8]])}"

    def standing(self, case: str, person: str) -> str:
        """Where the file stands, and no more: for whoever posts a form in somebody's name.

        A second declaration joins the first one of the same address, and its sender may be
        anybody who knows that address.
        """
        return f"{self._public}/file/{self._signed('standing').dumps([case, person[:8]])}"

    def open_file(self, token: str) -> tuple[str, str, bool]:
        """The case, the start of the person's key, and whether answers may be shown."""
        try:
            return *self._pair("file", token), True
        except BadLink:
            return *self._pair("standing", token), False

    # The link to a new address: whoever opens it reads the mail there.
    def address(self, case: str, person: str, address: str) -> str:
        token = self._timed("address").dumps([case, person[:8], address])
        return f"{self._public}/file/{token}"

    def open_address(self, token: str) -> tuple[str, str, str]:
        """The case, the start of the person's key, and the address that the link was sent to."""
        try:
            found: Any = self._timed("address").loads(
                token[:ADDRESS_TOKEN_LIMIT], max_age=ADDRESS_SECONDS
            )
        except BadSignature as error:
            raise BadLink("address") from error
        return str(found[0]), str(found[1]), str(found[2])

    # The personal link to apply: goes stale with the state of the case.
    def invite(self, case: str, person: str, lang: str) -> str:
        token = self._signed("invite").dumps([case, person[:8]])
        if self._website:
            return f"{self._website}/{lang}/application?invite={token}"
        return f"{self._public}/forms/application?lang={lang}&invite={token}"

    def declare(self, lang: str) -> str:
        """Where a Declaration of interest is filled in: on the website when there is one."""
        if self._website:
            return f"{self._website}/{lang}/eoi"
        return f"{self._public}/forms/eoi?lang={lang}"

    def coaches(self, lang: str) -> str:
        """Where a coach is looked for."""
        return f"{self._public}/coaches?lang={lang}"

    def open_invite(self, token: str) -> tuple[str, str]:
        return self._pair("invite", token)

    # A coach's own link: goes stale when their address changes.
    def coach(self, slug: str, person: str) -> str:
        return f"{self._public}/coach/{self._signed('coach').dumps([slug, person[:8]])}"

    def open_coach(self, token: str) -> tuple[str, str]:
        return self._pair("coach", token)

    # Review links are stored, hashed: they are audited, reissued and used once.
    def new_review(self, page: str = "review") -> tuple[str, str, str]:
        """A fresh token's address, its hash for the store, and its check code."""
        token = secrets.token_urlsafe(32)
        return f"{self._public}/{page}/{token}", hash_of(token), self.code(token)

    def code(self, token: str) -> str:
        """Four characters, printed in the mail and asked for by the last decision."""
        digest = hmac.digest(self._keys[0].encode(), b"code:" + token.encode(), "sha256")
        return "".join("23456789ABCDEFGHJKMNPQRSTVWXYZ"[byte % 30] for byte in digest[:4])

    def right_code(self, token: str, typed: str) -> bool:
        """Whether these are the four characters of the letter."""
        return hmac.compare_digest(typed.strip().upper().encode(), self.code(token).encode())

    def step_code(self, token_hash: str, issued_at: str) -> str:
        """Six digits for one decision with one link, sent to its owner when it was asked for."""
        text = f"step:{token_hash}:{issued_at}"
        digest = hmac.digest(self._keys[0].encode(), text.encode(), "sha256")
        return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"

    # The nonce that a review page hides in its form: no POST without a GET before it.
    def nonce(self, token: str) -> str:
        return self._timed("nonce").dumps(hash_of(token)[:16])

    def check_nonce(self, token: str, nonce: str, seconds: int = NONCE_SECONDS) -> bool:
        try:
            found = self._timed("nonce").loads(nonce[:TOKEN_LENGTH_LIMIT], max_age=seconds)
        except BadSignature:
            return False
        return hmac.compare_digest(str(found), hash_of(token)[:16])

    # The newsletter's links need no store and stay valid for years; what they may do today
    # depends on the subscription, and on the time that a request for one carries.
    def confirm(self, person: str, asked: int, lang: str, topics: Sequence[str]) -> str:
        """`asked`: when, in seconds since 1970. The rest serves when the request is purged."""
        return self._news("confirm", "news-confirm", [person, asked, lang, *topics])

    def open_confirm(self, token: str) -> tuple[str, int, str, list[str]]:
        person, asked, lang, *topics = self._opened("news-confirm", token)
        return person, asked, lang, topics

    def keep(self, person: str) -> str:
        """Makes an implied consent an express one."""
        return self._news("confirm", "news-keep", [person])

    def open_keep(self, token: str) -> str:
        return str(self._opened("news-keep", token)[0])

    def move(self, person: str, asked: int) -> str:
        """To the new address of a subscriber, who proves it by this link."""
        return self._news("confirm", "news-move", [person, asked])

    def open_move(self, token: str) -> tuple[str, int]:
        person, asked = self._opened("news-move", token)
        return person, asked

    def unsubscribe(self, person: str, issue: str = "") -> str:
        """Leaves, and does nothing else; `issue` is the one that it was printed in."""
        return self._news("unsubscribe", "news-leave", [person, issue])

    def open_unsubscribe(self, token: str) -> tuple[str, str]:
        person, issue = self._opened("news-leave", token)
        return person, issue

    def preferences(self, person: str) -> str:
        return self._news("preferences", "news-choose", [person])

    def open_preferences(self, token: str) -> str:
        return str(self._opened("news-choose", token)[0])

    @property
    def newsletter(self) -> str:
        """The form to sign up with."""
        return f"{self._public}/newsletter"

    def progress(self, issue: str, staff: str) -> str:
        """Where an issue that is sent stands, for one of the staff while they are on the roster."""
        return self._news("progress", "news-progress", [issue, staff])

    def open_progress(self, token: str) -> tuple[str, str]:
        return self._pair("news-progress", token)

    def _news(self, page: str, purpose: str, facts: list[Any]) -> str:
        return f"{self._public}/newsletter/{page}/{self._signed(purpose).dumps(facts)}"

    def _pair(self, purpose: str, token: str) -> tuple[str, str]:
        found = self._opened(purpose, token)
        return str(found[0]), str(found[1])

    def _opened(self, purpose: str, token: str) -> list[Any]:
        try:
            found: list[Any] = self._signed(purpose).loads(token[:TOKEN_LENGTH_LIMIT])
        except BadSignature as error:
            raise BadLink(purpose) from error
        return found

    def _signed(self, purpose: str) -> URLSafeSerializer:
        if purpose not in self._signers:
            signer = URLSafeSerializer(self._keys, salt=purpose, signer_kwargs=_SIGNER)
            self._signers[purpose] = signer
        return self._signers[purpose]

    def _timed(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._keys, salt=purpose, signer_kwargs=_SIGNER)


def hash_of(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def person_key(address: str, key: bytes) -> str:
    """A person in the store: a keyed hash of the normalised address, 32 hex digits."""
    normalised = address.strip().lower()
    # As forms store it, and SES tells it; a domain that has no such form is nobody's.
    with suppress(UnicodeError):
        normalised = with_ascii_domain(normalised)
    return hmac.digest(key, normalised.encode(), "sha256").hex()[:32]

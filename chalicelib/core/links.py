"""Links that carry a right: one table of purposes; for each, one method makes it, one opens it."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from chalicelib.core.email_address import with_ascii_domain
from chalicelib.core.errors import BadLink

TOKEN_LENGTH_LIMIT: Final = 300
"""Longer ones are refused unread: ours are under 120 characters."""

ADDRESS_TOKEN_LIMIT: Final = 700
"""An address has up to 254 characters."""

NONCE_SECONDS: Final = 15 * 60


@dataclass(frozen=True)
class Purpose:
    """One right that a link may carry, and where its token stands in the address.

    The token follows `path`, or is the value of `parameter`. A purpose without a `salt` has a
    random token that is stored, hashed; the others are signed under their salt. Without
    `lifetime_seconds` a link is good for as long as the thing it leads to.
    """

    path: str = ""
    parameter: str = ""
    salt: str = ""
    lifetime_seconds: int | None = None


PURPOSES: Final[Mapping[str, Purpose]] = {
    # The applicant's file: stays valid while the address it was sent to is the case's.
    "file": Purpose("file", salt="file"),
    # Where the file stands, and no more: for whoever posts a form in somebody's name.
    "standing": Purpose("file", salt="standing"),
    # To a new address: whoever opens it reads the mail there.
    "address": Purpose("file", salt="address", lifetime_seconds=48 * 3600),
    # The personal link to apply: goes stale with the state of the case.
    "invite": Purpose(parameter="invite", salt="invite"),
    # A coach's own link: goes stale when their address changes.
    "coach": Purpose("coach", salt="coach"),
    # Stored, hashed: they are audited, reissued and used once.
    "review": Purpose("review"),
    "proposal": Purpose("proposal"),
    "approval": Purpose("newsletter/review"),
    # The newsletter's need no store and stay valid for years; what they may do today depends
    # on the subscription, and on the time that a request for one carries.
    "confirm": Purpose("newsletter/confirm", salt="news-confirm"),
    "keep": Purpose("newsletter/confirm", salt="news-keep"),
    "move": Purpose("newsletter/confirm", salt="news-move"),
    "unsubscribe": Purpose("newsletter/unsubscribe", salt="news-leave"),
    "preferences": Purpose("newsletter/preferences", salt="news-choose"),
    "progress": Purpose("newsletter/progress", salt="news-progress"),
    # What a review page hides in its form: no POST without a GET before it. In no address.
    "nonce": Purpose(salt="nonce", lifetime_seconds=NONCE_SECONDS),
}
"""Every purpose of a token; `Links` makes, opens and redacts them by this table."""

UNSUBSCRIBE_SUBJECT: Final = "unsubscribe%20"
_SECRET: Final = re.compile(
    "(/(?:{paths})/|[?&;](?:{parameters})=|{subject})[\\w.~-]+".format(
        paths="|".join(sorted({each.path for each in PURPOSES.values()} - {""})),
        parameters="|".join(sorted({each.parameter for each in PURPOSES.values()} - {""})),
        subject=UNSUBSCRIBE_SUBJECT,
    )
)
"""A token behind what stands before it; `;` ends the `&amp;` of HTML."""

_SIGNER: Final = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class StoredLink(NamedTuple):
    """A link to store: its address for the mail, its token's hash, and its check code."""

    url: str
    token_hash: str
    code: str


class Links:
    """Makes, opens and redacts the links that carry a right.

    Signs with the newest key and opens with any: keys rotate without breaking links. Each
    `open_…` raises BadLink for a token that is not ours, or is over.
    """

    def __init__(self, keys: Sequence[str], public_url: str, website_url: str) -> None:
        self._keys = list(keys)
        self._public = public_url
        self._website = website_url
        self._signers: dict[str, URLSafeSerializer] = {}

    @staticmethod
    def redact(text: str) -> str:
        """Return the text or HTML with the token of every link replaced by an ellipsis."""
        return _SECRET.sub(r"\1…", text)

    def file(self, case: str, person: str) -> str:
        """With a copy of the answers: only for a letter, which proves the address."""
        return self._url("file", self._sign("file", case, person[:8]))

    def standing(self, case: str, person: str) -> str:
        """A second declaration joins the first one of the same address, and its sender may be
        anybody who knows that address."""
        return self._url("standing", self._sign("standing", case, person[:8]))

    def open_file(self, token: str) -> tuple[str, str, bool]:
        """Return the case, the start of the person's key, and whether answers may be shown."""
        try:
            return *self._open_pair("file", token), True
        except BadLink:
            return *self._open_pair("standing", token), False

    def address(self, case: str, person: str, address: str) -> str:
        token = self._timed("address").dumps([case, person[:8], address])
        return self._url("address", token)

    def open_address(self, token: str) -> tuple[str, str, str]:
        """Return the case, the start of the person's key, and the address it was sent to."""
        try:
            case, person, address = self._timed("address").loads(
                token[:ADDRESS_TOKEN_LIMIT], max_age=PURPOSES["address"].lifetime_seconds
            )
        except BadSignature as error:
            raise BadLink("address") from error
        return str(case), str(person), str(address)

    def invite(self, case: str, person: str, lang: str) -> str:
        """Lead to the application form: on the website when there is one."""
        query = f"{PURPOSES['invite'].parameter}={self._sign('invite', case, person[:8])}"
        if self._website:
            return f"{self._website}/{lang}/application?{query}"
        return f"{self._public}/forms/application?lang={lang}&{query}"

    def open_invite(self, token: str) -> tuple[str, str]:
        """Return the case and the start of the person's key."""
        return self._open_pair("invite", token)

    def declare(self, lang: str) -> str:
        """Lead to the Declaration of interest: on the website when there is one."""
        if self._website:
            return f"{self._website}/{lang}/eoi"
        return f"{self._public}/forms/eoi?lang={lang}"

    def coaches(self, lang: str) -> str:
        return f"{self._public}/coaches?lang={lang}"

    def coach(self, slug: str, person: str) -> str:
        return self._url("coach", self._sign("coach", slug, person[:8]))

    def open_coach(self, token: str) -> tuple[str, str]:
        """Return the coach's slug and the start of the person's key."""
        return self._open_pair("coach", token)

    def new_review(self) -> StoredLink:
        return self._new("review")

    def new_proposal(self) -> StoredLink:
        return self._new("proposal")

    def new_approval(self) -> StoredLink:
        return self._new("approval")

    def code(self, token: str) -> str:
        """Return four characters, printed in the mail and asked for by the last decision."""
        digest = hmac.digest(self._keys[0].encode(), b"code:" + token.encode(), "sha256")
        return "".join("23456789ABCDEFGHJKMNPQRSTVWXYZ"[byte % 30] for byte in digest[:4])

    def right_code(self, token: str, given: str) -> bool:
        """Whether these are the four characters of the letter."""
        return hmac.compare_digest(given.strip().upper().encode(), self.code(token).encode())

    def step_code(self, token_hash: str, issued_at: str) -> str:
        """Return six digits for one decision with one link, sent to its owner on request."""
        text = f"step:{token_hash}:{issued_at}"
        digest = hmac.digest(self._keys[0].encode(), text.encode(), "sha256")
        return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"

    def nonce(self, token: str) -> str:
        return self._timed("nonce").dumps(hash_of(token)[:16])

    def check_nonce(self, token: str, nonce: str, seconds: int = NONCE_SECONDS) -> bool:
        try:
            found = self._timed("nonce").loads(nonce[:TOKEN_LENGTH_LIMIT], max_age=seconds)
        except BadSignature:
            return False
        return hmac.compare_digest(str(found), hash_of(token)[:16])

    def confirm(self, person: str, since: int, lang: str, topics: Sequence[str]) -> str:
        """`since`: seconds since 1970. Language and topics serve when the request is purged."""
        return self._url("confirm", self._sign("confirm", person, since, lang, *topics))

    def open_confirm(self, token: str) -> tuple[str, int, str, list[str]]:
        """Return the person, the seconds since 1970, the language and the topics."""
        person, since, lang, *topics = self._open("confirm", token)
        return person, since, lang, topics

    def keep(self, person: str) -> str:
        """Make an implied consent an express one."""
        return self._url("keep", self._sign("keep", person))

    def open_keep(self, token: str) -> str:
        return str(self._open("keep", token)[0])

    def move(self, person: str, since: int) -> str:
        """To the new address of a subscriber, who proves it by this link."""
        return self._url("move", self._sign("move", person, since))

    def open_move(self, token: str) -> tuple[str, int]:
        """Return the person, and the seconds since 1970 when the move was requested."""
        person, since = self._open("move", token)
        return person, since

    def unsubscribe(self, person: str, issue: str = "") -> str:
        """Leaves, and does nothing else; `issue` is the one that it was printed in."""
        return self._url("unsubscribe", self._sign("unsubscribe", person, issue))

    def unsubscribe_mail(self, address: str, url: str) -> str:
        """Return the same by mail to the address that answers mail, for the header."""
        return f"mailto:{address}?subject={UNSUBSCRIBE_SUBJECT}{url.rpartition('/')[2]}"

    def open_unsubscribe(self, token: str) -> tuple[str, str]:
        """Return the person and the issue, which may be blank."""
        person, issue = self._open("unsubscribe", token)
        return person, issue

    def preferences(self, person: str) -> str:
        return self._url("preferences", self._sign("preferences", person))

    def open_preferences(self, token: str) -> str:
        return str(self._open("preferences", token)[0])

    @property
    def newsletter(self) -> str:
        return f"{self._public}/newsletter"

    def progress(self, issue: str, staff: str) -> str:
        """Where an issue that is sent stands, for one of the staff while they are on the roster."""
        return self._url("progress", self._sign("progress", issue, staff))

    def open_progress(self, token: str) -> tuple[str, str]:
        """Return the issue and the id of the member of staff."""
        return self._open_pair("progress", token)

    def _url(self, purpose: str, token: str) -> str:
        return f"{self._public}/{PURPOSES[purpose].path}/{token}"

    def _new(self, purpose: str) -> StoredLink:
        token = secrets.token_urlsafe(32)
        return StoredLink(self._url(purpose, token), hash_of(token), self.code(token))

    def _sign(self, purpose: str, *values: object) -> str:
        return str(self._signed(purpose).dumps(list(values)))

    def _open(self, purpose: str, token: str) -> list[Any]:
        """Return the values that were signed."""
        try:
            found: list[Any] = self._signed(purpose).loads(token[:TOKEN_LENGTH_LIMIT])
        except BadSignature as error:
            raise BadLink(purpose) from error
        return found

    def _open_pair(self, purpose: str, token: str) -> tuple[str, str]:
        first, second, *_ = self._open(purpose, token)
        return str(first), str(second)

    def _signed(self, purpose: str) -> URLSafeSerializer:
        if purpose not in self._signers:
            salt = PURPOSES[purpose].salt
            self._signers[purpose] = URLSafeSerializer(self._keys, salt=salt, signer_kwargs=_SIGNER)
        return self._signers[purpose]

    def _timed(self, purpose: str) -> URLSafeTimedSerializer:
        salt = PURPOSES[purpose].salt
        return URLSafeTimedSerializer(self._keys, salt=salt, signer_kwargs=_SIGNER)


def hash_of(token: str) -> str:
    """Return what the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def person_key(address: str, key: bytes) -> str:
    """Return a person's key in the store: a keyed hash of the normalised address, 32 hex digits."""
    normalised = address.strip().lower()
    # As forms store it, and SES tells it; a domain that has no such form is nobody's.
    with suppress(UnicodeError):
        normalised = with_ascii_domain(normalised)
    return hmac.digest(key, normalised.encode(), "sha256").hex()[:32]

"""Links that carry a right: for each purpose, one method makes it and one opens it."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode

from chalicelib.core.email_address import with_ascii_domain
from chalicelib.core.errors import BadLink
from chalicelib.core.link_purposes import NONCE_SECONDS, PURPOSES, UNSUBSCRIBE_SUBJECT, redacted
from chalicelib.core.ports import Now
from chalicelib.core.signing import CODE_LENGTH, SignedTokens

_CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def utc_now() -> datetime:
    return datetime.now(UTC)


class StoredLink(NamedTuple):
    """A link to store: its address for the mail, its token's hash, and its check code."""

    url: str
    token_hash: str
    code: str

    @property
    def token(self) -> str:
        """What the address ends with."""
        return self.url.rpartition("/")[2]


class Links:
    """Makes, opens and redacts the links that carry a right.

    Signs with the last key and opens with any: keys rotate without breaking links. Each
    `open_…` raises BadLink for a token that is not ours, is not spelled as we write it, or is
    over.
    """

    def __init__(
        self,
        keys: Sequence[str] | Callable[[], Sequence[str]],
        public_url: str,
        website_url: str,
        now: Now = utc_now,
    ) -> None:
        """`keys` are a list, or a function that returns the list as it is at that moment."""
        self._tokens = SignedTokens(keys, now)
        self._public = public_url
        self._website = website_url

    @staticmethod
    def redact(text: str) -> str:
        """Return the text or HTML with the token of every link replaced by an ellipsis."""
        return redacted(text)

    def file(self, case: str, person: str) -> str:
        """Return the link of a file with a copy of the answers: only for a letter, which proves the
        address."""
        return self._url("file", self._tokens.sign("file", case, person[:8]))

    def open_file(self, token: str) -> tuple[str, str]:
        """Return the case, or the reference of an assessment, and the start of the person's key."""
        return self._tokens.open_pair("file", token)

    def standing(self, ref: str, person: str) -> str:
        """Return a link for a response, about the form with this reference and no other one of its
        file: whoever sent it may be anybody who knows the address."""
        return self._url("standing", self._tokens.sign("standing", ref, person[:8]))

    def open_standing(self, token: str) -> tuple[str, str]:
        """Return the reference of the form that was sent, and the start of the person's key."""
        return self._tokens.open_pair("standing", token)

    def declaration(self, case: str, person: str) -> str:
        """Ask what a declaration is that was kept beside a file; `person` is the file's."""
        return self._url("declaration", self._tokens.sign("declaration", case, person[:8]))

    def open_declaration(self, token: str) -> tuple[str, str]:
        """Return the case that was kept, and the start of the key of the file's person."""
        return self._tokens.open_pair("declaration", token)

    def address(self, case: str, person: str, address: str) -> str:
        return self._url("address", self._tokens.sign("address", case, person[:8], address))

    def open_address(self, token: str) -> tuple[str, str, str]:
        """Return the case, the start of the person's key, and the address it was sent to."""
        case, person, address = self._tokens.open("address", token)
        return str(case), str(person), str(address)

    def draft(self, draft: str, editor: str) -> str:
        """Lead one editor to a form that was begun: they see, change and send it."""
        return self._url("draft", self._tokens.sign("draft", draft, editor))

    def open_draft(self, token: str) -> tuple[str, str]:
        """Return the draft, and the editor whose link it is."""
        return self._tokens.open_pair("draft", token)

    def claim(self, application: str, case: str, person: str) -> str:
        """Return a link for a letter to the address of `case`, which asks whether the application
        is its owner's."""
        return self._url("claim", self._tokens.sign("claim", application, case, person[:8]))

    def open_claim(self, token: str) -> tuple[str, str, str]:
        """Return the application's case, the case that it names, and the start of the person's
        key."""
        application, case, person = self._tokens.open("claim", token)
        return str(application), str(case), str(person)

    def invite(self, case: str, person: str, lang: str) -> str:
        """Lead to the application form: on the website when there is one."""
        query = f"{PURPOSES['invite'].parameter}={self._tokens.sign('invite', case, person[:8])}"
        if self._website:
            return f"{self._website}/{lang}/application?{query}"
        return f"{self._public}/forms/application?lang={lang}&{query}"

    def invite_days(self, case: str, person: str, lang: str) -> str:
        """Lead to the last day to apply, for a calendar; it gives the right of the invitation."""
        query = f"{PURPOSES['invite'].parameter}={self._tokens.sign('invite', case, person[:8])}"
        return f"{self._public}/forms/application?days=1&lang={lang}&{query}"

    def open_invite(self, token: str) -> tuple[str, str]:
        """Return the case and the start of the person's key."""
        return self._tokens.open_pair("invite", token)

    def declare(self, lang: str, **known: str) -> str:
        """Lead to the Declaration of interest, on the website if any, with fields that are known."""
        if not self._website:
            return f"{self._public}/forms/eoi?{urlencode({'lang': lang, **known})}"
        return f"{self._website}/{lang}/eoi" + (f"?{urlencode(known)}" if known else "")

    def coaches(self, lang: str) -> str:
        return f"{self._public}/coaches?lang={lang}"

    def coach(self, slug: str, person: str) -> str:
        return self._url("coach", self._tokens.sign("coach", slug, person[:8]))

    def open_coach(self, token: str) -> tuple[str, str]:
        """Return the coach's slug and the start of the person's key."""
        return self._tokens.open_pair("coach", token)

    def new_review(self) -> StoredLink:
        return self._new("review")

    def new_proposal(self) -> StoredLink:
        return self._new("proposal")

    def new_approval(self) -> StoredLink:
        return self._new("approval")

    def new_sign_in(self) -> StoredLink:
        return self._new("sign_in")

    def code(self, token: str) -> str:
        """Return four characters, printed in the mail and asked for by the last decision."""
        return _code(self._tokens.keys[-1], token)

    def right_code(self, token: str, given: str) -> bool:
        """Tell whether these are the four characters of the letter."""
        typed = given.strip().upper().encode()
        return any(
            hmac.compare_digest(typed, _code(key, token).encode()) for key in self._tokens.keys
        )

    def step_code(self, token_hash: str, issued_at: str) -> str:
        """Return six digits for one decision with one link, sent to its owner on request."""
        return _step_code(self._tokens.keys[-1], token_hash, issued_at)

    def right_step_code(self, token_hash: str, issued_at: str, given: str) -> bool:
        """Tell whether these are the six digits of the letter."""
        typed = "".join(given.split()).encode()
        return any(
            hmac.compare_digest(typed, _step_code(key, token_hash, issued_at).encode())
            for key in self._tokens.keys
        )

    def nonce(self, token: str) -> str:
        return self._tokens.sign("nonce", hash_of(token)[:16])

    def check_nonce(self, token: str, nonce: str, seconds: int = NONCE_SECONDS) -> bool:
        try:
            (found,) = self._tokens.open("nonce", nonce, max_age=seconds)
        except BadLink:
            return False
        return hmac.compare_digest(str(found), hash_of(token)[:16])

    def confirm(self, person: str, asked: int, since: int, lang: str, topics: Sequence[str]) -> str:
        """Confirm the sign-up of a person that was `asked` at that time, and no other one.

        The link counts from `since`; both are seconds since 1970. Language and topics are those
        of its letter, and serve when the request is purged.
        """
        return self._url(
            "confirm", self._tokens.sign("confirm", person, asked, since, lang, *topics)
        )

    def open_confirm(self, token: str) -> tuple[str, int, int, str, list[str]]:
        """Return the person, when they asked and since when it counts in seconds since 1970, the
        language and the topics."""
        person, asked, since, lang, *topics = self._tokens.open("confirm", token)
        return str(person), asked, since, lang, topics

    def cancel(self, person: str, asked: int) -> str:
        """Cancel the sign-up that was `asked` at that time, and do nothing else."""
        return self._url("cancel", self._tokens.sign("cancel", person, asked))

    def open_cancel(self, token: str) -> tuple[str, int]:
        """Return the person, and the seconds since 1970 when they asked."""
        person, asked = self._tokens.open("cancel", token)
        return person, asked

    def keep(self, person: str, until: int) -> str:
        """Make the implied consent an express one that ends at `until`, in seconds since 1970."""
        return self._url("keep", self._tokens.sign("keep", person, until))

    def open_keep(self, token: str) -> tuple[str, int]:
        """Return the person, and the seconds since 1970 when their implied consent ends."""
        person, until = self._tokens.open("keep", token)
        return person, until

    def move(self, person: str, to: str, asked: int) -> str:
        """Return a link for the new address of a subscriber, `to`, who proves this very address by
        this link."""
        return self._url("move", self._tokens.sign("move", person, to, asked))

    def open_move(self, token: str) -> tuple[str, str, int]:
        """Return the person, that of the new address, and the seconds since 1970 when the move
        was requested."""
        person, to, asked = self._tokens.open("move", token)
        return person, to, asked

    def unsubscribe(self, person: str, issue: str = "") -> str:
        """Return a link that leaves the list and does nothing else; `issue` is the one that it was
        printed in."""
        return self._url("unsubscribe", self._tokens.sign("unsubscribe", person, issue))

    def unsubscribe_mail(self, address: str, url: str) -> str:
        """Return the same by mail to the address that answers mail, for the header."""
        return f"mailto:{address}?subject={UNSUBSCRIBE_SUBJECT}{url.rpartition('/')[2]}"

    def open_unsubscribe(self, token: str) -> tuple[str, str]:
        """Return the person and the issue, which may be blank."""
        person, issue = self._tokens.open("unsubscribe", token)
        return person, issue

    def preferences(self, person: str) -> str:
        return self._url("preferences", self._tokens.sign("preferences", person))

    def open_preferences(self, token: str) -> str:
        return str(self._tokens.open("preferences", token)[0])

    @property
    def newsletter(self) -> str:
        return f"{self._public}/newsletter"

    def progress(self, issue: str, staff: str) -> str:
        """Return a link to where an issue that is sent stands, for one of the staff while they are
        on the roster."""
        return self._url("progress", self._tokens.sign("progress", issue, staff))

    def open_progress(self, token: str) -> tuple[str, str]:
        """Return the issue and the id of the member of staff."""
        return self._tokens.open_pair("progress", token)

    def _url(self, purpose: str, token: str) -> str:
        return f"{self._public}/{PURPOSES[purpose].path}/{token}"

    def _new(self, purpose: str) -> StoredLink:
        token = secrets.token_urlsafe(32)
        return StoredLink(self._url(purpose, token), hash_of(token), self.code(token))


def _code(key: str, token: str) -> str:
    digest = hmac.digest(key.encode(), b"code:" + token.encode(), "sha256")
    return "".join(_CODE_LETTERS[byte % 30] for byte in digest[:CODE_LENGTH])


def _step_code(key: str, token_hash: str, issued_at: str) -> str:
    digest = hmac.digest(key.encode(), f"step:{token_hash}:{issued_at}".encode(), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


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

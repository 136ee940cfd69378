"""Signs values as tokens and opens them: in one spelling, with the time of signing where a purpose has a lifetime."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

from itsdangerous import (
    BadData,
    SignatureExpired,
    Signer,
    TimestampSigner,
    URLSafeSerializer,
    URLSafeTimedSerializer,
)
from itsdangerous.encoding import base64_decode, base64_encode, want_bytes
from itsdangerous.url_safe import URLSafeSerializerMixin

from chalicelib.core.errors import BadLink, LinkOver
from chalicelib.core.json_text import compact
from chalicelib.core.link_purposes import PURPOSES, Purpose
from chalicelib.core.ports import Now

Serializer = URLSafeSerializer | URLSafeTimedSerializer

TOKEN_LENGTH_LIMIT: Final = 300
"""Longer ones are refused unread: ours are under 120 characters."""

ADDRESS_TOKEN_LIMIT: Final = 700
"""An address has up to 254 characters."""

CODE_LENGTH: Final = 4
"""Characters of the code that comes beside a token, in the letter with its link."""

_LEAST_COMPRESSED: Final = 64
"""From so many bytes on, a token may be shorter when it is compressed: two people in one, not one."""


_SIGNER: Final = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class _CanonicalSigner(Signer):
    """Derives each key once, signs by one call of OpenSSL, and takes a signature in the one spelling that we write.

    Base64 reads many spellings as the same bytes (other last bits, padding, strange characters):
    each would be another token for whatever counts tokens.
    """

    @cached_property
    def _derived(self) -> dict[bytes, bytes]:
        derive = super().derive_key
        return {key: derive(key) for key in self.secret_keys}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return self._derived[self.secret_keys[-1] if secret_key is None else want_bytes(secret_key)]

    def get_signature(self, value: str | bytes) -> bytes:
        return base64_encode(hmac.digest(self.derive_key(), want_bytes(value), hashlib.sha256))

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        given = sig.encode() if isinstance(sig, str) else sig
        try:
            written = base64_encode(base64_decode(given))
        except BadData:
            return False
        return written == given and super().verify_signature(value, given)


class _TimedSigner(_CanonicalSigner, TimestampSigner):
    """Signs with the time of the process's own clock, which tests move."""

    def __init__(self, *arguments: Any, now: Now, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now().timestamp())


class _Quick(URLSafeSerializerMixin):
    """Writes short values as they are, by one encoder, and makes one signer.

    Itsdangerous tries to compress each token, which takes five times as long as to sign it, and
    makes only long ones shorter. Both are read.
    """

    def dump_payload(self, obj: object) -> bytes:
        plain = compact(obj).encode()
        return base64_encode(plain) if len(plain) < _LEAST_COMPRESSED else super().dump_payload(obj)

    def dumps(self, obj: object, salt: str | bytes | None = None) -> str:
        return self.make_signer(salt).sign(self.dump_payload(obj)).decode()

    @cached_property
    def _signer(self) -> Signer:
        return super().make_signer()

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        return super().make_signer(salt) if salt else self._signer


class _Plain(_Quick, URLSafeSerializer):
    pass


class _Timed(_Quick, URLSafeTimedSerializer):
    pass


def _serializer(purpose: Purpose, keys: Sequence[str], now: Now) -> Serializer:
    """Return what signs with the last key and opens with any, for one purpose."""
    if purpose.lifetime_seconds is None:
        return _Plain(
            list(keys),
            salt=purpose.salt,
            signer=_CanonicalSigner,
            signer_kwargs=_SIGNER,
        )
    return _Timed(
        list(keys),
        salt=purpose.salt,
        signer=_TimedSigner,
        signer_kwargs={**_SIGNER, "now": now},
    )


class SignedTokens:
    """Signs values for a purpose with the last key, and opens them with any."""

    def __init__(self, keys: Sequence[str] | Callable[[], Sequence[str]], now: Now) -> None:
        """`keys` are a list, or a function that returns the list as it is at that moment."""
        self._current_keys = keys if callable(keys) else lambda: keys
        self._now = now
        self._signers: dict[str, Serializer] = {}
        self._signer_keys: Sequence[str] = ()

    @property
    def keys(self) -> Sequence[str]:
        """The keys as they are now, the one that signs last."""
        return self._current_keys()

    def sign(self, purpose: str, *values: object) -> str:
        return str(self._signer(purpose).dumps(list(values)))

    def open(self, purpose: str, token: str, max_age: int | None = None) -> list[Any]:
        """Return the values that were signed. Raises BadLink."""
        limit = ADDRESS_TOKEN_LIMIT if purpose == "address" else TOKEN_LENGTH_LIMIT
        if len(token) > limit:
            raise BadLink(purpose)
        signer = self._signer(purpose)
        try:
            if isinstance(signer, URLSafeTimedSerializer):
                seconds = max_age or PURPOSES[purpose].lifetime_seconds
                found = signer.loads(token, max_age=seconds)
            else:
                found = signer.loads(token)
        except SignatureExpired as error:
            raise LinkOver(purpose) from error
        except (BadData, UnicodeError) as error:
            raise BadLink(purpose) from error
        return list(found)

    def open_pair(self, purpose: str, token: str) -> tuple[str, str]:
        first, second, *_ = self.open(purpose, token)
        return str(first), str(second)

    def _signer(self, purpose: str) -> Serializer:
        """Return the signer of a purpose: with the time where the purpose has a lifetime."""
        keys = self._current_keys()
        if keys != self._signer_keys:
            self._signers, self._signer_keys = {}, keys
        if purpose not in self._signers:
            self._signers[purpose] = _serializer(PURPOSES[purpose], keys, self._now)
        return self._signers[purpose]

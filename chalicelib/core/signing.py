"""Signed tokens in one spelling, with the time of signing where a purpose has a lifetime."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from itsdangerous import (
    BadData,
    Signer,
    TimestampSigner,
    URLSafeSerializer,
    URLSafeTimedSerializer,
)
from itsdangerous.encoding import base64_decode, base64_encode

from chalicelib.core.link_purposes import Purpose
from chalicelib.core.ports import Now

Serializer = URLSafeSerializer | URLSafeTimedSerializer

_SIGNER: Final = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class _CanonicalSigner(Signer):
    """Takes a signature in the one spelling that we write.

    Base64 reads many spellings as the same bytes (other last bits, padding, strange characters):
    each would be another token for whatever counts tokens.
    """

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


def serializer(purpose: Purpose, keys: Sequence[str], now: Now) -> Serializer:
    """Return what signs with the last key and opens with any, for one purpose."""
    if purpose.lifetime_seconds is None:
        return URLSafeSerializer(
            list(keys), salt=purpose.salt, signer=_CanonicalSigner, signer_kwargs=_SIGNER
        )
    return URLSafeTimedSerializer(
        list(keys),
        salt=purpose.salt,
        signer=_TimedSigner,
        signer_kwargs={**_SIGNER, "now": now},
    )

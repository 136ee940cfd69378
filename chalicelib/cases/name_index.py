"""Files found by what a form says of an organization, under keyed hashes of it."""

import hmac
from datetime import datetime
from typing import Final

from chalicelib.core.ports import Change

BN_ROOT: Final = 9
"""Digits of a business number that are the organization's; what follows names an account."""

INDEX_RETENTION_SECONDS: Final = 3 * 366 * 24 * 3600


def index_row(term: str, case_id: str, key: bytes, now: datetime) -> Change:
    """Return the write that lets a file be found by a term; again where it stands already."""
    expires = int(now.timestamp()) + INDEX_RETENTION_SECONDS
    return Change(
        (index_pk(term, key), f"{now:%Y%m%d}#{case_id}"),
        set={"kind": "name", "case": case_id, "expires": expires},
    )


def index_pk(term: str, key: bytes) -> str:
    """Return the `pk` of the files that have a term."""
    return f"NAME#{hmac.digest(key, term.encode(), 'sha256').hex()[:32]}"

"""Files found by what a form says of an organization, under keyed hashes of it.

One rule spells what two people would write differently. Two sets of keys stand: every form is
found by `twins`, an approved declaration that waits for its application by `matching` too. Each
page looks at the newest rows of a key alone, and whoever sends many forms in the name of an
organization must not push its approved file out of reach.
"""

import hmac
import re
from datetime import datetime
from typing import Final

from chalicelib.core.formatting import unaccented
from chalicelib.core.ports import Change

BN_ROOT: Final = 9
"""Digits of a business number that are the organization's; what follows names an account."""

_LEGAL_FORMS: Final = frozenset(
    ("inc", "incorporated", "ltd", "ltee", "limited", "limitee", "corp", "corporation", "obnl",
     "osbl", "npo")
)  # fmt: skip
_ARTICLES: Final = frozenset(("the", "la", "le", "les", "l"))

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


def plain_name(name: str) -> str:
    """Return a name as two people would spell it the same: without accents, articles at its
    beginning and legal forms at its end."""
    words = re.findall(r"[a-z0-9]+", unaccented(name))
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words = words[:-1]
    return " ".join(words)


def root_of(number: str) -> str:
    """Return the part of a business number that is the organization's."""
    return number[:BN_ROOT]

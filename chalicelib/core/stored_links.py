"""Links that are stored, hashed: each a right of one person to one thing, as it was then."""

from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core.links import hash_of
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import stamp

VALID: Final = timedelta(days=14)
KEPT: Final = timedelta(days=90)
"""When the store may forget a link: a late click is still told what became of it."""


def link_key(token_hash: str) -> tuple[str, str]:
    return f"LINK#{token_hash}", "LINK"


def link(token_hash: str, recipient: str, now: datetime, **about: Any) -> Item:
    """A link for one person; what it is `about` is named by the first of its values."""
    pk, sk = link_key(token_hash)
    return {
        "pk": pk,
        "sk": sk,
        "kind": "link",
        **about,
        "recipient": recipient,
        "issued_at": stamp(now),
        "expires_at": stamp(now + VALID),
        "expires": int((now + KEPT).timestamp()),
    }


def opened(store: Store, token: str, about: str) -> Item | None:
    """The link of a token; None for one that is about something else."""
    found = store.get(*link_key(hash_of(token)))
    return found if found is not None and about in found else None

"""Links that are stored, hashed: each a right of one person to one thing, as it was then."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib import content
from chalicelib.core.links import hash_of
from chalicelib.core.ports import Change, Item, Key, Store
from chalicelib.core.records import is_over, stamp

LINK_RETENTION: Final = timedelta(days=90)
"""When the store may forget a link: a late click is still told what became of it."""


def link_key(token_hash: str) -> Key:
    return f"LINK#{token_hash}", "LINK"


def link(token_hash: str, recipient: str, now: datetime, **about: object) -> Item:
    """Return the row of a link for one person; the first of the values names what it is about."""
    pk, sk = link_key(token_hash)
    return {
        "pk": pk,
        "sk": sk,
        "kind": "link",
        **about,
        "recipient": recipient,
        "issued_at": stamp(now),
        "expires_at": stamp(now + timedelta(days=content.programme()["review_link_days"])),
        "expires": int((now + LINK_RETENTION).timestamp()),
    }


def opened(store: Store, token: str, about: str, now: datetime) -> Item | None:
    """Return the link of a token, while it is known; None for one that is about something else."""
    found = store.get(*link_key(hash_of(token)))
    known = found is not None and about in found and not is_over(found, now)
    return found if known else None


def use(link: Item, used_as: str, now: datetime, **expected: object) -> Change:
    """Return the write that uses a link up; it fails when the link was used, or is not as
    `expected`."""
    return Change(
        (link["pk"], link["sk"]),
        expect=expected,
        absent=("used_at",),
        set={"used_at": stamp(now), "used_as": used_as},
    )

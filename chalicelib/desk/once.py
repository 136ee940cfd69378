"""A form of the desk that is sent twice is done once: by its mark, beside what it adds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chalicelib.cases.intake.receive import REPEAT_SECONDS
from chalicelib.core.json_text import compact
from chalicelib.core.links import hash_of
from chalicelib.core.ports import Item, Key, Put, Store
from chalicelib.core.records import is_over

ONCE: Final = "once"
"""What a form hides that adds something: another text on each page."""


def once_of(pairs: Sequence[tuple[str, str]]) -> str:
    """Return what names a form of one page with all that is in it; blank for one that adds
    nothing. Who goes back and writes something else sends another form."""
    is_named = any(name == ONCE and text for name, text in pairs)
    return hash_of(compact([list(pair) for pair in pairs])) if is_named else ""


def once_mark(once: str, now: datetime, **facts: str) -> list[Put]:
    """Return the write that is refused for a form that came before, with what it led to; nothing
    for a blank name. `once` names a form of a page with what is in it."""
    if not once:
        return []
    pk, sk = _key(once)
    seconds = int(now.timestamp())
    row = {"pk": pk, "sk": sk, "kind": "once", "expires": seconds + REPEAT_SECONDS, **facts}
    return [Put(row, unless_after=seconds)]


def marked(store: Store, once: str, now: datetime) -> Item | None:
    """Return the mark of a form that came before."""
    row = store.get(*_key(once)) if once else None
    return None if row is None or is_over(row, now) else row


def _key(once: str) -> Key:
    return f"ONCE#{hash_of(f'desk {once}')}", "ONCE"

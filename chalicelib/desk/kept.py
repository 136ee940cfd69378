"""What somebody had typed when their session ended: kept for them, shown again, never sent."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from chalicelib.core.links import hash_of
from chalicelib.core.ports import Key, Now, Put, Store
from chalicelib.core.records import is_over

KEPT: Final = "KEPT"
KEPT_RETENTION: Final = timedelta(days=1)

KEPT_MAX_BYTES: Final = 360_000
"""Of all that is kept of one form: more than a form may have, and less than a row holds."""

Pairs = Sequence[tuple[str, str]]


class KeptForms:
    """A form under a random name, for one member of staff."""

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def keep(self, staff: str, pairs: Pairs) -> str:
        """Keep a form and return its name; blank where it is too long to be kept."""
        if sum(len(name.encode()) + len(text.encode()) for name, text in pairs) > KEPT_MAX_BYTES:
            return ""
        name = secrets.token_urlsafe(16)
        pk, sk = _key(name)
        row = {
            "pk": pk,
            "sk": sk,
            "kind": "kept_form",
            "staff": staff,
            "pairs": [list(pair) for pair in pairs],
            "expires": int((self._now() + KEPT_RETENTION).timestamp()),
        }
        self._store.commit([Put(row)])
        return name

    def of(self, name: str, staff: str) -> list[tuple[str, str]]:
        """Return a form that was kept for somebody; nothing for everybody else."""
        row = self._store.get(*_key(name)) if name else None
        if row is None or row["staff"] != staff or is_over(row, self._now()):
            return []
        return [(str(key), str(text)) for key, text in row["pairs"]]


def _key(name: str) -> Key:
    return f"{KEPT}#{hash_of(name)}", KEPT

"""A clock of the whole service: its row is always there, and moves on by the sweep."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Key, Put, Store
from chalicelib.core.records import shard_of, stamp


@dataclass
class StandingClock:
    store: Store
    key: Key
    _scheduled: bool = field(default=False, init=False)

    def ensure_scheduled(self, due: Callable[[], datetime]) -> None:
        """Put the row in the store if none is there; ask once a cold start."""
        if self._scheduled:
            return
        pk, sk = self.key
        row = {
            "pk": pk,
            "sk": sk,
            "kind": "clock",
            "due_shard": shard_of(pk),
            "due_at": stamp(due()),
        }
        try:
            self.store.commit([Put(row)])
        except Conflict:
            pass
        self._scheduled = True

    def moved(self, row: Item, due: datetime) -> Change:
        """Return the write that moves the clock, for whoever saw it as it is."""
        return Change(self.key, expect={"due_at": row["due_at"]}, set={"due_at": stamp(due)})

"""What one member of staff looked at last: the list they had, and how far each file was."""

from collections.abc import Mapping
from typing import Final

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Key, Store

LOOKS: Final = "DESK"

MAX_LOOKS: Final = 400
"""Files that somebody is told changes of: those they looked at last."""


class Looks:
    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, staff: str) -> Item:
        """Return what somebody looked at: `filters` and `files`, where there is any."""
        return self._store.get(*_key(staff)) or {}

    def remember(self, staff: str, known: Item, filters: str) -> None:
        """Keep the list that somebody has before them; nothing where it is the one known."""
        if known.get("filters", "") != filters:
            self._keep(staff, {"filters": filters})

    def look(self, staff: str, case: str, events: int) -> None:
        """Keep that somebody has seen a file as it is after so many steps."""
        files: Mapping[str, int] = self.of(staff).get("files", {})
        if files.get(case) == events:
            return
        others = [(one, number) for one, number in files.items() if one != case]
        self._keep(staff, {"files": dict([*others, (case, events)][-MAX_LOOKS:])})

    def _keep(self, staff: str, values: Item) -> None:
        try:
            self._store.commit([Change(_key(staff), set={"kind": "looks", **values})])
        except Conflict:
            return


def seen(store: Store, list_key: Key) -> None:
    """Take the mark off a file that nobody had looked at since something happened there."""
    change = Change(list_key, expect={"unread": "1"}, remove=("unread",))
    try:
        store.commit([change])
    except Conflict:
        return


def _key(staff: str) -> Key:
    return f"{LOOKS}#{staff}", "LOOKS"

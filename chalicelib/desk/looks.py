"""What one member of staff looked at last: the list they had, and how far each file was."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from chalicelib.core.conflicts import retry_on_conflict
from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.ports import Change, Item, Key, Store

LOOKS: Final = "DESK"

MAX_LOOKS: Final = 400
"""Files that somebody is told changes of: those they looked at last."""

LOOK_ATTEMPTS: Final = 4
"""How often a look is kept anew because another page of the same person kept one."""


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
        self._note(staff, case, lambda looked: events)

    def acted(self, staff: str, case: str, before: int, after: int) -> None:
        """Keep that somebody knows what they made of a file themselves, where they had seen it as
        it was before: what a colleague did there meanwhile stays news."""
        self._note(staff, case, lambda looked: after if looked == before else looked)

    def _note(self, staff: str, case: str, seen: Callable[[int | None], int | None]) -> None:
        def note() -> None:
            files: Mapping[str, int] | None = self.of(staff).get("files")
            looked = (files or {}).get(case)
            events = seen(looked)
            if events is None or events == looked:
                return
            others = [(one, number) for one, number in (files or {}).items() if one != case]
            kept = dict([*others, (case, events)][-MAX_LOOKS:])
            expect, absent = ({}, ("files",)) if files is None else ({"files": files}, ())
            values = {"kind": "looks", "files": kept}
            self._store.commit([Change(_key(staff), expect=expect, absent=absent, set=values)])

        # What is not kept is shown as news once more, and no page is refused for that.
        with suppress(StoreDown):
            retry_on_conflict(note, LOOK_ATTEMPTS, "looks")

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

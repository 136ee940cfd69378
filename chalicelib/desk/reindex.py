"""The index of files made anew from the files: for those from before it, and to be sure."""

from typing import Final

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.file_index import COUNTS, index_writes, is_listed
from chalicelib.core.conflicts import retry_on_conflict
from chalicelib.core.ports import Change, Store

REINDEX_ATTEMPTS: Final = 5
"""How often a file is looked at again because somebody changed it meanwhile."""


class Reindex:
    """Each file is one transaction, on the condition that it stands still; again does no harm."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self, case: Case) -> bool:
        """Write the rows by which a file is found; return whether it has any."""

        def write() -> bool:
            item = self._store.get(*case_key(case.id))
            now = None if item is None else Case.of(item)
            if now is None or not is_listed(now):
                return False
            rows = [one for one in index_writes(None, now) if one.key[0] != COUNTS]
            still = {"events": now.events, "state": now.state}
            same = Change(now.key, expect=still, set={"state": now.state})
            self._store.commit([same, *rows])
            return True

        return retry_on_conflict(write, REINDEX_ATTEMPTS, f"{case.ref} changes too often")

"""The directory that a container searches: one edition in memory, replaced by a newer one."""

import logging
from datetime import datetime, timedelta
from typing import Final

from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.edition import EditionLost
from chalicelib.coaches.editions import EditionStore
from chalicelib.core.errors import StoreDown
from chalicelib.core.ports import Now

log = logging.getLogger("relais.coaches")

EDITION_CHECK_INTERVAL: Final = timedelta(seconds=20)
"""How long a container searches its edition before it asks the store for a newer one."""

LOAD_ATTEMPTS: Final = 3
"""How often an edition is looked up anew, because it was replaced while it was read."""


class DirectoryCache:
    """Holds the directory of the current edition.

    It reads one row of the store at most every 20 seconds, and the edition only when that
    row names another one. While the store is down, it goes on with the edition it holds.
    """

    def __init__(self, editions: EditionStore, now: Now) -> None:
        self._editions = editions
        self._now = now
        self._edition_id = ""
        self._directory: Directory | None = None
        self._checked_at: datetime | None = None

    def directory(self) -> Directory:
        """Return the directory, at most 20 seconds behind the published edition.

        Raises StoreDown if the store is down before any edition was loaded.
        """
        now = self._now()
        checked_at = self._checked_at
        if self._directory is None or not checked_at or now - checked_at >= EDITION_CHECK_INTERVAL:
            try:
                self._directory = self._latest()
            except StoreDown:
                if self._directory is None:
                    raise
                log.warning("the store is down: edition %s stays in use", self._edition_id)
            self._checked_at = now
        return self._directory

    def _latest(self) -> Directory:
        for attempt in range(1, LOAD_ATTEMPTS + 1):
            edition = self._editions.current()
            if edition is None:
                return _empty_directory()
            if self._directory is not None and edition.id == self._edition_id:
                return self._directory
            try:
                loaded = Directory.load(self._editions.snapshot(edition))
            except EditionLost:
                # It was replaced between the two reads: the next look finds the newer one.
                log.warning("edition %s was replaced (attempt %s)", edition.id, attempt)
                continue
            self._edition_id = edition.id
            log.info("directory: edition %s, %s coaches", edition.id, edition.count)
            return loaded
        raise StoreDown("the directory was replaced each time it was read")


def _empty_directory() -> Directory:
    """Return a directory without coaches, for the time before the first edition."""
    from chalicelib.coaches.directory import snapshot

    return Directory.load(snapshot.serialise(snapshot.build([])))

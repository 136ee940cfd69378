"""The directory that a container searches: one edition, replaced when another is published."""

import logging
from datetime import datetime, timedelta
from typing import Final

from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.editions import EditionLost, EditionStore
from chalicelib.core.errors import StoreDown
from chalicelib.core.ports import Now

log = logging.getLogger("relais.network")

FRESH: Final = timedelta(seconds=20)
"""How old what we know of the current edition may be: one small read after that."""

TRIES: Final = 3


class DirectoryCache:
    """Looks for a new edition at most every 20 seconds, and never scans.

    While the store is out of reach, the edition at hand is served on.
    """

    def __init__(self, shelf: EditionStore, now: Now) -> None:
        self._shelf = shelf
        self._now = now
        self._edition = ""
        self._directory: Directory | None = None
        self._looked: datetime | None = None

    def directory(self) -> Directory:
        """Raises StoreDown when the store is out of reach before anything was loaded."""
        now = self._now()
        if self._directory is None or self._looked is None or now - self._looked >= FRESH:
            try:
                self._directory = self._latest()
            except StoreDown:
                if self._directory is None:
                    raise
                log.warning("the store is out of reach: edition %s is served on", self._edition)
            self._looked = now
        return self._directory

    def _latest(self) -> Directory:
        for turn in range(TRIES):
            edition = self._shelf.current()
            if edition is None:
                return _nobody()
            if self._directory is not None and edition.id == self._edition:
                return self._directory
            try:
                loaded = Directory.load(self._shelf.snapshot(edition))
            except EditionLost:
                # Replaced between the two reads; the pointer tells the newer one.
                log.warning("edition %s went away (try %s)", edition.id, turn + 1)
                continue
            self._edition = edition.id
            log.info("directory: edition %s, %s coaches", edition.id, edition.count)
            return loaded
        raise StoreDown("the directory changes too fast to be read")


def _nobody() -> Directory:
    """Before the first edition: a directory without coaches."""
    from chalicelib.coaches.directory import snapshot

    return Directory.load(snapshot.store(snapshot.build([])))

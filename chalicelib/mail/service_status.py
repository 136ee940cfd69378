"""Whether the service works, for everybody to see: kept by the sweep of each minute in one row,
which says nothing of how much there is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.core.ports import Change, Item, Key, KeySource, Now, Store
from chalicelib.core.records import moment, stamp
from chalicelib.mail.holds import NOTHING, MailHolds

KEY: Final[Key] = ("STATUS", "STATUS")

OVERDUE: Final = timedelta(minutes=30)
"""What is due waits no longer than this; the alarm has the same."""

SILENT_FOR: Final = timedelta(minutes=5)
"""So long after the last sweep nothing is known of letters."""

SHOWN_FOR: Final = timedelta(seconds=30)
"""How long a process shows what it read: so many visitors ask the store once."""

State = Literal["works", "late", "down"]


class PartStatus(NamedTuple):
    """How a part of the service does: `late`, when nothing is lost and all of it comes later."""

    part: Literal["forms", "letters"]
    state: State
    since: str | None
    """A stamp; None where nobody can know."""


@dataclass(frozen=True)
class StatusKeeper:
    """Keeps how the service does."""

    store: Store
    now: Now

    def keep(self, oldest: timedelta) -> None:
        """Note that the sweep ran, and left behind what was due for so long at most."""
        now = self.now()
        row = self.store.get(*KEY)
        held = MailHolds(self.store, self.now).read() != NOTHING
        letters: State = "late" if held or oldest > OVERDUE else "works"
        is_new = row is None or now - moment(row["at"]) > SILENT_FOR
        stays = row is not None and not is_new and row["letters"] == letters
        change = Change(
            KEY,
            expect={"at": row["at"]} if row else {},
            absent=() if row else ("at",),
            set={
                "kind": "status",
                "at": stamp(now),
                "up_since": stamp(now) if is_new or row is None else row["up_since"],
                "letters": letters,
                "letters_since": row["letters_since"] if row and stays else stamp(now),
            },
        )
        try:
            self.store.commit([change])
        except Conflict:
            # Another sweep noted the same, a moment ago.
            return


@dataclass
class ServiceStatus:
    """Tells how the service does, whoever asks and however many."""

    store: Store
    now: Now
    keys: KeySource
    _read_at: datetime | None = None
    _parts: list[PartStatus] = field(default_factory=list)

    def parts(self) -> list[PartStatus]:
        """Return the parts, as they were half a minute ago at most. Raises nothing."""
        now = self.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < SHOWN_FOR:
            self._parts, self._read_at = _parts(self._read, now), now
        return self._parts

    def _read(self) -> Item | None:
        """Read the row, and the keys without which no form is taken. Raises StoreDown."""
        links = self.keys.links
        if callable(links):
            links()
        _ = self.keys.people
        return self.store.get(*KEY)


def _parts(read: Callable[[], Item | None], now: datetime) -> list[PartStatus]:
    try:
        row = read()
    except StoreDown:
        return [PartStatus("forms", "down", None), PartStatus("letters", "late", None)]
    if row is None:
        # Nothing has swept yet, or somebody took the row away: until a sweep, nobody knows.
        return [PartStatus("forms", "works", None), PartStatus("letters", "late", None)]
    if now - moment(row["at"]) > SILENT_FOR:
        return [PartStatus("forms", "works", None), PartStatus("letters", "late", row["at"])]
    return [
        PartStatus("forms", "works", row["up_since"]),
        PartStatus("letters", row["letters"], row["letters_since"]),
    ]

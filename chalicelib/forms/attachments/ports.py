"""What attachments ask of the outside world: a place for their bytes, where others scan them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol

CLEAN: Final = "NO_THREATS_FOUND"
THREATS: Final = "THREATS_FOUND"
UNSUPPORTED: Final = "UNSUPPORTED"
"""What the scan says of a file that it cannot read: one with a password, or too deep an archive."""


class Offer(NamedTuple):
    """The form with which a browser sends bytes by itself: to where, and with which fields."""

    url: str
    fields: Mapping[str, str]


class Seen(NamedTuple):
    """An object as it lies there: its size, and what the scan says of it; blank before it did.
    Another `mark` is of other bytes under the same key."""

    size: int
    result: str
    mark: str = ""


class StoredObject(NamedTuple):
    key: str
    at: datetime


class DocumentStore(Protocol):
    """Bytes under a key. Nobody reads what the scan did not find clean, we neither. Each method
    raises StoreDown when the store is out of reach."""

    def put(self, key: str, body: bytes) -> None:
        """Keep bytes."""

    def offer(self, key: str, most_bytes: int, seconds: int, back: str) -> Offer:
        """Let a browser send one file to this very key, and come back to an address."""

    def look(self, key: str) -> Seen | None:
        """Return what is known of an object; None where there is none."""

    def read(self, key: str) -> bytes:
        """Return the bytes of a clean object."""

    def link(self, key: str, name: str, seconds: int) -> str:
        """Return an address that saves a clean object under a name, for a moment."""

    def delete(self, key: str) -> None:
        """Delete an object; nothing happens when it is gone."""

    def all(self) -> Iterator[StoredObject]:
        """Yield every object."""

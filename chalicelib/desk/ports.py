"""What the desk asks of the outside world beside the store: a place for files, for a day."""

from typing import IO, Protocol


class Objects(Protocol):
    """Files under names. What is put again takes the place of what was there."""

    def put(self, name: str, body: IO[bytes]) -> None:
        """Keep a file. Raises StoreDown."""

    def get(self, name: str) -> bytes:
        """Return a file. Raises StoreDown, also for one that is not there."""

    def url(self, name: str, saved_as: str, seconds: int) -> str:
        """Return an address at which a file is for a while, to be saved under a name."""

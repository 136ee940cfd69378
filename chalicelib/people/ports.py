"""What the room of people asks of the world, beside the store."""

from collections.abc import Iterator
from typing import Protocol

from chalicelib.core.ports import Item


class WholeTables(Protocol):
    def everything(self) -> Iterator[Item]:
        """Yield every row of both tables, in no order, a page at a time."""

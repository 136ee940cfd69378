"""A letter as the outbox takes it from its writer."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.core.ports import Item, Mail


@dataclass(frozen=True)
class Draft:
    """A letter composed for one person, and the links it carries, to be stored with the claim.

    `kept` is the copy that stays with the row: subject, text and HTML without secrets, and
    the address where it may be kept.
    """

    mail: Mail
    template: str
    kept: dict[str, str]
    links: list[Item] = field(default_factory=list)
    fell_back: bool = False
    """Whether it says what was packaged, because an edit of staff could not be written."""


class LetterWriter(Protocol):
    """Writes the letter that a row owes."""

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Return the draft, or None when there is nobody to write to (any more)."""

"""What sending an issue asks of the outside world: lists, a line to wait in, SES, a queue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.core.errors import RelaisError
from chalicelib.core.ports import Item, Key, Store
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.pace import Allowance


class SubscriberStore(Store, Protocol):
    """The Store, and what costs a call a row if it is done by the Store alone."""

    def audience(self, key: str) -> Iterator[Item]:
        """Who is in a partition of the index `audience`, in order of `pk`."""

    def profiles(self, people: Sequence[str]) -> Mapping[str, Item]:
        """Of up to fifty people as they are now, by person: `email`, `lang`, `topics`, `name`,
        `status`, `paused_until` and `soft_bounces`; more is not promised."""

    def gather(self, key: Key, found: Mapping[str, set[int]], facts: Mapping[str, Any]) -> Item:
        """Adds to sets of a row (made when missing) and sets `facts` beside them; returns the
        row after."""

    def step(self, key: Key, add: Mapping[str, int], from_: tuple[str, int]) -> Item:
        """Counts up when an attribute is `from_` a number on; returns the row after.

        Raises Conflict with the row as it is.
        """


@dataclass(frozen=True)
class Envelope:
    """One recipient of a bulk: `values` fill the placeholders, `tags` come back with every
    event, `headers` are this recipient's own."""

    to: str
    tags: Mapping[str, str]
    values: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Bulk:
    """One text for up to fifty recipients, and the headers that all of them get."""

    rendered: Rendered
    headers: Mapping[str, str]
    envelopes: Sequence[Envelope] = field(default_factory=list)


@dataclass(frozen=True)
class Reply:
    """What SES said of one recipient.

    `kind`: `sent`; `throttled` (too fast); `later` (try again); `refused` (never this one);
    `account` (nobody, for now).
    """

    kind: str
    why: str = ""
    message_id: str = ""


class Declined(RelaisError):
    """SES took the bulk as a whole for wrong, and sent to none of it."""


class BulkMailer(Protocol):
    def offer(self, bulk: Bulk) -> list[Reply]:
        """One reply an envelope, in their order. Never tried twice by itself.

        Raises Declined, and OutcomeUnknown when some may have left.
        """

    def allowance(self) -> Allowance:
        """Raises NotYet when SES does not tell."""


class Queue(Protocol):
    """Hands work to the workers; what is there twice is done once."""

    def put(self, jobs: Sequence[Mapping[str, Any]], delay: int = 0) -> None:
        """`delay` in seconds, at most 900."""

    def idle(self) -> bool:
        """Nothing waits in it, as far as it knows."""

"""What sending an issue asks of the outside world: a store, SES, a queue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NotRequired, Protocol, TypedDict

from chalicelib.core.errors import RelaisError
from chalicelib.core.ports import Item, Key, Store
from chalicelib.newsletter.issues.rendered import Rendered
from chalicelib.newsletter.pace import Allowance


class SubscriberStore(Store, Protocol):
    """The Store, and what would cost a call for each row if the Store did it alone."""

    def audience(self, key: str) -> Iterator[Item]:
        """Yield the rows of a partition of the index `audience`, in order of `pk`: what `unwanted`
        reads of a profile, and no more."""

    def in_state(self, state_key: str) -> Iterator[Item]:
        """Yield the keys of what the index of states holds of subscribers and issues under a key,
        the longest unchanged first, a moment old."""

    def subscribers(self, after: str) -> tuple[list[Item], str]:
        """Return the profiles of some people, in no order, and behind whom the next ones are:
        blank `after` begins, blank ends."""

    def profiles(self, people: Sequence[str]) -> Mapping[str, Item]:
        """Return the profiles of up to fifty people as they are now, by person: `email`, `lang`,
        `topics`, `name`, `status`, `paused_until`, `expires_at` and `soft_bounces`; more is not
        promised. Who has no profile is missing."""

    def gather(self, key: Key, found: Mapping[str, set[int]], facts: Mapping[str, object]) -> Item:
        """Add to sets of a row (made when missing), set `facts` beside them, and return the row
        after."""

    def step(self, key: Key, add: Mapping[str, int], from_: tuple[str, int]) -> Item:
        """Count attributes up when one is at least what `from_` says; return the row after.

        Raises Conflict with the row as it is.
        """


ReplyKind = Literal["sent", "throttled", "later", "refused", "account", "unknown", "skipped"]


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
class SesReply:
    """What SES replied about one recipient.

    `kind`: `sent`; `throttled` (too fast); `later` (try again); `refused` (never this one);
    `account` (nobody, for now); `unknown` (the reply got lost); `skipped` (never offered).
    """

    kind: ReplyKind
    why: str = ""
    message_id: str = ""
    of_call: bool = False
    """Whether it is of a whole call: one error then, however many it was to be sent to."""


class BulkDeclined(RelaisError):
    """SES took the bulk as a whole for wrong, and sent to none of it."""


class Job(TypedDict):
    """One message of the queue: an issue to be frozen, or a shard of it to be sent.

    `events` is the issue's count of events when the shard was queued; `links` says how often a
    worker queued it since the sweep did.
    """

    issue: str
    shard: NotRequired[str]
    events: NotRequired[int]
    links: NotRequired[int]


class BulkMailer(Protocol):
    def offer(self, bulk: Bulk) -> list[SesReply]:
        """Offer a bulk once, and return one reply for each envelope, in their order.

        Raises Declined, and OutcomeUnknown when some may have left.
        """

    def allowance(self) -> Allowance:
        """Return what SES allows now. Raises NotYet when SES does not answer."""


class Queue(Protocol):
    """Hands jobs to the workers; a job that is there twice is done once."""

    def put(self, jobs: Sequence[Job], delay: int = 0) -> None:
        """Queue jobs, to be taken after `delay` seconds, at most 900."""

    def idle(self) -> bool:
        """Return whether nothing waits in it, as far as it knows."""

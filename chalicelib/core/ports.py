"""What the service asks of the outside world: a store, a mailer, a clock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Protocol

DELETES_PER_COMMIT: Final = 90
"""How many rows one transaction deletes; DynamoDB takes a hundred writes."""

Item = dict[str, Any]
"""One row: `pk`, `sk`, and plain values; lists and mappings are kept as JSON."""

Key = tuple[str, str]
Now = Callable[[], datetime]
"""Now, in UTC."""


class Put(NamedTuple):
    """A new row: refused when one stands there, unless that one expired before `unless_after`.

    `unless_after` is in seconds since 1970, compared with the row's `expires`.
    """

    item: Item
    unless_after: int | None = None

    @property
    def key(self) -> Key:
        return self.item["pk"], self.item["sk"]


class Change(NamedTuple):
    """Some attributes of a row, on the condition that it is as `expect`ed.

    `expect` names values that must stand, `absent` attributes that must not;
    `add` counts up (the row is made when missing), at most to `at_most`; a row is refused that
    expired before `unless_over`, in seconds since 1970.
    """

    key: Key
    expect: Mapping[str, Any] = {}
    absent: Sequence[str] = ()
    set: Mapping[str, Any] = {}
    remove: Sequence[str] = ()
    add: Mapping[str, int] = {}
    at_most: Mapping[str, int] = {}
    unless_over: int | None = None


class Delete(NamedTuple):
    """A row that goes, on the condition that it is as `expect`ed."""

    key: Key
    expect: Mapping[str, Any] = {}


class Check(NamedTuple):
    """No write: a condition on one more row, `expect`ed so, without what is `absent`, for the
    others of its transaction."""

    key: Key
    expect: Mapping[str, object] = {}
    absent: Sequence[str] = ()


Write = Put | Change | Delete | Check


class Where(NamedTuple):
    """What an attribute of a listed row must be: `one_of` the values, at most the one value that
    stands there (`up_to`), or a text that has all of them (`has`)."""

    name: str
    values: Sequence[str]
    how: Literal["one_of", "up_to", "has"] = "one_of"


class Stretch(NamedTuple):
    """A part of the rows of one `pk`: between two sort keys, both of them with it; from behind
    `after` on, and from the end where it is read `backward`."""

    low: str = " "
    high: str = "~"
    after: str = ""
    backward: bool = False

    @property
    def is_over(self) -> bool:
        """Say whether `after` stands behind all of the part, so that nothing is left of it."""
        return bool(self.after) and (
            self.after <= self.low if self.backward else self.after >= self.high
        )

    @property
    def start(self) -> str:
        """The key behind which reading starts; blank at an end, and for what stands before it: the
        table refuses to start from outside."""
        return self.after if self.low <= self.after <= self.high else ""


LISTING_CALLS: Final = 8
"""How often one listing, or one count, may ask the table: each call reads a megabyte."""


class Listing(NamedTuple):
    """Rows that fit, in their order; `is_whole` says whether there are no more. `reached` is the
    sort key up to which all were looked at, where the calls ended before the rows."""

    rows: list[Item]
    is_whole: bool
    reached: str = ""

    @property
    def more_after(self) -> str:
        """The sort key that the rest begins after; blank where there is no more."""
        if self.is_whole:
            return ""
        return self.reached or str(self.rows[-1]["sk"])


OfPerson = Literal["CASE", "DRAFT"]
"""What is found by the key of whose it is: how the keys of its rows begin."""


class Store(Protocol):
    """Rows under (pk, sk), written only on conditions.

    There are two tables, and a row's `pk` says in which of them it lives.
    """

    def commit(self, writes: Sequence[Write]) -> None:
        """Write all or nothing. Raises Conflict (with the rows met instead) or StoreDown."""

    def get(self, pk: str, sk: str) -> Item | None:
        """Return the row as it is now."""

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        """Return the rows of these keys as they are now, without those that are not there: a
        hundred at most, in one call."""

    def rows(self, pk: str, prefix: str = "") -> list[Item]:
        """Return all rows of one `pk` whose `sk` starts so, in order of `sk`."""

    def listing(self, pk: str, stretch: Stretch, where: Sequence[Where], limit: int) -> Listing:
        """Return the rows of one `pk` that fit, not more than `limit`, within a bounded number of
        calls."""

    def counted(self, pk: str, stretch: Stretch, where: Sequence[Where]) -> tuple[int, bool]:
        """Count the rows of one `pk` that fit, and tell whether all were looked at within the
        calls."""

    def latest(self, pk: str, limit: int) -> list[Item]:
        """Return the last rows of one `pk`, in backward order of `sk`: never more than `limit`."""

    def of_person(self, person: str, limit: int, kind: OfPerson = "CASE") -> list[str]:
        """Return the ids of what is under the key of a person (see links.person_key), cases or
        drafts, the last ids first. What was written a moment ago may be missing."""

    def due(self, now: str, first: int = 0) -> Iterator[Key]:
        """Yield the keys of what has waited until `now` (ISO, UTC), oldest first in each shard; the
        shards in turn from the `first` one on."""

    def listed(self, state_key: str) -> Iterator[Item]:
        """Yield what the index of states holds under a key, the longest unchanged first: parts of
        rows, a moment old."""


class Mail(NamedTuple):
    """One message, ready to leave. `tag` finds it again in what SES reports, and `cid` says what
    it came of.

    Answers go to `reply_to`; to the programme's own address without one.
    """

    to: str
    subject: str
    text: str
    html: str
    lang: str
    tag: str
    reply_to: str | None = None
    cid: str = ""


class Mailer(Protocol):
    """Hands a mail over and returns its message id.

    Raises DeliveryFailed; `OutcomeUnknown` when the mail may have left.
    """

    def send(self, mail: Mail) -> str: ...


class KeySource(Protocol):
    """What a process hashes addresses and signs links with."""

    @property
    def links(self) -> Sequence[str] | Callable[[], Sequence[str]]:
        """The keys of links, the one that signs last; or a function that returns them."""

    @property
    def people(self) -> bytes:
        """The key of the hashes of addresses, which never changes."""

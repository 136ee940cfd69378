"""A subscriber as the store keeps them: who they are, what they read, by which consent."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NotRequired, TypedDict

from chalicelib.core.languages import Lang
from chalicelib.core.ports import Change, Delete, Item, Key, Put, Write
from chalicelib.core.records import moment, shard_of, stamp

AUDIENCE_BUCKETS: Final = 32
"""Partitions of each language in the index of the audience."""

Status = Literal[
    "PENDING", "ACTIVE", "UNSUBSCRIBED", "BOUNCED", "COMPLAINED", "EXPIRED", "ERASED"
]  # fmt: skip
Basis = Literal["express", "implied"]
"""What allows to write to somebody: their own word, or a relation that ends."""

PENDING: Final = "PENDING"
ACTIVE: Final = "ACTIVE"
UNSUBSCRIBED: Final = "UNSUBSCRIBED"
BOUNCED: Final = "BOUNCED"
COMPLAINED: Final = "COMPLAINED"
EXPIRED: Final = "EXPIRED"
ERASED: Final = "ERASED"

EXPRESS: Final = "express"
IMPLIED: Final = "implied"

REMIND_AFTER: Final = timedelta(days=2)
"""How long after a sign-up its confirmation is asked for again."""
PURGE_AFTER: Final = timedelta(days=7)
"""How long after a sign-up it is dropped that nobody confirmed."""
LINK_VALID: Final = timedelta(days=14)
HASH_RETENTION: Final = timedelta(days=30)
"""How long the hash of an address stays that never confirmed, or is held as spam."""
ASKED_BEFORE_END: Final = (timedelta(days=60), timedelta(days=14))
"""How long before an implied consent ends its owner is asked for an express one: twice."""

EVIDENCE_RETENTION: Final = timedelta(days=3 * 365 + 1)
"""How long the proof of a consent that ended is kept: as long as it can be asked for."""


Deadline = Literal["request", "moving", "implied", "proof"]
"""What ends in time: a request, a move, an implied consent, the time that a proof is kept."""


class Contact(TypedDict):
    """Who a subscription is for, and what they want to get."""

    email: str
    lang: Lang
    topics: list[str]
    name: str | None
    province: str | None


class SignUpRequest(Contact):
    """A sign-up that waits to be confirmed, by a link that names its `asked_at`.

    Times are stamps; `since` is when its letter could leave, from which its time counts.
    """

    asked_at: str
    since: str
    reminded: bool


class AddressMove(TypedDict):
    """A new address that waits to be confirmed, and the person that it belongs to; the link to it
    names both this person and `asked_at`."""

    email: str
    person: str
    asked_at: str


class EarlierAddress(TypedDict):
    """An address that somebody moved from: its person, and the stamp `at` of the move.

    `joined` when the new address had records of its own before: links to the one then open
    nothing of the other.
    """

    person: str
    at: str
    joined: bool


class Bounce(TypedDict):
    """What became of one mail: it bounced softly, or arrived; `mail` is the id that SES gave it."""

    at: str
    soft: bool
    mail: NotRequired[str]


@dataclass(frozen=True)
class Subscriber:
    """The row PROFILE of a person; times are stamps, as everywhere.

    Only who is ACTIVE is in the audience, and is written to unless `paused_until` lies ahead.
    `version` counts every change, and every change expects the version it saw.
    """

    person: str
    """Keyed hash of the normalised address: `links.person_key`."""
    status: Status
    version: int
    updated_at: str
    email: str = ""
    """As it was typed; empty while nobody may write to it."""
    lang: Lang = "fr"
    topics: list[str] = field(default_factory=list)
    basis: Basis | None = None
    name: str | None = None
    province: str | None = None
    confirmed_at: str | None = None
    paused_until: str | None = None
    soft_bounces: list[Bounce] = field(default_factory=list)
    """What became of the last five mails since one bounced softly."""
    expires_at: str | None = None
    """When an implied consent ends."""
    asks: int = 0
    """How often its owner was asked for an express one."""
    request: SignUpRequest | None = None
    """The last one; the status stays what it was until one is confirmed."""
    superseded: list[SignUpRequest] = field(default_factory=list)
    """Requests before the last one: the link of each confirms what its own letter said."""
    moving: AddressMove | None = None
    moved_to: str | None = None
    """The person of the new address."""
    moved_from: list[EarlierAddress] = field(default_factory=list)
    """Every address that this person had before, oldest first; those that moved away have none."""
    complained: bool = False
    """Whether an erased person had complained: nothing is ever sent to their address again."""
    left_at: str | None = None
    """When the subscription ended: its proof is kept for a while from then on."""

    @property
    def key(self) -> Key:
        return profile_key(self.person)

    @classmethod
    def of(cls, item: Item) -> "Subscriber":
        names = {f.name for f in fields(cls)} - {"person"}
        person = person_of(item["pk"])
        return cls(person=person, **{k: v for k, v in item.items() if k in names})

    def item(self) -> Item:
        pk, sk = self.key
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "person"}
        return {"pk": pk, "sk": sk, "kind": "subscriber", **values, **self._indexed()}

    @property
    def contact(self) -> Contact:
        return {
            "email": self.email,
            "lang": self.lang,
            "topics": self.topics,
            "name": self.name,
            "province": self.province,
        }

    @property
    def refuses_mail(self) -> bool:
        """Whether they reported our mail as unwanted, which stands even after an erasure."""
        return self.complained or self.status == COMPLAINED

    @property
    def withdrew(self) -> bool:
        """Whether they took their consent back, so that only an express one counts."""
        left = self.status == UNSUBSCRIBED and not self.moved_to
        return left or self.refuses_mail or self.status == ERASED

    def request_of(self, asked: int) -> SignUpRequest | None:
        """Return the request that waits since `asked`, in seconds since 1970."""
        waiting = [*self.superseded, *([self.request] if self.request else [])]
        return next((one for one in waiting if seconds(one["asked_at"]) == asked), None)

    def without_request(self, asked: int) -> "Subscriber":
        """Return the same without one of the requests; the last of the others takes its place."""
        waiting = [*self.superseded, *([self.request] if self.request else [])]
        left = [one for one in waiting if seconds(one["asked_at"]) != asked]
        return replace(self, request=left[-1] if left else None, superseded=left[:-1])

    def deadlines(self) -> dict[Deadline, str]:
        """Return the stamp of each deadline of this subscriber."""
        times: dict[Deadline, datetime] = {}
        if self.request:
            since = moment(self.request["since"])
            times["request"] = since + (PURGE_AFTER if self.request["reminded"] else REMIND_AFTER)
        elif self.left_at:
            times["proof"] = moment(self.left_at) + EVIDENCE_RETENTION
        if self.moving:
            times["moving"] = moment(self.moving["asked_at"]) + LINK_VALID
        if self.status == ACTIVE and self.expires_at:
            before = (*ASKED_BEFORE_END, timedelta(0))[self.asks]
            times["implied"] = moment(self.expires_at) - before
        return {name: stamp(at) for name, at in times.items()}

    def next_due(self) -> str | None:
        return min(self.deadlines().values(), default=None)

    def _indexed(self) -> dict[str, str | None]:
        """Return the keys in the indexes; None where this subscriber is not in one."""
        bucket = bucket_of(self.person)
        due = self.next_due()
        return {
            "audience": f"{self.lang}#{bucket}" if self.status == ACTIVE else None,
            "state_key": f"SUBSCRIBER#{self.status}#{bucket}",
            "due_at": due,
            "due_shard": shard_of(self.key[0]) if due else None,
        }


MOVES_RETENTION: Final = timedelta(days=30)
"""How long it is noted who moved when: an issue whose audience is frozen meanwhile looks there."""


def moves_key(day: str) -> str:
    """Return the `pk` of the moves of a day, `2026-03-02`."""
    return f"MOVES#{day}"


def moved_row(to: str, at: str) -> Put:
    """Return the note that a subscription moved to this person."""
    expires = int((moment(at) + MOVES_RETENTION).timestamp())
    row = {"pk": moves_key(at[:10]), "sk": f"{at}#{to}", "kind": "move", "expires": expires}
    return Put({**row, "person": to})


def seconds(at: str) -> int:
    """Return a stamp in seconds since 1970."""
    return int(moment(at).timestamp())


def profile_key(person: str) -> Key:
    return f"PERSON#{person}", "PROFILE"


def person_of(pk: str) -> str:
    return pk.removeprefix("PERSON#")


def letters_pk(person: str) -> str:
    """Return the `pk` of the newsletter's letters to this person."""
    return f"NEWS#{person}"


def bucket_of(person: str) -> str:
    """Return which partition of the audience a person is in: `00` to `31`."""
    return f"{zlib.crc32(person.encode()) % AUDIENCE_BUCKETS:02d}"


def audiences(lang: str) -> list[str]:
    """Return the keys of the index `audience` that together hold all who read this language."""
    return [f"{lang}#{bucket:02d}" for bucket in range(AUDIENCE_BUCKETS)]


def consent(after: Subscriber, facts: Mapping[str, object]) -> Put:
    """Return the row that proves a change: what was agreed to or taken back, how and when.

    It is added with the change, and never changed itself.
    """
    pk, _ = after.key
    sk = f"CONSENT#{after.updated_at}#{after.version:06d}"
    return Put({"pk": pk, "sk": sk, "kind": "consent", "at": after.updated_at, **facts})


def changed(old: Subscriber, at: str, **values: Any) -> Subscriber:
    """Return the subscriber after a change, one version on."""
    return replace(old, version=old.version + 1, updated_at=at, **values)


def write(old: Subscriber | None, new: Subscriber) -> Write:
    """Return the write that turns one into the other, on the condition that nobody did so
    meanwhile."""
    after = new.item()
    if old is None:
        return Put(after)
    before = old.item()
    return Change(
        old.key,
        expect={"version": old.version},
        set={k: v for k, v in after.items() if v is not None and v != before[k]},
        remove=[k for k, v in after.items() if v is None and before[k] is not None],
    )


def gone(old: Subscriber) -> Delete:
    """Return the write that deletes the row, on the condition that nobody changed it meanwhile."""
    return Delete(old.key, expect={"version": old.version})

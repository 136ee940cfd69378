"""A subscriber as the store keeps them: who, in which language, by which consent."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from chalicelib.ports import Item, Key
from chalicelib.records import shard_of

BUCKETS: Final = 32
"""Partitions of each language in the index of the audience."""

PENDING: Final = "PENDING"
ACTIVE: Final = "ACTIVE"
UNSUBSCRIBED: Final = "UNSUBSCRIBED"
BOUNCED: Final = "BOUNCED"
COMPLAINED: Final = "COMPLAINED"
EXPIRED: Final = "EXPIRED"
ERASED: Final = "ERASED"
STATUSES: Final = (PENDING, ACTIVE, UNSUBSCRIBED, BOUNCED, COMPLAINED, EXPIRED, ERASED)

EXPRESS: Final = "express"
IMPLIED: Final = "implied"


@dataclass(frozen=True)
class Subscriber:
    """The row PROFILE of a person; times are stamps, as everywhere.

    Only who is ACTIVE is in the audience, and is written to unless `paused_until` lies ahead.
    `version` counts every change, and every change expects the version it saw.
    """

    person: str
    """Keyed hash of the normalised address: `links.person_key`."""
    email: str
    """As it was typed; empty once the person is erased."""
    lang: str
    topics: list[str]
    status: str
    version: int
    updated_at: str
    asked_at: str
    """When they signed up, or were imported."""
    basis: str | None = None
    name: str | None = None
    confirmed_at: str | None = None
    paused_until: str | None = None
    soft_bounces: list[dict[str, Any]] = field(default_factory=list)
    """What became of the last five mails since one bounced softly: `{"at", "soft"}`."""
    expires_at: str | None = None
    """When an implied consent ends."""
    reminded: int = 0
    """Mails of this state's clock that are owed or sent already."""
    due_at: str | None = None
    """When the state's clock rings next."""

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
        return {"pk": pk, "sk": sk, "kind": "subscriber", **values, **self.indexed()}

    def indexed(self) -> dict[str, str | None]:
        """The places in the indexes; None where this subscriber is not in one."""
        bucket = bucket_of(self.person)
        return {
            "audience": f"{self.lang}#{bucket}" if self.status == ACTIVE else None,
            "state_key": f"SUBSCRIBER#{self.status}#{bucket}",
            "due_shard": shard_of(self.key[0]) if self.due_at else None,
        }


def profile_key(person: str) -> Key:
    return f"PERSON#{person}", "PROFILE"


def person_of(pk: str) -> str:
    return pk.removeprefix("PERSON#")


def bucket_of(person: str) -> str:
    """`00` to `31`: which partition of the audience a person is in."""
    return f"{zlib.crc32(person.encode()) % BUCKETS:02d}"


def audiences(lang: str) -> list[str]:
    """The keys in the index `audience` that together hold all who read this language."""
    return [f"{lang}#{bucket:02d}" for bucket in range(BUCKETS)]


def consent(person: str, at: str, facts: Mapping[str, Any]) -> Item:
    """What was agreed to or taken back, how and when: added, and never changed."""
    pk, _ = profile_key(person)
    return {"pk": pk, "sk": f"CONSENT#{at}", "kind": "consent", "at": at, **facts}

"""What stands in the store: a case, its chained events, the letters it owes."""

import hashlib
import json
import secrets
import zlib
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from chalicelib.core.ports import Item

DUE_SHARDS: Final = 4
"""Partitions of the due index: each holds what waits for a quarter of the cases."""

APPLICANT: Final = "applicant"
FIDUCIARY: Final = "fiduciary"
OLD_ADDRESS: Final = "old_address"
NEW_ADDRESS: Final = "new_address"
OUTSIDE: Final = (APPLICANT, FIDUCIARY, OLD_ADDRESS, NEW_ADDRESS)
"""Readers beside the staff: the applicant, the fiduciary's lead, the addresses of a correction."""

ADMINS: Final = "admins"
"""A letter to those who run the programme's Relais; to everybody when nobody is named."""
ALL_STAFF: Final = "staff"
"""A letter to everybody on the roster: spread into one a person when it is delivered."""

DEAD: Final = "DEAD_LETTER"
"""Where the index of states holds the letters that could not be sent."""

ATTEMPT_SECONDS: Final = 400 * 24 * 3600
FIRST_EVENT: Final = "0" * 64
"""What the first event of a chain carries as the hash of the one before."""


@dataclass(frozen=True)
class Case:
    """One file, from declaration to decision. `id` is what its references share.

    `version` is of what is to be decided: links are for one version. `events` counts every
    step, quiet ones too, and no two steps can be the same one. `closed` says when the case
    ended, and `from` which state; `recused` are the ids of staff who stand back; `address` is
    a corrected one, before those that the forms gave.
    """

    id: str
    state: str
    version: int
    events: int
    head: str
    lang: str
    cycle: str
    person: str
    email: str
    contact_name: str
    org: str
    submitted_at: str
    updated_at: str
    answers: dict[str, Any]
    warnings: list[dict[str, Any]]
    application: dict[str, Any] | None = None
    application_warnings: list[dict[str, Any]] | None = None
    applied_at: str | None = None
    apply_by: str | None = None
    decided: dict[str, Any] | None = None
    owner: str | None = None
    recused: list[str] | None = None
    votes: list[dict[str, Any]] | None = None
    question: dict[str, Any] | None = None
    conditions: list[dict[str, Any]] | None = None
    extensions: int | None = None
    closed: dict[str, Any] | None = None
    undeliverable: dict[str, Any] | None = None
    address: str | None = None
    linked_to: str | None = None
    clocks: dict[str, dict[str, Any]] | None = None

    @property
    def ref(self) -> str:
        return f"DI-{self.id}"

    @property
    def app_ref(self) -> str | None:
        return f"DF-{self.id}" if self.application is not None else None

    @property
    def current_ref(self) -> str:
        """The application's reference once there is one."""
        return self.app_ref or self.ref

    def shown(self, now: datetime) -> str:
        """The state as its applicant may know it: a decision that can still be undone was
        never made, and a declaration held as spam is under review like the others."""
        if self.state == "HELD_AS_SPAM":
            return "EOI_PENDING"
        if self.decided and self.undo_open(now):
            return str(self.decided["before"])
        return self.state

    @property
    def mail_to(self) -> str:
        """Where the applicant is written to."""
        if self.address:
            return self.address
        if self.application is not None:
            return str(self.application["applicant_email"])
        return self.email

    def undo_open(self, now: datetime) -> bool:
        """Whether a decision stands that its decider can still take back."""
        until = self.decided["undo_until"] if self.decided else None
        return until is not None and stamp(now) < until

    @property
    def key(self) -> tuple[str, str]:
        return case_key(self.id)

    @classmethod
    def of(cls, item: Item) -> "Case":
        names = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in item.items() if k in names})

    def item(self) -> Item:
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        pk, sk = self.key
        return {"pk": pk, "sk": sk, "kind": "case", **indexed(self.state, self.cycle), **values}


def indexed(state: str, cycle: str) -> Item:
    """The case's place in the index of states: split by cycle, so that it stays small."""
    return {"state_key": f"{state}#{cycle}"}


def case_key(case: str) -> tuple[str, str]:
    return f"CASE#{case}", "CASE"


def review_letter(state: str) -> str:
    """The letter that brings staff to a file: to decide, or just to see it."""
    if state == "ORPHAN_APP":
        return "staff_orphan_received"
    if state in ("APP_PENDING", "APP_WAITLISTED", "APP_CONDITIONAL"):
        return "staff_application_received"
    return "staff_eoi_received" if state == "EOI_PENDING" else "staff_case_link"


def stamp(moment: datetime) -> str:
    """UTC to the millisecond, in an order that sorts: `2026-11-23T18:04:05.123Z`."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def event(  # noqa: PLR0913
    pk: str, number: int, before: str, *, name: str, actor: str, at: str, data: dict[str, Any]
) -> Item:
    """An audit event, chained: its hash covers itself and the hash of the one before.

    What was said is covered by a salted digest, so that it can be erased after its time and
    the chain still holds; nobody finds it again by guessing.
    """
    salt = secrets.token_hex(16)
    item = {
        "pk": pk,
        "sk": f"EVENT#{number:06d}",
        "kind": "event",
        "event": name,
        "actor": actor,
        "at": at,
        "number": number,
        "data": data,
        "salt": salt,
        "digest": digested(data, salt),
        "before": before,
    }
    return {**item, "hash": chained(item, before)}


_CHAINED: Final = ("event", "actor", "at", "number", "digest")


def chained(item: Item, before: str) -> str:
    """The hash of an event after another one."""
    text = _canonical({name: item.get(name) for name in _CHAINED})
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def digested(data: dict[str, Any], salt: str) -> str:
    return hashlib.sha256(f"{salt}\n{_canonical(data)}".encode()).hexdigest()


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def letter(  # noqa: PLR0913
    pk: str,
    since: int | str,
    name: str,
    *,
    to: str,
    due: str,
    facts: dict[str, Any] | None = None,
    by_day: bool = False,
) -> Item:
    """A letter owed since an event or a step of a clock: at most one of a name to a person.

    One that leaves `by_day` keeps to the programme's hours, whenever it is tried.
    """
    since = f"{since:06d}" if isinstance(since, int) else since
    return {
        "pk": pk,
        "sk": f"LETTER#{since}#{name}#{to}",
        "kind": "letter",
        "letter": name,
        "to": to,
        "status": "owed",
        "attempts": 0,
        "due_shard": shard_of(pk),
        "due_at": due,
        "facts": facts or {},
        "by_day": by_day or None,
    }


def note(  # noqa: PLR0913
    pk: str, by: str, event: str, why: str, now: datetime, *, state: str | None = None
) -> Item:
    """An attempt that changed nothing: kept beside the chain and not in it."""
    return {
        "pk": pk,
        "sk": f"ATTEMPT#{stamp(now)}#{secrets.token_hex(4)}",
        "kind": "attempt",
        "by": by,
        "why": why,
        "decision": event[:20],
        "state": state,
        "at": stamp(now),
        "expires": int(now.timestamp()) + ATTEMPT_SECONDS,
    }


def shard_of(pk: str) -> str:
    return str(zlib.crc32(pk.encode()) % DUE_SHARDS)


def tag_of(pk: str, sk: str) -> str:
    """The letter's key as an SES tag, which takes letters, digits, `-` and `_` alone."""
    return f"{pk}#{sk.removeprefix('LETTER#')}".replace("_", "--").replace("#", "_")


def key_of(tag: str) -> tuple[str, str] | None:
    """The key of the letter that a tag names; None for a tag of something else."""
    parts = tag.replace("_", "#").replace("--", "_").split("#", 3)
    if len(parts) < 4:
        return None
    kind, owner, number, rest = parts
    return f"{kind}#{owner}", f"LETTER#{number}#{rest}"


def stream_keys(event: dict[str, Any]) -> list[tuple[str, tuple[str, str]]]:
    """(sequence number, key) of each row that a stream event tells of."""
    return [
        (
            record["dynamodb"]["SequenceNumber"],
            (record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]["Keys"]["sk"]["S"]),
        )
        for record in event["Records"]
    ]

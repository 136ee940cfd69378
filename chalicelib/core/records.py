"""What rows share: time stamps, the shards of what is due, and the keys that a stream tells of."""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

DUE_SHARDS: Final = 4
"""Partitions of the due index: each holds what waits for a quarter of the cases."""

HELD_MESSAGES: Final = "MESSAGE_HELD"
"""The key under which the index of states lists messages to coaches that staff may release."""

WAITING_PROPOSALS: Final = "PROPOSAL_WAITING"
"""The key under which that index lists what coaches propose, until staff decide on it."""

STORE_ATTRIBUTES: Final = frozenset(
    {"pk", "sk", "kind", "due_at", "due_shard", "state_key", "audience", "expires", "cid"}
)
"""Attributes that keys and indexes of the table need, and nobody who reads what is kept of them."""


def stamp(moment: datetime) -> str:
    """Write a moment in UTC to the millisecond, in an order that sorts: `2026-11-23T18:04:05.123Z`."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def is_over(row: Mapping[str, Any], now: datetime) -> bool:
    """Say whether a row has come to its own end: the table removes it some days later, and until
    then it counts as gone. A row without an end never is."""
    return "expires" in row and bool(int(row["expires"]) <= now.timestamp())


def shard_of(pk: str) -> str:
    return str(zlib.crc32(pk.encode()) % DUE_SHARDS)


def stream_keys(event: dict[str, Any]) -> list[tuple[str, tuple[str, str]]]:
    """Return (sequence number, key) of each row that a stream event tells of."""
    return [
        (
            record["dynamodb"]["SequenceNumber"],
            (record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]["Keys"]["sk"]["S"]),
        )
        for record in event["Records"]
    ]

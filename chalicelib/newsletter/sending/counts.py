"""Adds how far a shard is to the counts of its issue: exact, however often it is done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Item, Store, Write
from chalicelib.newsletter.issue_counts import Readership, count
from chalicelib.newsletter.sending.keys import shard_key, shard_row_key
from chalicelib.newsletter.sending.ledger import Batch

SHARD_DONE: Final = "done"
SHARD_OPEN: Final = "open"
"""Whether a shard has more to do: the `status` of its row."""

COUNT_ATTEMPTS: Final = 5

Counts = dict[str, dict[str, int]]
"""Name of a readership → name of a count → number."""


def read(store: Store, issue: str, shard: str) -> list[tuple[Batch, Item]]:
    """Return the batches of a shard, in order, each with the row of what SES reported of it."""
    rows = store.rows(shard_key(issue, shard))
    seen = {row["sk"].partition("#")[2]: row for row in rows if row["sk"].startswith("SEEN#")}
    return [
        (Batch.of(row), seen.get(row["sk"].partition("#")[2], {}))
        for row in rows
        if row["sk"].startswith("BATCH#")
    ]


def update(store: Store, issue: str, shard: str, now: datetime) -> datetime | None:
    """Bring the counts of the issue up to those of the shard, in one transaction with the note
    of what was added; return when the shard has more to do, None when it is done."""
    key = shard_row_key(issue, shard)
    for _ in range(COUNT_ATTEMPTS):
        row = store.get(*key) or {}
        batches = [batch for batch, _ in read(store, issue, shard)]
        counts = summed(batches)
        times = [at for batch in batches if (at := batch.next_at(now)) is not None]
        at = min(times, default=None)
        status = SHARD_DONE if at is None else SHARD_OPEN
        if row.get("counts") == counts and row.get("status") == status:
            return at
        change = Change(
            key,
            expect={"told": row.get("told")} if "told" in row else {},
            absent=() if "told" in row else ("told",),
            set={"told": row.get("told", 0) + 1, "counts": counts, "status": status},
        )
        try:
            store.commit([change, *_added(issue, shard, row.get("counts") or {}, counts)])
        except Conflict:
            continue
        return at
    return now


def summed(batches: list[Batch]) -> Counts:
    found: Counts = {}
    for batch in batches:
        sums = found.setdefault(batch.readers.name, {})
        for name, number in batch.counts().items():
            sums[name] = sums.get(name, 0) + number
    return found


def _added(
    issue: str, shard: str, before: Mapping[str, Mapping[str, int]], after: Counts
) -> list[Write]:
    changes: list[Write] = []
    for name, numbers in after.items():
        known = before.get(name) or {}
        more = {n: v - known.get(n, 0) for n, v in numbers.items() if v != known.get(n, 0)}
        if more:
            changes.append(count(issue, Readership.of(name), shard, more))
    return changes

"""Counts an issue in each language, in rows that many workers add to."""

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Change, Item, Put, Store

COUNTED: Final = (
    "queued", "sent", "skipped", "failed", "unknown",
    "delivered", "soft", "bounced", "complained", "rejected",
    "left_header", "left_page", "left_mailto",
)  # fmt: skip
"""What is counted of an issue, in each language."""

COUNTER_SHARDS: Final = 8
"""Rows that a language's counts are spread over: no row takes the writes of all workers."""


def count(issue: str, lang: str, spread: str, numbers: Mapping[str, int]) -> Change:
    """Return the write that adds to the counts of a language; `spread` (a shard, a person)
    chooses the row."""
    assert set(numbers) <= set(COUNTED)
    row = zlib.crc32(spread.encode()) % COUNTER_SHARDS
    return Change((f"ISSUE#{issue}", f"COUNTS#{lang}#{row}"), add=numbers)


LEFT_RETENTION: Final = timedelta(days=3 * 365 + 1)
"""How long it is kept who left by an issue: as long as the ledger, which names the same people."""


def left_row(issue: str, person: str, now: datetime) -> Put:
    """Return the write that notes, once, that a reader left by an issue."""
    expires = int((now + LEFT_RETENTION).timestamp())
    row = {"pk": f"ISSUE#{issue}", "sk": f"LEFT#{person}", "kind": "left", "expires": expires}
    return Put(row)


def counted(store: Store, issue: str) -> dict[str, dict[str, int]]:
    """Return language → name of COUNTED → number, as far as all has been counted."""
    return summed(store.rows(f"ISSUE#{issue}", "COUNTS#"))


def summed(rows: Iterable[Item]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {lang: dict.fromkeys(COUNTED, 0) for lang in LANGS}
    for row in rows:
        of_lang = sums[row["sk"].split("#")[1]]
        for name in COUNTED:
            of_lang[name] += row.get(name, 0)
    return sums


def shown(of_lang: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of a language as people read them: what is queued is handed over, skipped,
    failed, unknown, or `waiting`, at every moment."""
    dealt_with = sum(of_lang[name] for name in ("sent", "skipped", "failed", "unknown"))
    return {**of_lang, "waiting": max(0, of_lang["queued"] - dealt_with)}

"""Counts an issue by language and topics, in rows that many workers add to."""

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Change, Item, Put, Store

COUNTED: Final = (
    "queued", "sent", "skipped", "failed", "unknown",
    "delivered", "soft", "bounced", "complained", "rejected",
    "left_header", "left_page", "left_mailto",
)  # fmt: skip
"""What is counted of an issue, of each readership."""

COUNTER_SHARDS: Final = 8
"""Rows that a readership's counts are spread over: no row takes the writes of all workers."""


class Readership(NamedTuple):
    """Readers whom an issue counts together: they get it in one language and follow the same of its
    topics, as its audience was frozen. Each reader is in one, so that all of them add up."""

    lang: str
    topics: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "#".join((self.lang, *self.topics))

    @classmethod
    def of(cls, name: str) -> "Readership":
        lang, *topics = name.split("#")
        return cls(lang, tuple(topics))


Figures = Mapping[Readership, Mapping[str, int]]
"""Readership → name of COUNTED → number."""

LangCounts = dict[str, dict[str, int]]
"""Language → name of COUNTED → number."""


def count(issue: str, readers: Readership, spread: str, numbers: Mapping[str, int]) -> Change:
    """Return the write that adds to the counts of a readership; `spread` (a shard, a person)
    chooses the row."""
    assert set(numbers) <= set(COUNTED)
    row = zlib.crc32(spread.encode()) % COUNTER_SHARDS
    sk = "#".join(("COUNTS", readers.lang, str(row), *readers.topics))
    return Change((f"ISSUE#{issue}", sk), add=numbers)


LEFT_RETENTION: Final = timedelta(days=3 * 365 + 1)
"""How long it is kept who left by an issue: as long as the ledger, which names the same people."""


def left_row(issue: str, person: str, now: datetime) -> Put:
    """Return the write that notes, once, that a reader left by an issue."""
    expires = int((now + LEFT_RETENTION).timestamp())
    row = {"pk": f"ISSUE#{issue}", "sk": f"LEFT#{person}", "kind": "left", "expires": expires}
    return Put(row)


def counted(store: Store, issue: str) -> LangCounts:
    """Return the counts of each language, as far as all has been counted."""
    return by_language(figures(store, issue))


def figures(store: Store, issue: str) -> Figures:
    """Return the counts of each readership, as far as all has been counted."""
    return summed(store.rows(f"ISSUE#{issue}", "COUNTS#"))


def summed(rows: Iterable[Item]) -> Figures:
    sums: dict[Readership, dict[str, int]] = {}
    for row in rows:
        _, lang, _, *topics = row["sk"].split("#")
        _add(sums.setdefault(Readership(lang, tuple(topics)), dict.fromkeys(COUNTED, 0)), row)
    return sums


def by_language(found: Figures) -> LangCounts:
    sums: LangCounts = {lang: dict.fromkeys(COUNTED, 0) for lang in LANGS}
    for readers, numbers in found.items():
        _add(sums[readers.lang], numbers)
    return sums


def by_topic(found: Figures) -> dict[str, LangCounts]:
    """Return the counts of each topic, by language: who follows two of them is in both."""
    topics = sorted({topic for readers in found for topic in readers.topics})
    return {
        topic: by_language({readers: n for readers, n in found.items() if topic in readers.topics})
        for topic in topics
    }


def _add(sums: dict[str, int], numbers: Mapping[str, int]) -> None:
    for name in COUNTED:
        sums[name] += numbers.get(name, 0)


def shown(of_lang: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of a language as people read them: what is queued is handed over, skipped,
    failed, unknown, or `waiting`, at every moment."""
    dealt_with = sum(of_lang[name] for name in ("sent", "skipped", "failed", "unknown"))
    return {**of_lang, "waiting": max(0, of_lang["queued"] - dealt_with)}

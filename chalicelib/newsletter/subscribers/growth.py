"""How the newsletter grows: who came and who left in each month, and whose mail came back or was
called spam, counted with the change itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from chalicelib.cases.figures import FIGURE_ROW, FIGURES, NEWS
from chalicelib.core import eastern_time
from chalicelib.core.counts import Counts, count_writes
from chalicelib.core.ports import Item, Key, Write
from chalicelib.core.records import moment, shard_of
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.subscriber import BOUNCED, COMPLAINED, PENDING, Subscriber


class ReadersByParts(Protocol):
    def subscribers(self, after: str) -> tuple[list[Item], str]:
        """Return some subscribers, and what the next ones come after; blank at the end."""


def months_of(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a profile adds to the growth: `came` and `left`, each with its month."""
    if row.get("confirmed_at") and row["status"] != PENDING:
        yield "came", _month(row["confirmed_at"])
    if row.get("left_at"):
        yield "left", _month(row["left_at"])


def faults_of(row: Item) -> Iterator[tuple[str, str]]:
    """Yield how mail ended the subscription of a profile, if it did: `bounced` or `complained`,
    with its month."""
    if row.get("left_at"):
        month = _month(row["left_at"])
        if row["status"] == BOUNCED:
            yield "bounced", month
        if row["status"] == COMPLAINED or row.get("complained"):
            yield "complained", month


def _month(at: str) -> str:
    return eastern_time.month(moment(at))


def counted_writes(old: Subscriber | None, new: Subscriber) -> list[Write]:
    """Return the write that turns one into the other, and what it changes of the growth."""
    before = None if old is None else old.item()
    return [subscriber.write(old, new), *growth_writes(before, new.item())]


def growth_writes(before: Item | None, after: Item | None) -> list[Write]:
    """Return what a change of a profile adds to the growth, and takes from it; None: no profile."""
    return count_writes(FIGURE_ROW, growth_of(before), growth_of(after))


def growth_of(row: Item | None) -> Counts:
    """Return what one profile adds to the figures, by row and attribute."""
    found: dict[Key, dict[str, int]] = {}
    if row is None:
        return found
    for what, month in (*months_of(row), *faults_of(row)):
        counts = found.setdefault((FIGURES, f"{month}#{NEWS}#{shard_of(row['pk'])}"), {})
        for group in ("a", f"l_{row.get('lang') or 'fr'}"):
            counts[f"{group}__{what}"] = 1
    return found


def growth_of_all(store: ReadersByParts) -> Iterator[Counts]:
    """Yield what each profile there is adds to the figures."""
    after = ""
    while True:
        rows, after = store.subscribers(after)
        yield from (growth_of(row) for row in rows)
        if not after:
            return

"""The figures of the programme, as its counts say them: how far files came, and how long it took."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from chalicelib.cases.figures import (
    ENDS,
    FIGURES,
    REACH,
    REASON,
    SPANS,
    Dimension,
    Figure,
    Span,
    figures,
)
from chalicelib.cases.turnaround import Turnaround, reached
from chalicelib.core.ports import Store, Stretch

MAX_FIGURE_ROWS: Final = 5_000
"""Rows of counts that one look reads: of three years, every kind and shard."""


class Group(NamedTuple):
    """Whose files: all, or those of one language (`l`), province (`p`) or stream (`s`), or those
    that were declined for one reason (`r`)."""

    dimension: Dimension = "a"
    value: str = ""


ALL_FILES: Final = Group()


class FigureTable:
    """The counts of some months, added up."""

    def __init__(self, found: Iterable[Figure]) -> None:
        self._facts: dict[tuple[Group, str], dict[str, Counter[str]]] = {}
        groups: dict[tuple[Dimension, str], Group] = {}
        for fact, dimension, value, number in found:
            group = groups.setdefault((dimension, value), Group(dimension, value))
            by_month = self._facts.setdefault((group, fact.kind), {})
            by_month.setdefault(fact.month, Counter())[fact.what] += number

    def number(self, kind: str, what: str, group: Group = ALL_FILES, month: str = "") -> int:
        """Return how often a fact holds; of all months, where none is named."""
        return sum(facts[what] for facts in self._of(kind, group, month))

    def stage(self, span: Span, group: Group = ALL_FILES, month: str = "") -> Turnaround | None:
        """Return how long a stage took; None where no file went through it."""
        days: Counter[int] = Counter()
        for facts in self._of(span, group, month):
            for what, files in facts.items():
                days[int(what[1:])] += files
        total = sum(days.values())
        if total <= 0:
            return None
        found = {length: files for length, files in days.items() if files}
        return Turnaround(reached(found, total, 0.5), reached(found, total, 0.9), total)

    def values(self, dimension: Dimension) -> list[str]:
        """Return the values of a dimension that any file has, those with most files first."""
        found: Counter[str] = Counter()
        for (group, kind), by_month in self._facts.items():
            if group.dimension == dimension and kind in (REACH, ENDS):
                found[group.value] += sum(sum(facts.values()) for facts in by_month.values())
        return [value for value, number in found.most_common() if number > 0]

    def whats(self, kind: str, group: Group = ALL_FILES) -> list[tuple[str, int]]:
        """Return what is counted under a kind, the most first."""
        found: Counter[str] = Counter()
        for facts in self._of(kind, group, ""):
            found.update(facts)
        pairs = [pair for pair in found.items() if pair[1] > 0]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def _of(self, kind: str, group: Group, month: str) -> list[Counter[str]]:
        by_month = self._facts.get((group, kind), {})
        if not month:
            return list(by_month.values())
        return [by_month[month]] if month in by_month else []


@dataclass(frozen=True)
class Figures:
    store: Store

    def table(self, first: str, last: str, group: Group = ALL_FILES) -> tuple[FigureTable, bool]:
        """Return the figures from one month to another (`2026-03`), both with them, and whether
        all of them could be read: of one group of files; or of all, of each group how far they
        came and how long their declarations waited, and of each reason how long each stage took."""
        stretch = Stretch(low=first, high=f"{last}~")
        found = self.store.listing(FIGURES, stretch, (), MAX_FIGURE_ROWS)
        own = (f"{group.dimension}_{group.value}__" if group != ALL_FILES else "a__",)
        every = ("a__", "l_", "p_", "s_") if group == ALL_FILES else own

        def starts(kind: str) -> tuple[str, ...]:
            found = every if kind in (REACH, ENDS, "declaration") else own
            is_asked = kind in SPANS and group == ALL_FILES
            return (*found, f"{REASON}_") if is_asked else found

        return FigureTable(figures(found.rows, starts)), found.is_whole


def months(first: str, last: str) -> list[str]:
    """Return the months from one to another, both with them."""
    year, month = (int(part) for part in first.split("-"))
    found: list[str] = []
    while f"{year:04}-{month:02}" <= last:
        found.append(f"{year:04}-{month:02}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def months_back(today: date, number: int) -> Sequence[str]:
    """Return this month and those before it, the newest first."""
    count = today.year * 12 + today.month - 1
    return [f"{one // 12:04}-{one % 12 + 1:02}" for one in range(count, count - number, -1)]

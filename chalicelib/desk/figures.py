"""The figures of the programme, as its counts say them: how far files came, and how long it took."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from chalicelib.cases.figures import FIGURES, Dimension, Fact, Figure, Span, figures
from chalicelib.cases.turnaround import reached
from chalicelib.core.ports import Store, Stretch

MAX_FIGURE_ROWS: Final = 5_000
"""Rows of counts that one look reads: of three years, every kind and shard."""


class Group(NamedTuple):
    """Whose files: all, or those of one language (`l`), province (`p`) or stream (`s`)."""

    dimension: Dimension = "a"
    value: str = ""


class StageDays(NamedTuple):
    """How many files went through a stage; the days in which half of them did, and nine of ten."""

    files: int
    median: int
    most: int


ALL_FILES: Final = Group()


class FigureTable:
    """The counts of some months, added up."""

    def __init__(self, found: Iterable[Figure]) -> None:
        self._sums: Counter[tuple[Group, str, Fact]] = Counter()
        for fact, dimension, value, number in found:
            group = Group(dimension, value)
            self._sums[group, fact.kind, fact] += number
            self._sums[group, fact.kind, fact._replace(month="")] += number
        self._days: dict[tuple[Group, str, str], dict[int, int]] = {}
        for (group, kind, fact), number in self._sums.items():
            if fact.what[:1] == "d" and fact.what[1:].isdecimal():
                days = self._days.setdefault((group, kind, fact.month), {})
                days[int(fact.what[1:])] = number

    def number(self, kind: str, what: str, group: Group = ALL_FILES, month: str = "") -> int:
        """Return how often a fact holds; of all months, where none is named."""
        return self._sums[group, kind, Fact(month, kind, what)]

    def stage(self, span: Span, group: Group = ALL_FILES, month: str = "") -> StageDays | None:
        """Return how long a stage took; None where no file went through it."""
        days = {n: files for n, files in self._days.get((group, span, month), {}).items() if files}
        total = sum(days.values())
        if total <= 0:
            return None
        return StageDays(total, reached(days, total, 0.5), reached(days, total, 0.9))

    def values(self, dimension: Dimension) -> list[str]:
        """Return the values of a dimension that any file has, those with most files first."""
        found: Counter[str] = Counter()
        for (group, _, fact), number in self._sums.items():
            if group.dimension == dimension and fact.month:
                found[group.value] += number
        return [value for value, number in found.most_common() if number > 0]

    def whats(self, kind: str, group: Group = ALL_FILES) -> list[tuple[str, int]]:
        """Return what is counted under a kind, the most first."""
        found = [
            (fact.what, number)
            for (one, of, fact), number in self._sums.items()
            if one == group and of == kind and not fact.month and number > 0
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True)
class Figures:
    store: Store

    def table(self, first: str, last: str) -> tuple[FigureTable, bool]:
        """Return the figures from one month to another (`2026-03`), both with them, and whether
        all of them could be read."""
        stretch = Stretch(low=first, high=f"{last}~")
        found = self.store.listing(FIGURES, stretch, (), MAX_FIGURE_ROWS)
        return FigureTable(figures(found.rows)), found.is_whole


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

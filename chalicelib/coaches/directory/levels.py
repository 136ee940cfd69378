"""Coaches by how well they match: one term's levels, those of all terms, or of the most of them."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Final

Levels = dict[int, int]
"""For each cost, the bit mask of the coaches found at it and at none below."""

KIND_COST: Final = 64
"""What a kind costs beside a field: over any number of words, the kind decides first."""


class LevelsBuilder:
    """Collects levels from the cheapest on, so that each coach is in one level alone."""

    def __init__(self) -> None:
        self.levels: Levels = {}
        self.seen = 0

    def add(self, cost: int, mask: int) -> None:
        fresh = mask ^ (mask & self.seen)
        if fresh:
            self.levels[cost] = self.levels.get(cost, 0) | fresh
            self.seen |= fresh


def merge(several: Sequence[tuple[int, int]]) -> Levels:
    """Return the coaches who are in any of the levels, at the least cost."""
    found = LevelsBuilder()
    for cost, mask in sorted(several):
        found.add(cost, mask)
    return found.levels


def intersect(several: Sequence[Levels]) -> Levels:
    """Return the coaches who are in all of them, at the sum of their costs."""
    total, *others = several
    for levels in others:
        together: Levels = {}
        for cost, mask in total.items():
            for more, other in levels.items():
                hit = mask & other
                if hit:
                    together[cost + more] = together.get(cost + more, 0) | hit
        total = together
    return total


def intersect_pieces(several: Sequence[Levels]) -> Levels:
    """Return who has all pieces of one word, found in the way in which the worst of them is."""
    total, *others = several
    for levels in others:
        pairs = [
            (max(a - a % KIND_COST, b - b % KIND_COST) + a % KIND_COST + b % KIND_COST, one & two)
            for a, one in total.items()
            for b, two in levels.items()
        ]
        total = merge([(cost, mask) for cost, mask in pairs if mask])
    return total


def all_found(levels: Levels) -> int:
    return reduce(or_, levels.values(), 0)


def most(several: Sequence[Levels], rarest_of: int) -> list[int]:
    """Return the numbers of those that have the most coaches' words in common.

    Words that are found surely count for more than those begun or misspelt, and of equally many
    words those that fewer of `rarest_of` coaches have.
    """
    masks = [all_found(levels) for levels in several]
    worth = [_worth(levels) for levels in several]
    order = sorted((n for n, mask in enumerate(masks) if mask), key=lambda n: -worth[n])
    best: tuple[int, int, list[int]] = (0, 0, [])

    def grow(at: int, mask: int, chosen: list[int], value: int, left: int) -> None:
        nonlocal best
        rare = rarest_of - mask.bit_count()
        if chosen and (value, rare) > best[:2]:
            best = (value, rare, chosen)
        if at == len(order) or value + left < best[0]:
            return
        number = order[at]
        left -= worth[number]
        if both := mask & masks[number] if chosen else masks[number]:
            grow(at + 1, both, [*chosen, number], value + worth[number], left)
        grow(at + 1, mask, chosen, value, left)

    grow(0, 0, [], 0, sum(worth[number] for number in order))
    return sorted(best[2])


def _worth(levels: Levels) -> int:
    """Return how much a term counts: found in a name or a specialty, in a text, or guessed."""
    least = min(levels, default=0)
    if least >= 2 * KIND_COST:
        return 5
    return 7 if least % KIND_COST in (2, 8, 9, 10) else 8

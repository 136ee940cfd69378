"""Rows that count: what a step adds to them, and one write of each in a transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence

from chalicelib.core.ports import Change, Key, Write

Counts = Mapping[Key, Mapping[str, int]]
"""What is counted, by row and attribute."""


def count_writes(row: Mapping[str, object], before: Counts, after: Counts) -> list[Write]:
    """Return the writes, of rows with these values, that turn the counts of one state of a thing
    into those of the next."""
    changed = {key: Counter(values) for key, values in after.items()}
    for key, values in before.items():
        changed.setdefault(key, Counter()).subtract(values)
    return [
        Change(key, set=row, add=steps)
        for key, values in changed.items()
        if (steps := {name: step for name, step in values.items() if step})
    ]


def merged_counts(writes: Sequence[Write]) -> list[Write]:
    """Join writes that only count in the same row, each at the place of the first.

    Two steps of one transaction may count in one row, as when somebody moves to another address;
    a transaction that writes a row twice is refused whole.
    """
    found: list[Write] = []
    places: dict[Key, int] = {}
    for write in writes:
        place = places.setdefault(write.key, len(found))
        if place == len(found):
            found.append(write)
            continue
        there = found[place]
        if _only_counts(there) and _only_counts(write):
            assert isinstance(there, Change)
            assert isinstance(write, Change)
            add = Counter(there.add)
            add.update(write.add)
            steps = {name: step for name, step in add.items() if step}
            found[place] = Change(there.key, set={**there.set, **write.set}, add=steps)
        else:
            found.append(write)
    return found


def _only_counts(write: Write) -> bool:
    return isinstance(write, Change) and write == Change(write.key, set=write.set, add=write.add)

"""Counts of one transaction in the same row, as the one write of it that DynamoDB takes."""

from collections import Counter
from collections.abc import Sequence

from chalicelib.core.ports import Change, Write


def merged_counts(writes: Sequence[Write]) -> list[Write]:
    """Join writes that only count in the same row, each at the place of the first.

    Two steps of one transaction may count in one row, as when somebody moves to another address;
    a transaction that writes a row twice is refused whole.
    """
    found: list[Write] = []
    places: dict[tuple[str, str], int] = {}
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

"""A name that nobody has yet."""

from collections.abc import Container
from itertools import count


def free_name(wanted: str, taken: Container[str], mark: str = "-") -> str:
    """Return the name that is wanted or, of those with a number behind it from 2 on, the first one
    that is free: `ada`, `ada-2`, `ada-3`."""
    if wanted not in taken:
        return wanted
    numbered = (f"{wanted}{mark}{number}" for number in count(2))
    return next(name for name in numbered if name not in taken)

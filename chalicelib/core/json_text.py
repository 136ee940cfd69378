"""JSON as text without spaces: to store and to answer with, and in the one order to hash."""

from json import JSONEncoder

_COMPACT = JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_CANONICAL = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def compact(value: object) -> str:
    """Return a value as JSON, its keys in their own order."""
    return _COMPACT.encode(value)


def canonical(value: object) -> str:
    """Return a value as JSON with sorted keys: the same text for the same value."""
    return _CANONICAL.encode(value)

"""The knobs of the programme, turned for a test."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper, cache
from typing import Any

from chalicelib import content


@contextmanager
def turned(*path: str, to: object) -> Iterator[None]:
    """Turn one knob of programme.json, named by its keys; all that was read by it is read anew."""
    *keys, last = path
    place: Any = content.programme()
    for key in keys:
        place = place[key]
    before = place[last]
    place[last] = to
    _read_anew()
    try:
        yield
    finally:
        place[last] = before
        _read_anew()


def _read_anew() -> None:
    loaded = sum(name.startswith("chalicelib") for name in sys.modules)
    for found in _caches(loaded):
        found.cache_clear()


@cache
def _caches(loaded: int) -> list["_lru_cache_wrapper[Any]"]:
    """Return what remembers anything in the modules that are loaded, as many as `loaded`: looking
    for it takes as long as a test."""
    gc.unfreeze()  # What the tests froze is not among the objects, and most caches are.
    found_now = gc.get_objects()
    gc.freeze()
    return [
        found
        for found in found_now
        if isinstance(found, _lru_cache_wrapper)
        and found is not content.programme
        and (getattr(found, "__module__", "") or "").startswith("chalicelib")
    ]

"""The knobs of the programme, turned for a test."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
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
    gc.unfreeze()  # What the tests froze is not among the objects, and most caches are.
    found_now = gc.get_objects()
    gc.freeze()
    for found in found_now:
        if isinstance(found, _lru_cache_wrapper) and found is not content.programme:
            module = getattr(found, "__module__", "") or ""
            if module.startswith("chalicelib"):
                found.cache_clear()

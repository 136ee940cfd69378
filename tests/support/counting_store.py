"""A store that counts how often it is asked."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from clock_steps import QuickStore


class Counting:
    """A store whose calls are counted by name, and the rows that they bring too."""

    def __init__(self, store: QuickStore, calls: Counter[str]) -> None:
        self._store = store
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*given: Any, **named: Any) -> Any:
            self._calls[name] += 1
            found = method(*given, **named)
            return self._drawn(name, found) if isinstance(found, Iterator | list) else found

        return call if callable(method) else method

    def _drawn(self, name: str, found: Any) -> Any:
        if isinstance(found, list):
            self._calls[f"{name} rows"] += len(found)
            return found
        return self._each(name, found)

    def _each(self, name: str, found: Iterator[Any]) -> Iterator[Any]:
        for row in found:
            self._calls[f"{name} rows"] += 1
            yield row

"""Counts the work of a request: the same on every machine, however busy it is.

One unit is about what Python does in one call. What C does in one call is counted by what it is
given: marks that are put in order cost the square of their number in a row, and a pattern that
may go back over its text costs a share of the square of its length.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from re import _constants, _parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

import pytest

CHARACTERS_A_UNIT = 20
"""Characters that C copies, compares or looks up in the time of one call."""

_UNBOUNDED = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


@dataclass
class Work:
    calls: int = 0
    characters: int = 0

    @property
    def units(self) -> int:
        return self.calls + self.characters // CHARACTERS_A_UNIT


class CountedPattern:
    """A compiled pattern that notes how much text it is given."""

    def __init__(self, pattern: "re.Pattern[Any]", work: Work) -> None:
        self._pattern = pattern
        self._work = work
        self._again = unbounded_repeats(pattern) > 1

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._pattern, name)
        if not callable(method):
            return method

        def counted(*given: Any, **named: Any) -> Any:
            text = given[1] if name in ("sub", "subn") else given[0]
            self._work.characters += len(text) + (len(text) ** 2 if self._again else 0)
            return method(*given, **named)

        return counted


def unbounded_repeats(pattern: "re.Pattern[Any]") -> int:
    """Return how many parts of a pattern may repeat without a limit."""
    return _unbounded(_parser.parse(pattern.pattern, pattern.flags & re.ASCII))


def _unbounded(parsed: Any) -> int:
    found = 0
    for operation, argument in parsed:
        if operation in _UNBOUNDED:
            low_high, inner = argument[:2], argument[2]
            found += (low_high[1] == _constants.MAXREPEAT) + _unbounded(inner)
        elif operation is _constants.SUBPATTERN:
            found += _unbounded(argument[3])
        elif operation is _constants.BRANCH:
            found += max(_unbounded(branch) for branch in argument[1])
    return found


def normalising(text: str) -> int:
    """Return the characters that it costs to normalise a text."""
    if text.isascii():
        return 0
    cost = 5 * len(text)
    row = 0
    for character in f"{text}.":
        if unicodedata.combining(character):
            row += 1
        elif row:
            cost += row**2
            row = 0
    return cost


@contextmanager
def counted() -> Iterator[Callable[[Callable[[], Any]], Work]]:
    """Give a function that runs another one and returns the work that it did."""
    work = Work()

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if event in ("call", "c_call"):
            work.calls += 1

    def run(done: Callable[[], Any]) -> Work:
        work.calls = work.characters = 0
        sys.setprofile(profile)
        try:
            done()
        finally:
            sys.setprofile(None)
        return Work(work.calls, work.characters)

    with pytest.MonkeyPatch.context() as patch:
        _watch_normalisation(patch, work)
        for name, module in list(sys.modules.items()):
            if name.startswith("chalicelib."):
                for attribute, value in list(vars(module).items()):
                    # Another count may be on its way around this one.
                    value = value._pattern if isinstance(value, CountedPattern) else value
                    if isinstance(value, re.Pattern):
                        patch.setattr(module, attribute, CountedPattern(value, work))
        yield run


def _watch_normalisation(patch: pytest.MonkeyPatch, work: Work) -> None:
    plain = unicodedata.normalize

    def normalize(form: Any, text: str) -> str:
        profile = sys.getprofile()
        sys.setprofile(None)
        cost = normalising(text)
        work.characters += cost
        # A text that would take minutes is not normalised to find that out.
        done = text if cost > 50_000_000 else plain(form, text)
        sys.setprofile(profile)
        return done

    patch.setattr(unicodedata, "normalize", normalize)

"""A slip in the content: where it is, what is wrong, and how it is put right."""

import difflib
import json
from bisect import bisect
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]

NAME_AND_VALUE: Final = 2

Place = tuple[str | int, ...]
"""Keys and numbers that lead to a value of a JSON file."""

Contents = Mapping[str, Any]
"""What stands in each content file, by its name without `.json`."""


class Slip(NamedTuple):
    """`file` is the name of a content file without `.json`; of a template, its path and `line`."""

    file: str
    place: Place
    what: str
    mend: str
    line: int = 0


@dataclass(frozen=True)
class JsonSource:
    """One JSON file, as it is written."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def lines(self) -> dict[Place, int]:
        """The line that each value begins on."""
        try:
            return dict(_places(self.text))
        except (ValueError, IndexError):
            return {}

    @cached_property
    def twice(self) -> list[tuple[Place, int]]:
        """The names that an object has twice, each with the line of the second."""
        found: dict[Place, list[int]] = {}
        for place, line in _places(self.text):
            found.setdefault(place, []).append(line)
        # A name is met where it stands, and where its value begins.
        return [(place, lines[2]) for place, lines in found.items() if len(lines) > NAME_AND_VALUE]

    def line(self, place: Place) -> tuple[int, int]:
        """Return how much of the place is in the file, and the line of that."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return length, self.lines[place[:length]]
        return 0, 1


def message(slip: Slip, sources: Collection[JsonSource]) -> str:
    """Return the slip as one line: file:line, place, what is wrong, how to mend it."""
    if slip.line:
        return f"{slip.file}:{slip.line}: {slip.what}. {slip.mend}"
    if not sources:
        return f"{slip.file}.json:1: {slip.what}. {slip.mend}"
    source, (_, line) = max(
        ((source, source.line(slip.place)) for source in sources),
        # A programme's own file has its way.
        key=lambda found: (found[1][0], "programmes" in found[0].path.parts),
    )
    where = ".".join(map(str, slip.place))
    return f"{shown(source.path)}:{line}: {where and where + ': '}{slip.what}. {slip.mend}"


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def unknown(
    file: str, place: Place, names: Iterable[str], known: Collection[str], what: str
) -> Iterator[Slip]:
    """Yield a slip for each of the names that is not known."""
    for name in names:
        if name not in known:
            yield Slip(file, place, f"no such {what}: {name}", instead(name, known))


def one_for_each(
    file: str, place: Place, found: Collection[str], wanted: Collection[str]
) -> Iterator[Slip]:
    """Yield a slip for each name that is missing, or that nothing asks for."""
    for name in wanted:
        if name not in found:
            yield Slip(file, place, f"without {name}", f"Add “{name}” here, like its neighbours.")
    for name in found:
        if name not in wanted:
            mend = f"Remove it, or correct its name: {instead(name, wanted)}"
            yield Slip(file, (*place, name), f"{name} is of no use", mend)


def instead(name: str, known: Collection[str]) -> str:
    """Return what was probably meant."""
    close = difflib.get_close_matches(name, list(known), 1)
    if close:
        return f"Did you mean “{close[0]}”?"
    some = sorted(known)
    return f"Write one of these: {', '.join(some[:12])}{', …' if len(some) > 12 else ''}."


@cache
def _places(text: str) -> tuple[tuple[Place, int], ...]:
    """Return each place of a JSON text with its line; programmes share most of their files."""
    return tuple(_lines(text))


def _lines(text: str) -> Iterator[tuple[Place, int]]:
    """Yield each place of a JSON text with its line."""
    decoder = json.JSONDecoder()
    ends = [at for at, sign in enumerate(text) if sign == "\n"]
    stack: list[list[Any]] = []
    """For each level: whether it is a list, and the key or number of where it is."""
    at = 0
    while at < len(text):
        sign = text[at]
        place = tuple(level[1] for level in stack)
        line = bisect(ends, at - 1) + 1
        if sign in "{[":
            yield place, line
            stack.append([sign == "[", 0 if sign == "[" else None])
        elif sign in "}]":
            stack.pop()
        elif sign == ",":
            stack[-1][1] = stack[-1][1] + 1 if stack[-1][0] else None
        elif sign == '"' and stack and not stack[-1][0] and stack[-1][1] is None:
            stack[-1][1], at = scanstring(text, at + 1)
            key = str(stack[-1][1])
            yield (*place[:-1], key), line
            continue
        elif sign not in " \t\r\n:":
            yield place, line
            _, at = decoder.raw_decode(text, at)
            continue
        at += 1

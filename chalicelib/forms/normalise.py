"""What people typed, before it is judged: HTML names nested, text made tidy."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from chalicelib.core.typed_text import without_hidden

ROWS_LIMIT: Final = 100
"""Rows of one list that are looked at; every form allows fewer."""

TEXT_LIMIT: Final = 20_000
"""Characters of a text that no field sets a limit to."""

MAX_MARKS: Final = 30
"""Marks in a row, as in the Stream-Safe Text Format (UAX #15): no language needs as many, and to
order more of them takes time in the square of their number."""

# Marks begin at U+0300. A character holds three at most, so fewer in a row are never too many.
_PERHAPS_MARKS: Final = re.compile("[^\x00-\u02ff]{8}")

NAME_LIMIT: Final = 200
"""Characters of a name that may name a field in a row; ours have under fifty."""

_ROW = re.compile(r"(\w+)\[(\d{1,4})\](?:\.(\w+))?|(\w+)-(\d{1,4})-(\w+)", re.ASCII)


def tidy(value: object, limit: int = TEXT_LIMIT) -> object:
    """Return a text in NFC, trimmed, with LF line ends and nothing that cannot be seen; blank when
    a reader sees nothing of it.

    What is no text stays as it is. So does a text of more than `limit` characters, or with more
    than MAX_MARKS marks in a row: to normalise it may take long, and every check refuses it.
    """
    if not isinstance(value, str) or len(value) > limit:
        return value
    if value.isascii() and value.isprintable():
        return value.strip()
    if not has_sane_marks(value):
        return value
    return without_hidden(unicodedata.normalize("NFC", value))


def has_sane_marks(text: str) -> bool:
    """Return whether at most MAX_MARKS marks follow each other anywhere in the text, decomposed."""
    if not _PERHAPS_MARKS.search(text):
        return True
    marks = {c: _marks(c) for c in set(text)}
    row = 0
    for c in text:
        before, after, whole = marks[c]
        row += before
        if row > MAX_MARKS or after > MAX_MARKS:
            return False
        row = row if whole else after
    return True


def _marks(c: str) -> tuple[int, int, bool]:
    """Return how many marks a character begins and ends with when it is decomposed, and whether
    it is nothing else."""
    if not unicodedata.combining(c) and not unicodedata.decomposition(c):
        return 0, 0, False
    marks = [unicodedata.combining(part) > 0 for part in unicodedata.normalize("NFKD", c)]
    if all(marks):
        return len(marks), 0, True
    return marks.index(False), marks[::-1].index(False), False


class Repeated(list[object]):
    """The values of a name that an HTML form has more than once, in the order of the page."""


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Turn HTML names into nested fields: `team[0].first_name`, `team-0-first_name`, `areas[]`.

    A name that comes again makes a list of its values. Rows keep their order, whatever numbers they
    bear.
    """
    found: dict[str, object] = {}
    for name, value in pairs:
        match = _ROW.fullmatch(name) if len(name) <= NAME_LIMIT else None
        if match is None:
            _add(found, name.removesuffix("[]"), value)
            continue
        key, number, inner = match[1] or match[4], int(match[2] or match[5]), match[3] or match[6]
        rows = found.setdefault(key, {})
        if not isinstance(rows, dict):
            continue
        if inner:
            _add(rows.setdefault(number, {}), inner, value)
        else:
            rows[number] = value
    return {key: _in_order(value) for key, value in found.items()}


def _add(into: object, name: str, value: str) -> None:
    if not isinstance(into, dict):
        return
    if name not in into:
        into[name] = value
    elif isinstance(into[name], list):
        into[name].append(value)
    elif isinstance(into[name], str):
        into[name] = Repeated([into[name], value])


def _in_order(value: object) -> object:
    if not isinstance(value, dict):
        return value
    top = max(value)
    if top < ROWS_LIMIT:
        return [value.get(number) for number in range(top + 1)]
    return [value[number] for number in sorted(value)]

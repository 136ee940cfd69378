"""What people typed, before it is judged: HTML names nested, text made tidy."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

ROWS_LIMIT: Final = 100
"""Rows of one list that are looked at; every form allows fewer."""

_ROW = re.compile(r"(\w+)\[(\d{1,4})\](?:\.(\w+))?|(\w+)-(\d{1,4})-(\w+)", re.ASCII)

# Marks that turn the text around them or cannot be seen: a name must read as it is stored.
_HIDDEN: Final = frozenset("\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_LINE_ENDS: Final = str.maketrans(
    {"\r": "\n", "\u0085": "\n", "\u2028": "\n", "\u2029": "\n", "\t": " "}
)


def tidy(value: Any) -> Any:
    """NFC, trimmed, LF line ends, no control characters. What is no text stays as it is."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable():
        return value.strip()
    text = unicodedata.normalize("NFC", value)
    if not text.isprintable():
        text = text.replace("\r\n", "\n").translate(_LINE_ENDS)
        text = "".join(c for c in text if c.isprintable() or _kept(c))
    return text.strip()


def _kept(c: str) -> bool:
    return c == "\n" or (c not in _HIDDEN and unicodedata.category(c) not in ("Cc", "Cs"))


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """HTML names as nested fields: `team[0].first_name`, `team-0-first_name`, `areas[]`.

    A name that comes again makes a list. Rows keep their order, whatever numbers they bear.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        match = _ROW.fullmatch(name)
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


def _add(into: Any, name: str, value: str) -> None:
    if not isinstance(into, dict):
        return
    if name not in into:
        into[name] = value
    elif isinstance(into[name], list):
        into[name].append(value)
    elif isinstance(into[name], str):
        into[name] = [into[name], value]


def _in_order(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    top = max(value)
    if top < ROWS_LIMIT:
        return [value.get(number) for number in range(top + 1)]
    return [value[number] for number in sorted(value)]

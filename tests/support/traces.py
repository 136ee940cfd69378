"""Looks for somebody in every row, also in what is compressed."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.core.ports import Item


def traces(rows: Iterable[Item], needles: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Return the keys of the rows that hold one of the needles, and which ones."""
    found: dict[tuple[str, str], list[str]] = {}
    parts: dict[str, bytes] = {}
    for row in rows:
        if row.get("kind") == "edition_part":
            of = row["pk"] + row["sk"].partition("#")[0]
            parts[of] = parts.get(of, b"") + bytes(row["data"])
        text = "\n".join(_texts(row)).lower()
        if here := [one for one in needles if one.lower() in text]:
            found[row["pk"], row["sk"]] = here
    for of, data in parts.items():
        text = _opened(data).lower()
        if here := [one for one in needles if one.lower() in text]:
            found[of, ""] = here
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value.hex()
        yield _opened(value)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield str(name)
            yield from _texts(part)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from _texts(part)
    else:
        yield str(value)


def _opened(data: bytes) -> str:
    for way in (gzip.decompress, zlib.decompress):
        try:
            text = way(data).decode()
        except (OSError, zlib.error, EOFError, UnicodeDecodeError):
            continue
        try:  # what JSON escapes is what it means
            return text + json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return text
    return data.decode(errors="replace")

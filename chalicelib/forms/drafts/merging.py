"""Two people change one section: what goes together is joined, what does not is theirs to choose."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from chalicelib.core.json_text import canonical
from chalicelib.forms.drafts.draft import Values, row_names

DIGEST_LENGTH: Final = 8
"""Hex digits that tell one answer from another; a page carries them for each of its fields."""


class Merged(NamedTuple):
    """A section of both, and the fields that each wrote otherwise: they have mine here."""

    values: Values
    disputed: tuple[str, ...]


def digests(values: Mapping[str, object]) -> str:
    """Return what a page carries to say which answers it showed: `. org_city:1a2b3c4d …`; never
    blank, for a page may have shown none."""
    return " ".join((".", *(f"{key}:{_digest(value)}" for key, value in sorted(values.items()))))


def merge(mine: Values, theirs: Values, seen: str) -> Merged:
    """Join what I typed with what they saved meanwhile; `seen` are the digests of the answers
    that I was shown. Without them, all that differs is disputed."""
    shown = _shown(seen)
    merged: Values = {}
    disputed = []
    for key in {**theirs, **mine}:
        here, there = mine.get(key), theirs.get(key)
        base = shown.get(key, _digest(None)) if shown else None
        if here == there or base == _digest(there):
            chosen = here
        elif base == _digest(here):
            chosen = there
        else:
            chosen = here
            disputed.append(key)
        if chosen is not None:
            merged[key] = chosen
    return Merged(merged, tuple(disputed))


def unseen(values: Mapping[str, object], seen: str) -> list[str]:
    """Return the fields whose answers are other ones than the page showed."""
    shown = _shown(seen)
    return [key for key, value in values.items() if shown.get(key) != _digest(value)]


def _shown(seen: str) -> dict[str, str]:
    """Return the digest of each answer that a page showed."""
    return dict(part.partition(":")[::2] for part in seen.split())


def _digest(value: object) -> str:
    text = canonical([value])
    return sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def beside(theirs: Values, form: str, section: str, mine: Values) -> Values:
    """Return their answers without the lists of rows that I leave as they are."""
    lists = row_names(form, section)
    return {key: value for key, value in theirs.items() if key not in lists or key in mine}

"""The layout of a snapshot: what its writer and its readers agree on."""

import json
from collections.abc import Container, Mapping, Sequence
from typing import Final, Literal, TypedDict, cast

from chalicelib.coaches.profile import Profile

FORMAT_VERSION: Final = 1
"""The number of this layout: a reader refuses a snapshot of another one."""

Field = Literal["name", "specialty", "bio"]
FIELDS: Final[tuple[Field, ...]] = ("name", "specialty", "bio")
"""Where a word may be found, the field that counts most first."""

FILTERS: Final = {
    "stream": ("streams", "streams"),
    "province": ("serves", "provinces"),
    "language": ("languages", "languages"),
    "delivery": ("modes", "modes"),
    "availability": ("availability", "availability"),
    "sector": ("sectors", "issue_areas"),
}
"""For each filter, the column it looks at and the list of its values."""

LABEL_NAMES: Final = ("en", "fr", "own", "fr_abbreviation")
"""The names that a value may have; the last two are for searching alone."""

Labels = Mapping[str, Mapping[str, Mapping[str, str]]]
"""For each filter and each of its values, the names of the value by LABEL_NAMES."""

PLACES: Final = ("city", "home")
"""What is filed beside the filters, for the names of places: the city of a coach, folded, and
the province that they live in."""

Posting = str | list[str]
"""The coaches who have a word, as stored: one letter each, or for a common word one number
in hexadecimal, in a list. See `postings`."""


class Meaning(TypedDict):
    """What a name that visitors use stands for, as filters with their values.

    `first` has who is meant, and with `every` those who have all of it; `near` has who serves
    there, or comes nearest, and counts only where nobody else is found.
    """

    first: list[list[str]]
    near: list[list[str]]
    every: bool


def names_any(meaning: Meaning, filters: Container[str]) -> bool:
    """Return whether a meaning stands for a value of any of these filters."""
    return any(name in filters for name, _ in meaning["first"])


class IndexContent(TypedDict):
    """What is found, without who: the first line of a stored snapshot."""

    format: int
    count: int
    words: dict[str, dict[str, Posting]]
    values: dict[str, dict[str, Posting]]
    labels: Labels
    synonyms: dict[str, list[list[str]]]
    noise: dict[str, int]
    everyone: dict[str, int]
    meanings: list[Meaning]
    named: dict[str, int]
    sounds: dict[str, list[str]]


class Index(IndexContent):
    """`words` are by field, `values` by filter; `columns` names what each row holds, in order.

    `synonyms` lists, for a folded word or phrase, the words of each of its other names.
    `noise` has the words to pass over as its keys, `everyone` those that fit every coach. `named`
    tells the number of the meaning that a folded name has, and `sounds` the words of names that
    sound alike.
    """

    version: str
    columns: list[str]


class SnapshotContent(IndexContent):
    rows: list[Profile]


class Snapshot(SnapshotContent):
    """A directory before it is stored; `version` is a digest of all the rest."""

    version: str


def read_profile(columns: Sequence[str], line: bytes) -> Profile:
    """Return one coach from a row of a stored snapshot."""
    values = zip(columns, json.loads(line), strict=True)
    return cast("Profile", {key: value for key, value in values if value is not None})

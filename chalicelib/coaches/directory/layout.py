"""The layout of a snapshot: what its writer and its readers agree on."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypedDict, cast

from chalicelib.coaches.profile import Profile

FORMAT: Final = 1
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

Posting = str | list[str]
"""The coaches who have a word, as stored: one letter each, or for a common word one number
in hexadecimal, in a list. See `postings`."""


class IndexContent(TypedDict):
    """What is found, without who: the first line of a stored snapshot."""

    format: int
    count: int
    words: dict[str, dict[str, Posting]]
    values: dict[str, dict[str, Posting]]
    labels: Labels
    synonyms: dict[str, list[list[str]]]
    noise: dict[str, int]


class Index(IndexContent):
    """`words` are by field, `values` by filter; `columns` names what each row holds, in order.

    `synonyms` lists, for a folded word or phrase, the words of each of its other names.
    `noise` has the words to pass over as its keys.
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

"""How a snapshot is laid out: what its makers and its readers agree on."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

Snapshot = dict[str, Any]
Labels = Mapping[str, Mapping[str, Mapping[str, str]]]

FORMAT: Final = 1
FIELDS: Final = ("name", "specialty", "bio")
"""Where a word may be found, the best place first."""

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
"""What a value may be called; the last two are for searching."""


def read_profile(columns: Sequence[str], line: bytes) -> dict[str, Any]:
    """One coach of a stored snapshot."""
    values = zip(columns, json.loads(line), strict=True)
    return {key: value for key, value in values if value is not None}

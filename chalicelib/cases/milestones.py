"""The milestones of a file, and what it remembers of them for the figures; it names nobody."""

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

Milestone = Literal[
    "held", "received", "proved", "decided", "invited", "applied", "judged", "conditions", "met",
    "funded", "ended",
]  # fmt: skip
"""`decided` is the declaration, `judged` the application; `met` are its conditions."""


class Passed(TypedDict):
    """The local day (ISO) of each milestone of a file; how it ended, and for which reasons; how
    many letters came back, and how many were called spam, by month; and `of` what kind it is."""

    days: dict[Milestone, str]
    of: Mapping[str, str]
    end: NotRequired[str]
    reasons: NotRequired[list[str]]
    bounced: NotRequired[dict[str, int]]
    complained: NotRequired[dict[str, int]]

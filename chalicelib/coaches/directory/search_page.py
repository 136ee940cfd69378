"""A page of results, as a search gives it."""

from typing import Required, TypedDict

from chalicelib.coaches.directory.facets import FacetChoice
from chalicelib.coaches.directory.notes import DidYouMean, LeftOut
from chalicelib.coaches.directory.results import FoundCard
from chalicelib.coaches.directory.suggestions import Help


class Notes(TypedDict, total=False):
    """What a page says beside its results.

    `ignored` has the terms beyond the eighth; `help` comes when nobody was found, `left_out` when
    nobody has all the words, `did_you_mean` when all results rest on another spelling, and
    `restarted` says that this is the first page again, since the directory has changed.
    """

    ignored: list[str]
    help: Help
    left_out: LeftOut
    did_you_mean: list[DidYouMean]
    restarted: str


class SearchPage(Notes):
    """One page of results.

    `version` names the snapshot, `total` counts the results of all pages. `facets` has the
    choices of each filter. `next_cursor` is None on the last page.
    """

    version: Required[str]
    total: Required[int]
    results: Required[list[FoundCard]]
    facets: Required[dict[str, list[FacetChoice]]]
    next_cursor: Required[str | None]

"""The row of a review link: one member of staff, one version of one case."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.cases.case import Case
from chalicelib.core.ports import Item
from chalicelib.core.stored_links import link


def review_link(
    token_hash: str, *, case: Case, recipient: str, allowed: Sequence[str], now: datetime
) -> Item:
    """Return the row of a link to one version of a case: `recipient` may take these events."""
    return link(
        token_hash,
        recipient,
        now,
        case=case.id,
        case_version=case.version,
        case_events=case.events,
        state=case.state,
        allowed=list(allowed),
    )

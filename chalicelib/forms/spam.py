"""What looks like spam: kept for staff to release, answered like any other form."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

SECONDS_AT_LEAST: Final = 3
"""Nobody reads a form and answers it faster."""

LINKS_AT_MOST: Final = 5
"""In all the free text together; website fields do not count."""

_LINK = re.compile(r"https?://|www\.|\[url", re.IGNORECASE)
_ADDRESSES: Final = {"org_website", "fid_website"}


def looks_like_spam(
    *, trap: str, started_at: str, answers: dict[str, Any], now: datetime
) -> str | None:
    """Why it does: `trap`, `fast` or `links`; None for a form like the others.

    `trap` is a field that people do not see; `started_at` is when the page was
    made, in seconds since 1970, where the page says so.
    """
    if trap.strip():
        return "trap"
    began = int(started_at) if started_at.isdecimal() and len(started_at) < 12 else 0
    if 0 <= now.timestamp() - began < SECONDS_AT_LEAST:
        return "fast"
    if len(_LINK.findall("\n".join(_texts(answers)))) > LINKS_AT_MOST:
        return "links"
    return None


def _texts(answers: dict[str, Any]) -> Iterator[str]:
    for key, value in answers.items():
        if isinstance(value, str) and key not in _ADDRESSES:
            yield value
        elif isinstance(value, list):
            for row in value:
                if isinstance(row, dict):
                    yield from _texts(row)

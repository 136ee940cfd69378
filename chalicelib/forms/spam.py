"""What makes a form look as if no person had sent it: then the form asks, and hides nothing."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from chalicelib.core.ticks import tick
from chalicelib.forms.problems import Problem

PERSON_FIELD: Final = "person"
"""The box that answers the question: a form that looks odd is taken with it."""

SECONDS_AT_LEAST: Final = 3
"""Nobody reads a form and answers it faster."""

LINKS_AT_MOST: Final = 5
"""In all the free text together; website fields do not count."""

_LINK = re.compile(r"https?://|www\.|\[url", re.IGNORECASE)
_ADDRESSES: Final = {"org_website", "fid_website"}


def ask_person(
    *, trap: str, started_at: str, person: object, answers: Mapping[str, object], now: datetime
) -> list[Problem]:
    """Return the question whether a person sends the form, as what is to be mended in it; nothing
    for a form like the others, or whose `person` box is ticked.

    `trap` is a field that people do not see, but their password managers may; `started_at` is
    when the page was made, in seconds since 1970, where the page says so.
    """
    odd = trap.strip() or _is_fast(started_at, now) or _has_many_links(answers)
    return [Problem(PERSON_FIELD, "ask_person")] if odd and not tick(person) else []


def _is_fast(started_at: str, now: datetime) -> bool:
    began = int(started_at) if started_at.isdecimal() and len(started_at) < 12 else 0
    return 0 <= now.timestamp() - began < SECONDS_AT_LEAST


def _has_many_links(answers: Mapping[str, object]) -> bool:
    return len(_LINK.findall("\n".join(_texts(answers)))) > LINKS_AT_MOST


def _texts(answers: Mapping[str, object]) -> Iterator[str]:
    for key, value in answers.items():
        if key in _ADDRESSES:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one
            elif isinstance(one, dict):
                yield from _texts(one)

"""The addresses of the desk that somebody is led back to."""

import re
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from chalicelib.web.request import AGAIN_LIMIT, Request

NEXT_MAX_LENGTH: Final = 2_600
"""Characters of an address: a search as long as one may be, in any script, with the filters that
people set; and the name of what was typed behind it."""

KEPT_LENGTH: Final = 40
_DESK_PATH: Final = re.compile(r"/desk/[A-Za-z0-9/-]*")
_QUERY: Final = re.compile(r"[\w.~!$&'()*+,;=:@/?%-]*")


def own_address(path: str, request: Request) -> str:
    """Return a path with the query of a request, as far as they may be gone back to: where that is
    too long, the path alone. What is sent anew is kept anew, under another name."""
    given = islice(request.query.items(), AGAIN_LIMIT)
    aside = ("lang", "kept") if request.method == "POST" else ("lang",)
    query = urlencode({name: text for name, text in given if name not in aside})
    whole = f"{path}?{query}" if query else path
    is_short = len(whole) <= NEXT_MAX_LENGTH - KEPT_LENGTH
    return (safe_next(whole) if is_short else "") or safe_next(path) or "/desk"


def safe_next(text: str) -> str:
    """Return a path at the desk to go on to; blank for anything that leads elsewhere."""
    path, _, query = text[: NEXT_MAX_LENGTH + 1].partition("?")
    here = _DESK_PATH.fullmatch(f"{path}/") and "//" not in f"{path}/" and _QUERY.fullmatch(query)
    return text if here and len(text) <= NEXT_MAX_LENGTH else ""

"""The addresses of the desk that somebody is led back to."""

import re
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from chalicelib.web.request import AGAIN_LIMIT, Request

NEXT_MAX_LENGTH: Final = 600
_DESK_PATH: Final = re.compile(r"/desk/[A-Za-z0-9/-]*")
_QUERY: Final = re.compile(r"[\w.~!$&'()*+,;=:@/?%-]*")


def own_address(path: str, request: Request) -> str:
    """Return a path with the query of a request, as far as they may be gone back to."""
    given = islice(request.query.items(), AGAIN_LIMIT)
    query = {name: text for name, text in given if name not in ("lang", "kept")}
    return safe_next(f"{path}?{urlencode(query)}" if query else path) or "/desk"


def safe_next(text: str) -> str:
    """Return a path at the desk to go on to; blank for anything that leads elsewhere."""
    path, _, query = text[: NEXT_MAX_LENGTH + 1].partition("?")
    here = _DESK_PATH.fullmatch(f"{path}/") and "//" not in f"{path}/" and _QUERY.fullmatch(query)
    return text if here and len(text) <= NEXT_MAX_LENGTH else ""

"""What a view gives back: a status, a body and headers; as JSON, as a redirect, with an ETag."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from chalicelib.core.json_text import compact
from chalicelib.web.request import Request

HTML: Final = "text/html; charset=utf-8"

PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""Headers of what is for one person: nobody keeps it, finds it, or learns its address."""


class Response(NamedTuple):
    status: int
    body: str
    content_type: str
    headers: Mapping[str, str] = {}


def json_response(
    body: object,
    headers: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    content_type: str = "application/json",
) -> Response:
    text = compact(body)
    return Response(status, text, content_type, headers or {})


def see_other(address: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the redirect after a browser's POST: it goes to `address` with a GET."""
    return Response(303, "", HTML, {**(headers or {}), "Location": address})


def with_etag(request: Request, response: Response) -> Response:
    """Return the response with an ETag of its body, or a 304 for whoever has that body already."""
    etag = f'"{sha256(response.body.encode()).hexdigest()[:20]}"'
    headers = {**response.headers, "ETag": etag}
    if request.has(etag):
        return Response(304, "", response.content_type, headers)
    return response._replace(headers=headers)

"""A visitor of the app: asks as API Gateway would, and reads what pages and letters hide."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from chalice.test import Client, HTTPResponse

import documented

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Visitor:
    """Talks to the app as API Gateway would, and holds each answer to the OpenAPI document."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.plants_errors = False
        """Whether a test makes addresses fail in ways that are not theirs."""

    def get(self, path: str, **headers: str) -> HTTPResponse:
        return self._asks("GET", path, _named(headers))

    def page(self, path: str, **headers: str) -> HTTPResponse:
        return self._asks("GET", path, {**HTML, **_named(headers)})

    def head(self, path: str) -> HTTPResponse:
        return self._asks("HEAD", path, HTML)

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> HTTPResponse:
        return self._asks(method, path, _named(headers), body)

    def send(self, path: str, fields: Any, **headers: str) -> HTTPResponse:
        """A script's post."""
        body = json.dumps(fields).encode()
        return self._asks("POST", path, {**JSON, **_named(headers)}, body)

    def submit(self, path: str, pairs: list[tuple[str, str]], **headers: str) -> HTTPResponse:
        """A browser's post."""
        body = urlencode(pairs).encode()
        return self._asks("POST", path, {**HTML, **FORM, **_named(headers)}, body)

    def _asks(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> HTTPResponse:
        """Every answer is one that developers are told of."""
        response = self._client.http.request(method, path, headers=dict(headers), body=body)
        if not self.plants_errors:
            documented.hold(method, path, response)
        return response


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def token(text: str, kind: str) -> str:
    """The last link of a kind in a mail or a page."""
    found: list[str] = re.findall(rf"/{kind}/([\w.~-]+)|[?&]{kind}=([\w.~-]+)", text)
    return "".join(found[-1])


def hidden(page: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert match, f"no {name} on the page"
    return match[1]


def decide(visitor: Visitor, link: str, **fields: str) -> HTTPResponse:
    """Opens the review page as a person does, and sends its form."""
    page = visitor.page(f"/review/{link}").body.decode()
    given = {"nonce": hidden(page, "nonce"), "confirm": "on", **fields}
    return visitor.submit(f"/review/{link}", list(given.items()))

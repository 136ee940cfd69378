"""What the OpenAPI document says of each answer: every answer that a test gets is held to it."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from chalice.test import HTTPResponse
from jsonschema import Draft202012Validator

from chalicelib.views import openapi

METHODS = {"GET", "POST"}
NO_METHOD = 405


@cache
def paths() -> dict[str, Any]:
    return {re.sub(r"\{\w+\}", "{}", path): found for path, found in document()["paths"].items()}


@cache
def document() -> dict[str, Any]:
    made: Any = openapi.document("https://api.example.org/api", "en", newsletter="yes")
    return made  # type: ignore[no-any-return]


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return Draft202012Validator(schema)


def operation(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation that an address belongs to; None for one that nobody is told of."""
    parts = urlsplit(path).path.split("/")
    for template, found in paths().items():
        wanted = template.split("/")
        if len(wanted) == len(parts) and all(
            w in ("{}", p) for w, p in zip(wanted, parts, strict=True)
        ):
            return found.get(method.lower())  # type: ignore[no-any-return]
    return None


def hold(method: str, path: str, response: HTTPResponse) -> None:
    """Fail for an answer whose status, content type or body the document does not name."""
    found = operation(method, path) if method in METHODS else None
    if found is None or response.status_code == NO_METHOD:
        return
    answers, status = found["responses"], str(response.status_code)
    assert status in answers, f"{method} {path}: {status} is not documented"
    kind = _content_type(response)
    media = answers[status].get("content")
    if media is None or not response.body:
        return
    assert kind in media, f"{method} {path}: {status} as {kind} is not documented"
    reference = media[kind]["schema"].get("$ref", "")
    if reference and kind.endswith("json"):
        wrong = [
            e.message
            for e in _validator(reference.rpartition("/")[2]).iter_errors(json.loads(response.body))
        ]
        assert not wrong, f"{method} {path}: {status}: {wrong[:3]}"


def _content_type(response: HTTPResponse) -> str:
    found: Any = response.headers.get("Content-Type", "")
    return str(found[0] if isinstance(found, list) else found).partition(";")[0]

"""The interface for developers says what every address answers, whoever asks and for what."""

import re
from random import Random
from typing import Any, Final

import pytest

import app as application
import documented
from chalicelib import content
from chalicelib.core import errors
from chalicelib.core.languages import LANGS
from chalicelib.views.openapi_answers import ERRORS
from chalicelib.web.problems import CODES
from visitor import HTML, JSON, Visitor

BROKEN: Final = 500
ROUNDS: Final = 3

WORDS: Final = ("", "x", "\x00", "é\u2028", "-1", "99999999999999999999", "fr", "on", "{}", "a" * 400,
                "../..", "%", "<script>", "guess", "check", "delete", "eoi")  # fmt: skip
TYPES: Final = ("application/json", "application/x-www-form-urlencoded", "text/plain", "",
                "multipart/form-data; boundary=x", "application/json; charset=latin-1")  # fmt: skip


def anything(random: Random, depth: int = 0) -> Any:
    kind = random.randrange(7 if depth < 2 else 5)
    if kind < 4:
        return random.choice((*WORDS, None, True, 1e308, -7, [], {}))
    if kind == 4:
        return random.choice(WORDS)
    if kind == 5:
        return [anything(random, depth + 1) for _ in range(3)]
    return {random.choice(WORDS): anything(random, depth + 1) for _ in range(3)}


def fitting(random: Random, schema: dict[str, Any]) -> Any:
    """Return a value that is near what a schema wants, and wrong in places."""
    if random.random() < 0.15:
        return anything(random)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return random.choice(schema["enum"])
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {
            k: fitting(random, s)
            for k, s in schema.get("properties", {}).items()
            if random.random() < 0.8
        }
    if kind == "array":
        return [fitting(random, schema["items"]) for _ in range(random.randrange(4))]
    if kind == "boolean":
        return random.random() < 0.5
    if kind in ("integer", "number"):
        return random.choice((0, 1, -1, 12500, 1e30))
    return random.choice((*WORDS, *schema.get("examples", ()), "ada@example.org", "H2X 1Y4"))


def body(random: Random, operation: dict[str, Any]) -> tuple[bytes, str]:
    import json
    from urllib.parse import urlencode

    kind = random.choice(TYPES)
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    given = fitting(random, schema)
    if random.random() < 0.2:
        return random.randbytes(30), kind
    if "urlencoded" in kind and isinstance(given, dict):
        return urlencode(list(given.items())).encode("utf-8", "replace"), kind
    return json.dumps(given).encode(), kind


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_operation_answers_what_the_document_says_to_whatever_is_sent(
    visitor: Visitor, seed: int
) -> None:
    random = Random(seed)
    for path, operations in documented.document()["paths"].items():
        for method, operation in operations.items():
            names = {
                n: random.choice(("guess", "fr", "tasks", "eoi", "%20"))
                for n in re.findall(r"\{(\w+)\}", path)
            }
            query = "&".join(f"{each['name']}={random.choice(('', 'fr', '-1', '%00', '%C3%A9'))}"
                             for each in operation["parameters"] if each["in"] == "query" and random.random() < 0.5)  # fmt: skip
            raw, kind = body(random, operation) if method == "post" else (b"", "")
            headers = {"Accept": random.choice((HTML["Accept"], JSON["Content-Type"], "*/*"))}
            headers |= {"Content_Type": kind} if kind else {}
            address = path.format(**names) + (f"?{query}" if query else "")
            found = visitor.request(method.upper(), address, raw, **headers)
            assert found.status_code < BROKEN, (method, address, raw)


def test_every_value_of_a_filter_that_is_documented_is_one_that_the_search_takes(
    visitor: Visitor,
) -> None:
    given = documented.document()["paths"]["/coaches"]["get"]["parameters"]
    filters = {
        each["name"]: each["schema"]["items"]["enum"] for each in given if "items" in each["schema"]
    }
    assert set(filters) == set(content.coaches()["filters"])
    for name, values in filters.items():
        for value in (values[0], values[-1]):
            assert visitor.get(f"/coaches?{name}={value}").status_code == 200
        assert visitor.get(f"/coaches?{name}=nothing").status_code == 400


def test_every_error_that_reaches_a_visitor_is_documented_for_some_operation() -> None:
    told = {error for kind in ERRORS.values() for error in kind}
    assert set(CODES) - told == {errors.WrongMethod}, "which is no operation"


@pytest.mark.parametrize("lang", LANGS)
def test_every_operation_of_every_route_says_what_it_does_in_both_languages(lang: str) -> None:
    described = documented.document()["paths"]
    known = set(content.interface()["operations"])
    routes = {
        f"{method} {path}"
        for path, methods in application.app.routes.items()
        for method, entry in methods.items()
        if method in documented.METHODS
    }
    made = {
        f"{method.upper()} {re.sub(r'/forms/[a-z]+', '/forms/{form}', path)}"
        for path, found in described.items()
        for method in found
    }
    assert made == known
    assert made <= routes


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/file", {"email": "nobody"}), ("/newsletter", {"email": "nobody"}), ("/forms/eoi", {})],
)
def test_a_script_that_is_refused_for_a_field_gets_a_problem_of_one_shape(
    visitor: Visitor, path: str, fields: dict[str, str]
) -> None:
    refused = visitor.send(path, fields)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json_body["status"] == 422
    assert {"field", "code", "message"} <= set(refused.json_body["errors"][0])

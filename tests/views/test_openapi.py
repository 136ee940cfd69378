"""The interface for developers says what every address answers, whoever asks and for what."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

import pytest

import app as application
import documented
import files
from chalicelib import content
from chalicelib.core import errors
from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Write
from chalicelib.core.settings import Settings
from chalicelib.forms.attachment import DIRECT_BYTES
from chalicelib.forms.drafts.draft import section_ids
from chalicelib.views.documents import ROOM_FOR_FIELDS
from chalicelib.views.openapi_answers import ERRORS
from chalicelib.web.problems import CODES
from chalicelib.web.request import BODY_LIMIT
from journey import ADA, Journey
from sample_parts import part
from visitor import FORM, HTML, JSON, Visitor

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


UNDOCUMENTED = {"/{proxy+}"}
"""What no developer is told of: every address where nothing stands, which answers 404."""


def test_every_operation_of_every_route_is_documented_and_nothing_else(
    visitor: Visitor, settings: Settings
) -> None:
    origin = settings.allowed_origins[0]
    answered = set()
    for path in application.app.routes.keys() - UNDOCUMENTED:
        told = visitor.request("OPTIONS", path, Origin=origin)
        methods = str(told.headers["Access-Control-Allow-Methods"]).split(", ")
        answered |= {f"{one} {path}" for one in methods if one not in ("HEAD", "OPTIONS")}
    made = {
        f"{method.upper()} {re.sub(r'/forms/[a-z]+', '/forms/{form}', path)}"
        for path, found in documented.document()["paths"].items()
        for method in found
    }
    assert made == answered
    assert made == set(content.interface()["operations"]), "which has them in both languages"


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


def open_draft(way: Journey) -> str:
    begun = {"form": "application", "uninvited": "1"}
    told = way.visitor.send("/draft", begun).json_body
    return f"/draft/{told['links']['draft'].rpartition('/')[2]}"


def sent_draft(way: Journey) -> str:
    url = open_draft(way)
    for name in section_ids("application"):
        way.visitor.send(f"{url}/{name}", {"version": 0, "fields": part("application", name)})
    assert way.visitor.send(f"{url}/check", {"person": "on"}).status_code == 201
    return url


def deleted_draft(way: Journey) -> str:
    url = open_draft(way)
    assert way.visitor.send(f"{url}/delete", {"confirm": "on"}).status_code == 200
    return url


def replaced_link(way: Journey) -> str:
    url = open_draft(way)
    assert way.visitor.send(f"{url}/later", {"email": ADA}).status_code == 202
    renewed = way.visitor.send(f"{url}/colleagues", {"renew": "1"})
    assert renewed.json_body["status"] == "renewed"
    return url


def late_draft(way: Journey) -> str:
    url = open_draft(way)
    way.clock.pass_(days=91)
    return url


def busy_draft(way: Journey) -> str:
    """A draft that others change at each moment."""
    url = open_draft(way)
    way.visitor.send(f"{url}/later", {"email": ADA})

    (row,) = way.store.kinds("draft")
    key = (row["pk"], row["sk"])

    def overtaken(writes: Sequence[Write]) -> None:
        if key in [write.key for write in writes]:
            raise Conflict({key: row})

    way.store.before = overtaken
    return url


GONE: Final = {"unknown": (404, 404), "sent": (410, 409), "deleted": (410, 410),
               "replaced": (410, 410), "late": (410, 410), "busy": (409, 409)}  # fmt: skip
"""What a script and a browser are answered, by what became of a draft meanwhile."""

DRAFTS: Final[dict[str, Callable[[Journey], str]]] = {
    "unknown": lambda way: f"/draft/{'a' * 40}",
    "sent": sent_draft,
    "deleted": deleted_draft,
    "replaced": replaced_link,
    "late": late_draft,
    "busy": busy_draft,
}

ASKED_OF_DRAFTS: Final = (
    ("later", {"email": "zoe@example.org"}),
    ("colleagues", {"email": "zoe@example.org", "name": "Zoé"}),
    ("colleagues", {"renew": "1"}),
    ("colleagues", {"remove": "a1"}),
    ("delete", {"confirm": "on"}),
    ("documents", {"do": "large:file_other"}),
    ("documents", {"do": "remove:a1"}),
    ("documents", {"do": "add:file_other"}),
)


UNLESS: Final[dict[tuple[str, ...], tuple[int, int]]] = {
    # The button was pressed twice.
    ("deleted", "delete", "on"): (200, 200),
    # Nothing of the draft changes by these.
    ("busy", "colleagues", "a1"): (303, 303),
    ("busy", "documents", "remove:a1"): (200, 303),
    ("busy", "documents", "large:file_other"): (200, 200),
}


def ask_each(way: Journey, url: str, page: str, given: dict[str, str]) -> list[int]:
    """Ask as a script and as a browser; every answer is held to the document."""
    found = []
    for accepted in ("application/json", HTML["Accept"]):
        # A link that opens nothing is not tried for ever.
        for row in way.store.kinds("rate"):
            del way.store.items[row["pk"], row["sk"]]
        if given.get("do", "").startswith("add:"):
            sent, headers = files.form_data(files.pdf(), **given), {"Content-Type": files.SENT_WITH}
        else:
            sent, headers = urlencode(given).encode(), FORM
        answer = way.visitor.request("POST", f"{url}/{page}", sent, Accept=accepted, **headers)
        found.append(answer.status_code)
    return found


@pytest.mark.parametrize("became", GONE)
def test_whatever_became_of_a_draft_each_of_its_operations_answers_as_documented(
    way: Journey, became: str
) -> None:
    url = DRAFTS[became](way)
    for page, given in ASKED_OF_DRAFTS:
        wanted = UNLESS.get((became, page, *given.values()), GONE[became])
        assert ask_each(way, url, page, given) == list(wanted), (page, given)


@pytest.mark.parametrize(("page", "given"), ASKED_OF_DRAFTS)
def test_what_is_too_large_for_an_operation_of_a_draft_is_answered_as_documented(
    way: Journey, page: str, given: dict[str, str]
) -> None:
    url = open_draft(way)
    long = "x" * (DIRECT_BYTES + ROOM_FOR_FIELDS if page == "documents" else BODY_LIMIT)
    assert ask_each(way, url, page, {**given, "note": long}) == [413, 413]
    assert not way.store.kinds("attachment")

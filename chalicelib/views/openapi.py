"""The HTTP interface for developers: OpenAPI 3.1, made from the forms themselves."""

from collections.abc import Mapping
from typing import TypedDict

from chalicelib import content
from chalicelib.cases.states import staff_steps, table
from chalicelib.core.languages import LANGS, Lang
from chalicelib.forms import description, parsing
from chalicelib.web.request import BODY_LIMIT

Schema = Mapping[str, object]
Parameter = Mapping[str, object]


class Operation(TypedDict, total=False):
    """A method of a path; `responses` are by status."""

    summary: str
    parameters: list[Parameter]
    requestBody: Mapping[str, object]
    responses: dict[str, object]


Paths = dict[str, dict[str, Operation]]

_REFUSED = {
    "422": "Refused: each error names its field. At `person` it asks whether a person sends the "
    "form, which looks odd: send it again with `person: true`",
}

FIELD_ERRORS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {"type": "string", "examples": ["partners[0].name"]},
            "code": {"type": "string"},
            "message": {"type": "string"},
        },
    },
}

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": FIELD_ERRORS,
    },
}

_PROBLEM_CONTENT = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}

RECEIPT = {
    "type": "object",
    "required": ["ref", "status", "message", "links"],
    "properties": {
        "ref": {"type": "string", "examples": ["DI-2026-7K4MQ-X"]},
        "status": {"type": "string"},
        "message": {"type": "string"},
        "links": {"type": "object", "properties": {"status": {"type": "string", "format": "uri"}}},
        "warnings": FIELD_ERRORS,
        "result": {
            "type": "object",
            "description": "Self-assessment only: score, band, advice and next steps.",
        },
    },
}


def document(public_url: str, lang: Lang, *, newsletter: str = "") -> dict[str, object]:
    """Return the whole document; labels and texts in `lang`, with the words that consent to the
    newsletter where its box is offered."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Relais",
            "version": "1",
            "description": f"Bodies may be {BODY_LIMIT // 1024} KiB. Send `lang` in the form, "
            "`?lang=` or `Accept-Language`; French is the default.",
        },
        "servers": [{"url": public_url}],
        "paths": {
            **{f"/forms/{form}": _form(form, lang, newsletter) for form in parsing.FORMS},
            **_newsletter(lang, newsletter),
            **_issues(),
            **_coaches(lang),
            **_files(),
            **_reviews(),
            **_machines(),
        },
        "components": {"schemas": {"Problem": PROBLEM, "Receipt": RECEIPT}},
    }


def _files() -> Paths:
    return {
        "/file": {
            "get": _page("Asks for the address of somebody who lost their link"),
            "post": _page("email, lang; the same answer for every address: a mail tells"),
        },
        "/file/{token}": {
            "get": _page("An applicant's own page; changes nothing", "token"),
            "post": _page(
                "action: reply (answer, and the form's fields with revised=1), withdraw "
                "(confirm), correct (address) or confirm; nonce as the page hides it",
                "token",
            ),
        },
        "/declaration/{token}": {
            "get": _page(
                "A second declaration in the name of an address; changes nothing", "token"
            ),
            "post": _page(
                "choice: replace (replace:ID of a file where there are several), another or "
                "not_me; nonce as the page hides it",
                "token",
            ),
        },
    }


def _reviews() -> Paths:
    events = dict.fromkeys(event for state, _ in table() for event in staff_steps(state))
    decisions = ", ".join([*events, "undo", "fresh"])
    return {
        "/review/{token}": {
            "get": _page("The review page; changes nothing", "token"),
            "post": _page(
                f"Decide: decision ({decisions}), reason, message, confirm, code, nonce", "token"
            ),
        },
    }


def _machines() -> Paths:
    kit = {
        "200": {"description": "Cacheable, with an ETag"},
        "304": {"description": "As the ETag says"},
        "404": {"description": "No such part", "content": _PROBLEM_CONTENT},
    }
    return {
        "/kit/{name}": {
            "get": {
                "summary": "A form or the search of coaches as HTML to paste, relais.js or "
                "relais.css",
                "parameters": [_path("name"), _query("lang")],
                "responses": kit,
            }
        },
        "/health": {"get": {"responses": {"200": {"description": "The store answers"}}}},
        "/openapi.json": {"get": {"responses": {"200": {"description": "This document"}}}},
    }


def _newsletter(lang: Lang, newsletter: str) -> Paths:
    form = _form("newsletter", lang, newsletter)
    accepted = {
        "description": "The same answer for every address: an e-mail tells the rest. "
        "`consent_shown` of the GET, sent back, keeps the words that were shown"
    }
    responses = _without(form["post"], "201", "409") | {"202": accepted}
    post: Operation = {**form["post"], "parameters": [], "responses": responses}
    leave = _page(
        "Leave, or cancel a sign-up; a mail program's one click (RFC 8058) gets an empty 200",
        "token",
    )
    return {
        "/newsletter": {"get": form["get"], "post": post},
        "/newsletter/confirm/{token}": {
            "get": _page("A page with one button; changes nothing", "token"),
            "post": _page(
                "Confirm a sign-up, a new address or an implied consent; consent_shown as the "
                "page hides it",
                "token",
            ),
        },
        "/newsletter/unsubscribe/{token}": {
            "get": _page("A page with one button; changes nothing", "token"),
            "post": leave,
        },
        "/newsletter/preferences/{token}": {
            "get": _page("Choices and the consent record; changes nothing", "token"),
            "post": _page(
                "action: choose, pause, resume, move, stay, export, erase or leave", "token"
            ),
        },
    }


def _issues() -> Paths:
    responses: dict[str, object] = {"200": {"description": "Cacheable, with an ETag"},
               "304": {"description": "As the ETag says"}}  # fmt: skip
    feeds: Paths = {
        f"/newsletter/feed.{lang}.{kind}": {"get": {"responses": responses}}
        for lang in LANGS
        for kind in ("xml", "json")
    }
    sent = "The mail to approve, as it will be received"
    return {
        "/newsletter/archive": {
            "get": {"parameters": [_query("lang"), _query("year")], "responses": responses}
        },
        "/newsletter/archive/{slug}": {"get": _page("An issue; for a script as JSON", "slug")},
        **feeds,
        "/newsletter/review/{token}": {
            "get": _page("The issue to approve; changes nothing", "token"),
            "post": _page("decision: approve or send_back; remarks, confirm, code, nonce", "token"),
        },
        "/newsletter/review/{token}/{lang}": {"get": _page(sent, "token", "lang")},
        "/newsletter/progress/{token}": {
            "get": _page("How far an issue is; changes nothing", "token"),
            "post": _page("act: pause, resume or cancel; confirm, nonce", "token"),
        },
    }


def _coaches(lang: Lang) -> Paths:
    filters = content.coaches()["filters"]
    parameters: list[Parameter] = [
        *map(_query, ("q", "lang", "limit", "cursor")),
        *(
            {
                "name": name,
                "in": "query",
                "description": text[lang],
                "schema": {"type": "array", "items": {"type": "string"}},
            }
            for name, text in filters.items()
        ),
    ]
    responses: dict[str, object] = {"200": {"description": "total, results, facets, next_cursor; for a browser a page"},
               "304": {"description": "As the ETag says"},
               "400": {"description": "A search that cannot be made"}}  # fmt: skip
    contact = _form("message", lang, "")
    for operation in contact.values():
        operation["parameters"] = [_path("slug")]
    contact["post"]["responses"] = _without(contact["post"], "409")
    return {
        "/coaches": {"get": {"parameters": parameters, "responses": responses}},
        "/coaches/{slug}": {"get": _page("One coach; for a script as JSON", "slug")},
        "/coaches/{slug}/contact": contact,
        "/coach/{token}": {
            "get": _page("A coach's own page; changes nothing", "token"),
            "post": _page("action: confirm, change or withdraw; nonce", "token"),
        },
        "/proposal/{token}": {
            "get": _page("A coach's changes; changes nothing", "token"),
            "post": _page("decision: publish or return; remarks, confirm, nonce", "token"),
        },
    }


def _form(form: str, lang: Lang, newsletter: str) -> dict[str, Operation]:
    schema = description.describe(form, lang, newsletter=newsletter)["schema"]
    refused = ["400", "409", "410", "413", "415", "422", "429", "503"]
    return {
        "get": {
            "summary": content.form(form)["title"][lang],
            "parameters": [_query("lang"), *([_query("invite")] if form == "application" else [])],
            "responses": {
                "200": {
                    "description": "Fields, labels, limits, options, JSON Schema; notice_hash, to "
                    "be posted as notice: the words that were consented to"
                }
            },
        },
        "post": {
            "summary": content.form(form)["title"][lang],
            "parameters": [
                {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": schema},
                    "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
                    "multipart/form-data": {"schema": {"type": "object"}},
                },
            },
            "responses": {
                "201": {
                    "description": "Stored",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}
                    },
                },
                "303": {"description": "Stored; where a browser goes next"},
                **{
                    code: {
                        "description": _REFUSED.get(code, "Refused"),
                        "content": _PROBLEM_CONTENT,
                    }
                    for code in refused
                },
            },
        },
    }


def _without(operation: Operation, *statuses: str) -> dict[str, object]:
    """Return the responses of an operation but those of some statuses."""
    responses = operation["responses"]
    return {status: response for status, response in responses.items() if status not in statuses}


def _query(name: str) -> Parameter:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def _path(name: str) -> Parameter:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _page(summary: str, *parameters: str) -> Operation:
    return {
        "summary": summary,
        "parameters": [_path(name) for name in parameters],
        "responses": {"200": {"description": "A page"}},
    }

"""What each operation of the OpenAPI document is made of: schemas, parameters, responses."""

from collections.abc import Mapping
from typing import TypedDict

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms import description

Schema = Mapping[str, object]
Parameter = Mapping[str, object]


class Operation(TypedDict, total=False):
    """A method of a path; `responses` are by status."""

    summary: str
    parameters: list[Parameter]
    requestBody: Mapping[str, object]
    responses: dict[str, object]


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

PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

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


def form_operations(form: str, lang: Lang, newsletter: str) -> dict[str, Operation]:
    schema = description.describe(form, lang, newsletter=newsletter)["schema"]
    return {
        "get": {
            "summary": content.form(form)["title"][lang],
            "parameters": [
                query_parameter("lang"),
                *([query_parameter("invite")] if form == "application" else []),
            ],
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
            "responses": _form_responses(),
        },
    }


def _form_responses() -> dict[str, object]:
    receipt = {"application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}}
    refused = ("400", "409", "410", "413", "415", "422", "429", "503")
    return {
        "201": {"description": "Stored", "content": receipt},
        "303": {"description": "Stored; where a browser goes next"},
        **{
            code: {"description": _REFUSED.get(code, "Refused"), "content": PROBLEM_CONTENT}
            for code in refused
        },
    }


def responses_without(operation: Operation, *statuses: str) -> dict[str, object]:
    """Return the responses of an operation but those of some statuses."""
    responses = operation["responses"]
    return {status: response for status, response in responses.items() if status not in statuses}


def query_parameter(name: str) -> Parameter:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def path_parameter(name: str) -> Parameter:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def page_operation(summary: str, *parameters: str) -> Operation:
    return {
        "summary": summary,
        "parameters": [path_parameter(name) for name in parameters],
        "responses": {"200": {"description": "A page"}},
    }

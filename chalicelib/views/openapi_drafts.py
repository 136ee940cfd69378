"""Drafts in the HTTP interface for developers."""

from chalicelib import content
from chalicelib.forms import parsing
from chalicelib.views.openapi_parts import (
    FIELD_ERRORS,
    PROBLEM_CONTENT,
    Operation,
    page_operation,
    path_parameter,
)

_TEXT = {"type": "string"}

SECTION: dict[str, object] = {
    "type": "object",
    "required": ["section", "version", "fields", "problems"],
    "properties": {
        "section": _TEXT,
        "version": {"type": "integer"},
        "fields": {"type": "object"},
        "seen": {**_TEXT, "description": "Sent back, it joins what others changed beside"},
        "saved_at": {"type": ["string", "null"]},
        "problems": FIELD_ERRORS,
    },
}

SAVE: dict[str, object] = {
    "type": "object",
    "properties": {
        "version": {"type": "integer", "description": "The version that was read; 0 at first"},
        "fields": {"type": "object", "description": "All answers of the section, as typed"},
        "seen": _TEXT,
    },
}


def paths() -> dict[str, dict[str, Operation]]:
    return {
        "/draft": {"post": _begin()},
        "/draft/{token}": {
            "get": page_operation("What a link of a draft leads to, without its answers", "token"),
            "post": page_operation("do: open, or extend for 90 more days", "token"),
        },
        "/draft/{token}/{page}": {
            "get": page_operation(
                "A section, for a script as JSON; or a page of the draft", "token", "page"
            ),
            "post": _save(),
        },
    }


def _begin() -> Operation:
    forms = [form for form in parsing.FORMS if content.form(form).get("steps")]
    names = ("lang", "invite", "ref", "uninvited")
    schema = {
        "type": "object",
        "required": ["form"],
        "properties": {"form": {"enum": forms}, **dict.fromkeys(names, _TEXT)},
    }
    return {
        "summary": "Begin a draft of a form",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "201": {"description": "links.draft, with version and address of each section"},
            "303": {"description": "Begun; where a browser goes next"},
            **_refused("400", "404", "409", "410", "413", "415", "422", "429", "503"),
        },
    }


def _save() -> Operation:
    receipt = {"schema": {"$ref": "#/components/schemas/Receipt"}}
    both = "Two changed one answer: yours, theirs, disputed, version; nothing is written"
    return {
        "summary": "Save a section, whether it fits or not; `check` sends the form, once",
        "parameters": [path_parameter("token"), path_parameter("page")],
        "requestBody": {"required": True, "content": {"application/json": {"schema": SAVE}}},
        "responses": {
            "200": {"description": "Saved", "content": {"application/json": {"schema": SECTION}}},
            "201": {"description": "Sent", "content": {"application/json": receipt}},
            "202": {"description": "A letter with a link leaves"},
            "303": {"description": "Saved; where a browser goes next"},
            **_refused("400", "404", "409", "413", "415", "422", "429", "503"),
            "409": {"description": both, "content": PROBLEM_CONTENT},
            "410": {"description": "The form was sent: its reference"},
        },
    }


def _refused(*codes: str) -> dict[str, object]:
    return {code: {"description": "Refused", "content": PROBLEM_CONTENT} for code in codes}

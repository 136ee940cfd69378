"""Drafts in the HTTP interface for developers."""

from typing import Final

from chalicelib import content
from chalicelib.forms import parsing
from chalicelib.views.openapi_answers import PAGE_OR_DAYS, answer, json
from chalicelib.views.openapi_parts import Interface, Operation, Paths, body
from chalicelib.views.openapi_schemas import TEXT, Schema

SAVE: Final[Schema] = {
    "type": "object",
    "properties": {
        "version": {"type": "integer", "description": "The version that was read; 0 at first"},
        "fields": {"type": "object", "description": "All answers of the section, as typed"},
        "seen": TEXT,
        "row": {
            "type": "string",
            "description": "One row of a list, `list.id`, whose answers `fields` then has",
        },
    },
}


def drafts(interface: Interface) -> Paths:
    token, page = "/draft/{token}", "/draft/{token}/{page}"
    return {
        "/draft": {"post": _begin(interface)},
        token: {
            "get": interface.get(
                token, "days", script="Draft", page=PAGE_OR_DAYS, refused=("draft_link",)
            ),
            "post": interface.post(
                token,
                "do",
                script="Draft",
                also=("303",),
                refused=("fields", "step", "draft_act", "draft_link"),
            ),
        },
        page: {
            "get": interface.get(page, script="DraftPage", also=("303",), refused=("draft_link",)),
            "post": _save(interface, page),
        },
    }


def _begin(interface: Interface) -> Operation:
    forms = [form for form in parsing.FORMS if content.form(form).get("steps")]
    names = ("lang", "invite", "ref", "uninvited")
    schema: Schema = {
        "type": "object",
        "required": ["form"],
        "properties": {"form": {"enum": forms}, **dict.fromkeys(names, TEXT)},
    }
    operation = interface.post(
        "/draft", refused=("fields", "step", "form", "link", "place", "invitation", "section"),
        also=("303",),
    )  # fmt: skip
    operation["responses"] |= answer(interface.lang, "201", json("Draft"))
    return {**operation, "requestBody": body({}, schema=schema)}


def _save(interface: Interface, page: str) -> Operation:
    operation = interface.post(
        page, script="DraftPage", also=("303",),
        refused=("fields", "step", "form", "invitation", "draft", "draft_act", "draft_link", "section"),
    )  # fmt: skip
    operation["responses"] |= answer(interface.lang, "201", json("Receipt"))
    operation["responses"] |= answer(interface.lang, "202", json("Outcome"))
    return {**operation, "requestBody": body({}, schema=SAVE)}

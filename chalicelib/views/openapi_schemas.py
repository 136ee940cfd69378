"""The schemas of what scripts are answered, by name."""

from collections.abc import Mapping
from typing import Final

Schema = Mapping[str, object]

TEXT: Final[Schema] = {"type": "string"}
ADDRESS: Final[Schema] = {"type": "string", "format": "uri"}
ANYTHING: Final[Schema] = {"type": "object"}


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def having(required: str, optional: Mapping[str, Schema] | None = None, **needed: Schema) -> Schema:
    """Return the schema of an object: texts that it must have, by name, others that it must have,
    and those that it may have."""
    properties = {**dict.fromkeys(required.split(), TEXT), **needed}
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
    }


def one_of(names: str) -> Schema:
    """Return the schema of an answer that is one of these, by name."""
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names.split()]}


FIELD_ERRORS: Final = listed(
    {
        "type": "object",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {"type": "string", "examples": ["partners[0].name"]},
            "code": TEXT,
            "message": TEXT,
        },
    }
)

SCHEMAS: Final[Mapping[str, Schema]] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": ADDRESS,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "errors": FIELD_ERRORS,
        },
    },
    "Receipt": {
        "type": "object",
        "required": ["ref", "status", "message", "links"],
        "properties": {
            "ref": {"type": "string", "examples": ["DI-2026-7K4MQ-X"]},
            "status": TEXT,
            "message": TEXT,
            "links": {"type": "object", "properties": {"status": ADDRESS}},
            "warnings": FIELD_ERRORS,
            "result": {
                "type": "object",
                "description": "Self-assessment only: score, band, advice and next steps.",
            },
        },
    },
    "Home": having("", links=ANYTHING),
    "Pause": having("paused"),
    "Status": having("status", parts=listed(ANYTHING)),
    "Outcome": having(
        "status", {"message": TEXT, "ref": TEXT, "result": ANYTHING, "errors": listed(ANYTHING)}
    ),
    "Fields": having("action", fields=listed(TEXT)),
    "Choices": having("ref file", choices=listed(TEXT)),
    "Choice": {
        "type": "object",
        "description": "As Outcome; the copy of an export has what is kept, by kind",
        "properties": {"status": TEXT, "message": TEXT, "errors": listed(ANYTHING)},
    },
    "FormDescription": having(
        "form lang title intro submit status action",
        {"values": ANYTHING, "notice_hash": TEXT, "consent_shown": TEXT},
        sections=listed(ANYTHING),
        schema=ANYTHING,
    ),
    "Draft": having("form status kept_until", sections=ANYTHING, links=ANYTHING),
    "Section": {
        "type": "object",
        "required": ["section", "version", "fields", "problems"],
        "properties": {
            "section": TEXT,
            "version": {"type": "integer"},
            "fields": ANYTHING,
            "seen": {**TEXT, "description": "Sent back, it joins what others changed beside"},
            "saved_at": {"type": ["string", "null"]},
            "problems": FIELD_ERRORS,
        },
    },
    "Documents": having("", documents=listed(having("id label name size state status why url"))),
    "Offer": having("id", url=ADDRESS, fields=ANYTHING),
    "FileStep": one_of("Outcome Offer"),
    "Renewed": having("status", draft=ADDRESS),
    "DraftPage": one_of("Section Documents Offer Renewed"),
    "Coaches": having(
        "version",
        {"did_you_mean": listed(TEXT), "help": ANYTHING, "left_out": ANYTHING},
        total={"type": "integer"},
        results=listed(ANYTHING),
        facets=ANYTHING,
        next_cursor={"type": ["string", "null"]},
    ),
    "Coach": having("slug name", links=ANYTHING),
    "Archive": having("year", years=listed(TEXT), issues=listed(ANYTHING), feeds=ANYTHING),
    "Issue": having("slug title summary date url html"),
}

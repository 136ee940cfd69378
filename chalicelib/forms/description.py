"""Forms and answers in words: what a website builds a form from, and copies for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, assert_never

from chalicelib import content
from chalicelib.content.edits import cached
from chalicelib.core import formatting
from chalicelib.core.languages import Lang
from chalicelib.forms import choices
from chalicelib.forms.notice import notice_text
from chalicelib.forms.paused import paused_or_blank

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import Form, FormField, Section
    from chalicelib.content.shapes.text import EntryContent

_SHOWN: Final = ("key", "type", "min", "max", "max_length", "autocomplete", "hidden", "if_any",
                "default")  # fmt: skip

_JSON: Final[dict[str, dict[str, object]]] = {
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string"},
    "bn_rr": {"type": "string", "examples": ["123456782 RR 0001"]},
    "postal_code": {"type": "string", "examples": ["H2X 1Y4"]},
    "phone": {"type": "string", "examples": ["514-555-0123"]},
    "date": {"type": "string", "examples": ["2026-09-01", "September 1, 2026"]},
    "month": {"type": "string", "examples": ["2026-09", "September 2026"]},
    "month_day": {"type": "string", "examples": ["03-31", "March 31"]},
    "digits": {"type": "string", "pattern": "[0-9]"},
    "money": {
        "type": ["number", "string"],
        "description": 'Dollars, with cents where there are any: 12500, 87.5, "1 000,50 $"',
        "pattern": "[0-9]",
    },
    "decimal": {"type": ["number", "string"], "pattern": "[0-9]"},
    "int": {"type": ["integer", "string"], "pattern": "[0-9]"},
    "bool": {"type": "boolean"},
    "consent": {"type": "boolean"},
}


CONSENT_BOXES: Final = {"consent_newsletter", "consent"}
"""Boxes that consent to the newsletter; their words name who sends it, from the settings."""


def describe(
    form: str,
    lang: Lang,
    *,
    privacy_contact: str = "",
    privacy_policy: str = "",
    newsletter: str = "",
) -> dict[str, Any]:
    """Return everything to build the form in one language: fields, texts, limits, options, schema.

    `newsletter`: the words that consent to it; without them its box is not offered.
    """
    return _described(form, lang, privacy_contact, privacy_policy, newsletter)


@cached
def _described(
    form: str, lang: Lang, privacy_contact: str, privacy_policy: str, newsletter: str
) -> dict[str, object]:
    described = _with_consent_text(content.form(form), newsletter)
    status = content.programme()["intake"].get(form, "open")
    notice = notice_text(form, lang, privacy_contact, privacy_policy)
    return {
        "form": form,
        "version": described["version"],
        "lang": lang,
        "title": described["title"][lang],
        "intro": described["intro"][lang],
        "submit": described["submit"][lang],
        "notice": notice,
        "status": status,
        **_gate(form, lang),
        "paused": paused_or_blank(form, lang) or None,
        "sections": [
            {
                "id": section["id"],
                "title": section["title"][lang],
                "fields": [_field(f, lang) for f in section["fields"]],
            }
            for section in described["sections"]
        ],
        "schema": _schema(described, lang),
    }


def _gate(form: str, lang: Lang) -> dict[str, str]:
    """Return what to say in place of an application that nobody was invited to."""
    return (
        {"gate": content.problems()["not_invited"]["detail"][lang]} if form == "application" else {}
    )


def _with_consent_text(described: "Form", newsletter: str) -> "Form":
    """Return the form with the text of its newsletter box, or without the box."""

    def fields(section: "Section") -> "Iterator[FormField]":
        for f in section["fields"]:
            if f["key"] not in CONSENT_BOXES:
                yield f
            elif newsletter:
                yield {**f, "label": {"fr": newsletter, "en": newsletter}}

    sections: list[Section] = [
        {**section, "fields": list(fields(section))} for section in described["sections"]
    ]
    return {**described, "sections": sections}


def _field(f: "FormField", lang: Lang) -> dict[str, object]:
    shown: dict[str, object] = {key: f[key] for key in _SHOWN if key in f}
    if shown.get("default") == "lang":
        shown["default"] = lang
    shown["label"] = f["label"][lang]
    shown["required"] = f["required"] and "when" not in f
    if "help" in f:
        shown["help"] = f["help"][lang]
    if "when" in f:
        shown["asked_when"] = f["when"]
        if f["required"]:
            shown["required_when"] = f["when"]
    if f["type"] in ("choice", "choices"):
        shown["options"] = [{"id": o["id"], "label": o[lang]} for o in _ordered(f, lang)]
    if f["type"] == "rows":
        shown["fields"] = [_field(row, lang) for row in f["fields"]]
    return shown


def _ordered(f: "FormField", lang: Lang) -> "Sequence[EntryContent]":
    """Return provinces in the order of each language, and other lists as they stand."""
    found = choices.options(f)
    if f.get("list") in ("provinces", "serves"):
        return sorted(found, key=lambda o: (o["id"] != "all", formatting.sort_key(o[lang], lang)))
    return found


def _schema(described: "Form", lang: Lang) -> dict[str, object]:
    fields = [f for section in described["sections"] for f in section["fields"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": described["title"][lang],
        **_object(fields, lang),
    }


def _object(fields: "list[FormField]", lang: Lang) -> dict[str, object]:
    conditions = [_condition(f) for f in fields if "when" in f and f["required"]]
    schema: dict[str, object] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {f["key"]: {"title": f["label"][lang], **_property(f, lang)} for f in fields},
        "required": [
            f["key"] for f in fields if f["required"] and "when" not in f and "default" not in f
        ],
    }
    if conditions:
        schema["allOf"] = conditions
    return schema


def _condition(f: "FormField") -> dict[str, object]:
    when = f["when"]
    asked = {"properties": {when["field"]: {"enum": when["in"]}}, "required": [when["field"]]}
    return {"if": asked, "then": {"required": [f["key"]]}}


def _property(f: "FormField", lang: Lang) -> dict[str, object]:
    kind = f["type"]
    if kind == "consent" and f["required"]:
        return {"const": True}
    if kind == "choice":
        return {"enum": [o["id"] for o in choices.options(f)]}
    if kind in ("choices", "lines", "rows"):
        limits = {"minItems": f["min"], "maxItems": f["max"]}
        return {"type": "array", "items": _items(f, lang), **limits}
    schema = dict(_JSON.get(kind, {"type": "string"}))
    if schema["type"] == "string":
        schema |= {"maxLength": f["max"]} if "max" in f else {}
        # Blank is an answer only where none is wanted.
        if f["required"] and "when" not in f:
            schema.setdefault("pattern", r"\S")
    elif kind in ("int", "decimal", "money"):
        schema |= {"minimum": f["min"]} if "min" in f else {}
        schema |= {"maximum": f["max"]} if "max" in f else {}
    return schema


def _items(f: "FormField", lang: Lang) -> dict[str, object]:
    if f["type"] == "choices":
        return {"enum": [o["id"] for o in choices.options(f)]}
    if f["type"] == "lines":
        return {"type": "string", "maxLength": f["max_length"]}
    return _object(f["fields"], lang)


def readable(form: str, answers: Mapping[str, Any], lang: Lang) -> list[dict[str, Any]]:
    """Return a copy of the answers in words, section by section; what was left blank is left out."""
    copy = []
    for section in content.form(form)["sections"]:
        rows = [_row(f, answers[f["key"]], lang, answers) for f in section["fields"]
                if f["key"] in answers and f["key"] not in PHONE_EXTENSIONS]  # fmt: skip
        if section["id"] == "budget" and "total_expenses" in answers:
            rows += totals(answers, lang)
        if rows:
            part = f"{form}-{section['id']}"
            copy.append({"id": part, "title": section["title"][lang], "rows": rows})
    return copy


PHONE_EXTENSIONS: Final = {"contact_phone_ext", "applicant_phone_ext"}


def _row(f: "FormField", value: Any, lang: Lang, answers: Mapping[str, Any]) -> dict[str, Any]:
    label = f.get("short", f["label"])[lang]
    if f["type"] == "rows":
        heads = [row["label"][lang] for row in f["fields"]]
        body = [
            [in_words(cell, row.get(cell["key"]), lang) for cell in f["fields"]] for row in value
        ]
        return {"key": f["key"], "label": label, "table": {"head": heads, "body": body}}
    if f["type"] == "phone":
        return {"key": f["key"], "label": label,
                "value": formatting.phone(value, answers.get(f"{f['key']}_ext"), lang)}  # fmt: skip
    return {"key": f["key"], "label": label, "value": in_words(f, value, lang)}


def in_words(f: "FormField", value: Any, lang: Lang) -> str:
    """Return an answer as people read it."""
    if value is None:
        return ""
    match f["type"]:
        case "choice":
            return _labels(f, [value], lang)
        case "choices":
            return _labels(f, value, lang)
        case "lines":
            return "\n".join(value)
        case "bool" | "consent":
            return {True: {"fr": "Oui", "en": "Yes"}, False: {"fr": "Non", "en": "No"}}[value][lang]
        case "money":
            return formatting.money(value, lang)
        case "decimal":
            return formatting.number(value, lang)
        case "phone":
            return formatting.phone(value, None, lang)
        case "bn_rr":
            return formatting.bn(value)
        case "date":
            return formatting.long_date(date.fromisoformat(value), lang)
        case "month":
            return formatting.long_month(value, lang)
        case "month_day":
            return formatting.day_of_year(value, lang)
        case (
            "name" | "line" | "text" | "email" | "digits" | "url" | "postal_code" | "int"
            | "rows" | "coach_ref" | "assessment_ref"
        ):  # fmt: skip
            return str(value)
    assert_never(f["type"])


def in_a_line(f: "FormField", answers: Mapping[str, Any], lang: Lang) -> str:
    """Return the answer to a question as the text of one cell, rows of a table a line each."""
    row = _row(f, answers[f["key"]], lang, answers)
    if "table" in row:
        return "\n".join("; ".join(filter(None, cells)) for cells in row["table"]["body"])
    return str(row["value"])


def _labels(f: "FormField", chosen: Iterable[str], lang: Lang) -> str:
    names = {o["id"]: o[lang] for o in choices.options(f)}
    return ", ".join(names.get(one, one) for one in chosen)


TOTALS: Final = {
    "total_expenses": {"en": "Total expenses", "fr": "Total des dépenses"},
    "total_requested": {"en": "Total requested", "fr": "Total demandé"},
    "total_contributions": {"en": "Total contributions", "fr": "Total des contributions"},
    "contribution_percent": {"en": "Share of contributions", "fr": "Part des contributions"},
}


def totals(answers: Mapping[str, Any], lang: Lang) -> list[dict[str, Any]]:
    rows = []
    for key in (key for key in TOTALS if key in answers):
        label = TOTALS[key]
        write = formatting.percent if key == "contribution_percent" else formatting.money
        rows.append({"key": key, "label": label[lang], "value": write(answers[key], lang)})
    return rows

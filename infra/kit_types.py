"""The types of the kit for TypeScript, made from the OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.views import openapi

HEAD: Final = """\
// What Relais reads and answers, for TypeScript. Made from its OpenAPI document by
// `python -m infra.kit`.
"""

ELEMENTS: Final = """\
/** What a form says once it is stored; `preventDefault()` leaves the rest to the website. */
export type SentEvent = CustomEvent<Receipt & { form: keyof Forms }>

/** Why a form was not taken, as its page shows it. */
export type RefusedEvent = CustomEvent<Problem>

/** `<relais-form form="eoi" lang="fr">`, around the plain form or empty. */
export interface RelaisFormElement extends HTMLElement {
  readonly piece: keyof Forms
  readonly hosted: string
}

/** `<relais-coaches lang="fr">`, around the plain search or empty. */
export interface RelaisCoachesElement extends HTMLElement {
  readonly hosted: string
}

declare global {
  interface HTMLElementTagNameMap {
    "relais-form": RelaisFormElement
    "relais-coaches": RelaisCoachesElement
  }
  interface HTMLElementEventMap {
    "relais:sent": SentEvent
    "relais:refused": RefusedEvent
    "relais:found": CustomEvent<unknown>
  }
}
"""


def declarations() -> str:
    """Return the whole of `relais.d.ts`."""
    document: Any = openapi.document("https://relais.example.org/api", "en", newsletter="yes")
    schemas = document["components"]["schemas"]
    forms = dict(_forms(document["paths"]))
    parts = [HEAD]
    for name, schema in {
        **schemas,
        **{_title(form): schema for form, schema in forms.items()},
    }.items():
        parts.append(_declared(name, _type(schema)))
    listed = "".join(f"  {form}: {_title(form)}\n" for form in forms)
    parts.append(
        f"/** The answers to each form, by its name. */\nexport interface Forms {{\n{listed}}}\n"
    )
    return "\n".join([*parts, ELEMENTS])


def _forms(paths: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the schema of each form that anybody may post, by its name."""
    for path, operations in paths.items():
        form = re.fullmatch(r"/(?:forms/\w+|newsletter)", path)
        if form and "post" in operations:
            body = operations["post"]["requestBody"]
            yield path.rpartition("/")[2], body["content"]["application/json"]["schema"]


def _title(form: str) -> str:
    return f"{form.capitalize()}Answers"


def _declared(name: str, written: str) -> str:
    """Return the declaration of a type: only what has properties of its own is an interface."""
    if written.startswith("{"):
        return f"export interface {name} {written}\n"
    return f"export type {name} = {written}\n"


def _type(schema: Mapping[str, Any], indent: str = "") -> str:  # noqa: PLR0911
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return " | ".join(dict.fromkeys(_type({"type": each}) for each in kind))
    if kind == "array":
        return f"Array<{_type(schema['items'], indent)}>"
    if kind == "object":
        return _object(schema, indent)
    return {"integer": "number", "null": "null"}.get(kind, str(kind))


def _object(schema: Mapping[str, Any], indent: str) -> str:
    properties = schema.get("properties")
    if not properties:
        return "Record<string, unknown>"
    needed, inner = schema.get("required", ()), indent + "  "
    lines = []
    for name, each in properties.items():
        if title := each.get("title") or each.get("description"):
            lines.append(f"{inner}/** {' '.join(str(title).split()).replace('*/', '')} */\n")
        key = name if re.fullmatch(r"\w+", name) else json.dumps(name)
        lines.append(f"{inner}{key}{'' if name in needed else '?'}: {_type(each, inner)}\n")
    return "{\n" + "".join(lines) + indent + "}"

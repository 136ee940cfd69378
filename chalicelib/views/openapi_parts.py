"""What each operation of the OpenAPI document is made of: parameters, body, responses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.forms import description
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.newsletter.subscribers.consent_text import SHOWN_FIELD
from chalicelib.views.openapi_answers import PAGE, PAGE_OR_DAYS, Responses, answer, json, refusals
from chalicelib.views.openapi_schemas import TEXT, Schema
from chalicelib.web.request import MULTIPART, URLENCODED

Parameter = Mapping[str, object]


class Operation(TypedDict, total=False):
    """A method of a path; `responses` are by status."""

    summary: str
    parameters: list[Parameter]
    requestBody: Mapping[str, object]
    responses: Responses


Paths = dict[str, dict[str, Operation]]

LINK: Final = "token"
"""The name in a path that is a right; whatever else stands there is a place."""


class Interface:
    """Makes the operations in one language."""

    def __init__(self, lang: Lang, newsletter: str = "") -> None:
        """`newsletter`: the words that consent to it, where its box is offered."""
        self.lang = lang
        self.newsletter = newsletter

    def get(
        self,
        path: str,
        *queries: str,
        script: str = "",
        refused: Iterable[str] = (),
        also: Iterable[str] = (),
        page: Mapping[str, object] = PAGE,
    ) -> Operation:
        """Return what is shown at an address: a page, and for a script JSON, by the name of its
        schema. `also` are other statuses that refuse nothing."""
        shown = answer(self.lang, "200", page, json(script) if script else {})
        return self._operation("get", path, queries, {**shown, **self.plain(also)}, refused)

    def post(
        self,
        path: str,
        fields: str = "",
        *,
        script: str = "",
        refused: Iterable[str] = ("fields", "step"),
        also: Iterable[str] = (),
    ) -> Operation:
        """Return what is done at an address, with these fields of a form; one that must be there has
        a `!`."""
        done = answer(self.lang, "200", PAGE, json(script) if script else {})
        shown = {**done, **self.plain(also)}
        operation = self._operation("post", path, (), shown, ("body", *refused))
        return {**operation, "requestBody": body(dict.fromkeys(fields.split(), TEXT))}

    def plain(self, statuses: Iterable[str]) -> Responses:
        return {status: answer(self.lang, status)[status] for status in statuses}

    def form(self, path: str, form: str, taken: Responses, *refused: str) -> dict[str, Operation]:
        """Return how a form is described and sent; `taken` is what a script is answered."""
        kinds = ("link", "invitation") if form == "application" else ()
        gone_on = self.plain(("303",))
        shown = answer(self.lang, "200", PAGE)
        operation = self._operation(
            "post", path, (), {**shown, **taken, **gone_on},
            ("body", "fields", "step", *kinds, *refused),
        )  # fmt: skip
        key = {"name": "Idempotency-Key", "in": "header", "schema": TEXT}
        operation["parameters"] = [*operation["parameters"], *([key] if refused else [])]
        operation["responses"] = _asking(operation["responses"], self.lang)
        schema = _form_schema(description.describe(form, self.lang, newsletter=self.newsletter))
        return {
            "get": self.get(
                path, "blank", *(("question", "whole") if form == "assessment" else ()), *(("invite", "days") if form == "application" else ()),
                script="FormDescription", refused=kinds, also=("304",),
                page=PAGE_OR_DAYS if form == "application" else PAGE,
            ),
            "post": {**operation, "requestBody": body({}, schema=schema)},
        }  # fmt: skip

    def _operation(
        self,
        method: str,
        path: str,
        queries: Iterable[str],
        done: Responses,
        refused: Iterable[str],
    ) -> Operation:
        names = re.findall(r"\{(\w+)\}", path)
        given = [*(("place",) if names else ()), *(("link",) if LINK in names else ())]
        kinds = [*given, *refused]
        known = content.interface()["operations"]
        key = f"{method.upper()} {path}"
        if key not in known:
            key = re.sub(r"/forms/\w+", "/forms/{form}", key)
        return {
            "summary": known[key][self.lang],
            "parameters": [
                *({"name": name, "in": "path", "required": True, "schema": TEXT} for name in names),
                *map(query_parameter, ("lang", *queries) if "lang" not in names else queries),
            ],
            "responses": {**done, **refusals(self.lang, kinds, outcome="link" in kinds)},
        }


def _asking(responses: Responses, lang: Lang) -> Responses:
    """Return the responses to a form: a refusal may ask whether a person sends it."""
    refused = dict(responses["422"])
    refused["description"] = f"{refused['description']}. {content.interface()['person'][lang]}"
    return {**responses, "422": refused}


CONTROL: Final[Mapping[str, Schema]] = {
    "lang": {"enum": ["fr", "en"]},
    "notice": TEXT,
    SHOWN_FIELD: TEXT,
    PERSON_FIELD: {"type": "boolean"},
    "redirect": TEXT,
}
"""Fields of every form that are no answers."""


def _form_schema(described: Mapping[str, Any]) -> Schema:
    """Return the schema of a form's answers, with the fields that say how to treat them."""
    schema = described["schema"]
    invited = dict.fromkeys(("invite", "ref", "uninvited"), TEXT)
    control = {**CONTROL, **(invited if described["form"] == "application" else {})}
    return {**schema, "properties": {**schema["properties"], **control}}


FIELDS: Final[Mapping[str, Schema]] = {"email": {"type": "string", "format": "email"}}
"""Fields of pages whose text is of a kind."""


def body(
    properties: Mapping[str, Schema], required: Sequence[str] = (), *, schema: Schema | None = None
) -> Mapping[str, object]:
    """Return a body that may come in any of the ways that forms are sent."""
    found = schema or {"type": "object", "properties": properties, "required": required}
    flat = {"schema": {"type": "object"} if schema else found}
    return {
        "required": True,
        "content": {"application/json": {"schema": found}, URLENCODED: flat, MULTIPART: flat},
    }


def query_parameter(name: str) -> Parameter:
    return {"name": name, "in": "query", "schema": {"type": "integer"} if name == "limit" else TEXT}

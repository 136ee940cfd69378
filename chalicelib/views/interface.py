"""The interface for developers: as OpenAPI, and as pages to read it on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from chalicelib import content
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers import consent_text
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.request import Request
from chalicelib.web.responses import Response, json_response, with_etag

CACHEABLE: Final = {"Cache-Control": "public, max-age=300"}


class OperationFacts(TypedDict):
    """One operation as its page shows it; `fields` are those of its form, and whether each must be
    there, `answers` the statuses with what they mean and their content types."""

    method: str
    path: str
    id: str
    summary: str
    parameters: list[str]
    fields: list[tuple[str, bool]]
    answers: list[tuple[str, str, list[str]]]


@dataclass(frozen=True)
class InterfaceViews:
    settings: Settings
    pages: Pages

    def document(self, request: Request) -> Response:
        return with_etag(request, json_response(self._document(request.lang), CACHEABLE))

    def index(self, request: Request) -> Response:
        """Answer with what there is, by group, a line each."""
        lang = request.lang
        document = self._document(lang)
        facts = {
            "intro": _with_code(document["info"]["description"]),
            "json_url": in_language(self.pages.address("openapi.json"), lang),
            "groups": [
                (
                    self._title(group, lang),
                    self._of_group(group, lang),
                    _operations(document, group),
                )
                for group in content.interface()["groups"]
            ],
        }
        return self._page("interface", request, facts, self.pages.address("openapi"))

    def group(self, request: Request, group: str) -> Response:
        """Answer with all that the operations of a group take and answer."""
        if group not in content.interface()["groups"]:
            raise NotFound(group)
        lang = request.lang
        facts = {
            "title": self._title(group, lang),
            "operations": _operations(self._document(lang), group),
            "index_url": in_language(self.pages.address("openapi"), lang),
        }
        address = self.pages.address("openapi", group)
        return self._page("interface_group", request, facts, address)

    def _page(
        self, template: str, request: Request, facts: Mapping[str, object], address: str
    ) -> Response:
        headers = {**CACHEABLE, "Content-Security-Policy": self.pages.policy(images=["'none'"])}
        page = self.pages.respond(template, request.lang, facts, address=address, headers=headers)
        return with_etag(request, page)

    def _document(self, lang: Lang) -> Mapping[str, Any]:
        from chalicelib.views import openapi

        words = consent_text.box(lang, self.settings)
        return openapi.document(self.settings.public_url, lang, newsletter=words)

    def _title(self, group: str, lang: Lang) -> str:
        return content.interface()["groups"][group][lang]

    def _of_group(self, group: str, lang: Lang) -> str:
        return in_language(self.pages.address("openapi", group), lang)


def _operations(document: Mapping[str, Any], group: str) -> Sequence[OperationFacts]:
    return [
        _facts(method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if group in operation["tags"]
    ]


def _facts(method: str, path: str, operation: Mapping[str, Any]) -> OperationFacts:
    return {
        "method": method,
        "path": path,
        "id": operation["operationId"],
        "summary": _with_code(operation["summary"]),
        "parameters": [each["name"] for each in operation["parameters"]],
        "fields": _fields(operation.get("requestBody")),
        "answers": [
            (status, _with_code(answer["description"]), list(answer.get("content", ())))
            for status, answer in sorted(operation["responses"].items())
        ],
    }


def _with_code(text: str) -> str:
    """Return the HTML of a text in which what stands between backticks is code."""
    from markupsafe import escape

    return re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text)))


def _fields(body: Mapping[str, Any] | None) -> list[tuple[str, bool]]:
    if body is None:
        return []
    schema = body["content"]["application/json"]["schema"]
    needed = schema.get("required", ())
    return [(name, name in needed) for name in schema.get("properties", ())]

"""The HTTP interface for developers: OpenAPI 3.1, made from the forms themselves."""

from chalicelib import content
from chalicelib.cases.states import staff_steps, table
from chalicelib.core.languages import LANGS, Lang
from chalicelib.forms import parsing
from chalicelib.views import openapi_drafts
from chalicelib.views.openapi_parts import (
    PROBLEM,
    PROBLEM_CONTENT,
    RECEIPT,
    Operation,
    Parameter,
    form_operations,
    page_operation,
    path_parameter,
    query_parameter,
    responses_without,
)
from chalicelib.web.request import BODY_LIMIT

Paths = dict[str, dict[str, Operation]]


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
            **{f"/forms/{form}": form_operations(form, lang, newsletter) for form in parsing.FORMS},
            **_newsletter(lang, newsletter),
            **_issues(),
            **_coaches(lang),
            **openapi_drafts.paths(),
            **_files(),
            **_reviews(),
            **_machines(),
        },
        "components": {"schemas": {"Problem": PROBLEM, "Receipt": RECEIPT}},
    }


def _files() -> Paths:
    return {
        "/file": {
            "get": page_operation("Asks for the address of somebody who lost their link"),
            "post": page_operation("email, lang; the same answer for every address: a mail tells"),
        },
        "/file/{token}": {
            "get": page_operation("An applicant's own page; changes nothing", "token"),
            "post": page_operation(
                "action: reply (answer, and the form's fields with revised=1), withdraw "
                "(confirm), correct (address) or confirm; nonce as the page hides it",
                "token",
            ),
        },
        "/declaration/{token}": {
            "get": page_operation(
                "A second declaration in the name of an address; changes nothing", "token"
            ),
            "post": page_operation(
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
            "get": page_operation("The review page; changes nothing", "token"),
            "post": page_operation(
                f"Decide: decision ({decisions}), reason, message, confirm, code, nonce", "token"
            ),
        },
    }


def _machines() -> Paths:
    kit = {
        "200": {"description": "Cacheable, with an ETag"},
        "304": {"description": "As the ETag says"},
        "404": {"description": "No such part", "content": PROBLEM_CONTENT},
        "409": {"description": "`invite` leads to no file", "content": PROBLEM_CONTENT},
        "410": {"description": "The invitation has ended", "content": PROBLEM_CONTENT},
    }
    parameters = [path_parameter("name"), *map(query_parameter, ("lang", "source", "invite"))]
    return {
        "/kit/{name}": {
            "get": {
                "summary": "A form or the search of coaches as HTML to paste (`source=1`: to be "
                "copied; `invite`: with what is known), relais.js or relais.css",
                "parameters": parameters,
                "responses": kit,
            }
        },
        "/health": {"get": {"responses": {"200": {"description": "The store answers"}}}},
        "/openapi.json": {"get": {"responses": {"200": {"description": "This document"}}}},
    }


def _newsletter(lang: Lang, newsletter: str) -> Paths:
    form = form_operations("newsletter", lang, newsletter)
    accepted = {
        "description": "The same answer for every address: an e-mail tells the rest. "
        "`consent_shown` of the GET, sent back, keeps the words that were shown"
    }
    responses = responses_without(form["post"], "201", "409") | {"202": accepted}
    post: Operation = {**form["post"], "parameters": [], "responses": responses}
    leave = page_operation(
        "Leave, or cancel a sign-up; a mail program's one click (RFC 8058) gets an empty 200",
        "token",
    )
    return {
        "/newsletter": {"get": form["get"], "post": post},
        "/newsletter/confirm/{token}": {
            "get": page_operation("A page with one button; changes nothing", "token"),
            "post": page_operation(
                "Confirm a sign-up, a new address or an implied consent; consent_shown as the "
                "page hides it",
                "token",
            ),
        },
        "/newsletter/unsubscribe/{token}": {
            "get": page_operation("A page with one button; changes nothing", "token"),
            "post": leave,
        },
        "/newsletter/preferences/{token}": {
            "get": page_operation("Choices and the consent record; changes nothing", "token"),
            "post": page_operation(
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
            "get": {
                "parameters": [query_parameter("lang"), query_parameter("year")],
                "responses": responses,
            }
        },
        "/newsletter/archive/{slug}": {
            "get": page_operation("An issue; for a script as JSON", "slug")
        },
        **feeds,
        "/newsletter/review/{token}": {
            "get": page_operation("The issue to approve; changes nothing", "token"),
            "post": page_operation(
                "decision: approve or send_back; remarks, confirm, code, nonce", "token"
            ),
        },
        "/newsletter/review/{token}/{lang}": {"get": page_operation(sent, "token", "lang")},
        "/newsletter/progress/{token}": {
            "get": page_operation("How far an issue is; changes nothing", "token"),
            "post": page_operation("act: pause, resume or cancel; confirm, nonce", "token"),
        },
    }


def _coaches(lang: Lang) -> Paths:
    filters = content.coaches()["filters"]
    parameters: list[Parameter] = [
        *map(query_parameter, ("q", "lang", "limit", "cursor")),
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
    contact = form_operations("message", lang, "")
    for operation in contact.values():
        operation["parameters"] = [path_parameter("slug")]
    contact["post"]["responses"] = responses_without(contact["post"], "409")
    return {
        "/coaches": {"get": {"parameters": parameters, "responses": responses}},
        "/coaches/{slug}": {"get": page_operation("One coach; for a script as JSON", "slug")},
        "/coaches/{slug}/contact": contact,
        "/coach/{token}": {
            "get": page_operation("A coach's own page; changes nothing", "token"),
            "post": page_operation("action: confirm, change or withdraw; nonce", "token"),
        },
        "/proposal/{token}": {
            "get": page_operation("A coach's changes; changes nothing", "token"),
            "post": page_operation("decision: publish or return; remarks, confirm, nonce", "token"),
        },
    }

"""The HTTP interface for developers: OpenAPI 3.1, made from the forms themselves."""

from collections.abc import Mapping
from typing import Final

from chalicelib import content
from chalicelib.cases.states import staff_steps, table
from chalicelib.coaches.directory.snapshot import all_labels
from chalicelib.core.languages import LANGS, Lang
from chalicelib.forms import parsing
from chalicelib.views.desk.rights import RIGHTS
from chalicelib.views.openapi_answers import PAGE, PAGE_OR_DAYS, answer, json
from chalicelib.views.openapi_drafts import drafts
from chalicelib.views.openapi_parts import Interface, Paths
from chalicelib.views.openapi_schemas import ANYTHING, SCHEMAS, TEXT
from chalicelib.web.request import BODY_LIMIT

FEED_TYPES: Final = {"xml": "application/atom+xml", "json": "application/feed+json"}


def document(public_url: str, lang: Lang, *, newsletter: str = "") -> dict[str, object]:
    """Return the whole document; labels and texts in `lang`, with the words that consent to the
    newsletter where its box is offered."""
    words = content.interface()
    paths: dict[str, object] = {}
    for group, found in groups(Interface(lang, newsletter)).items():
        for path, operations in found.items():
            paths[path] = {
                method: {"tags": [group], "operationId": _id(method, path), **operation}
                for method, operation in operations.items()
            }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Relais",
            "version": "1",
            "description": words["intro"][lang].format(limit=BODY_LIMIT // 1024),
        },
        "servers": [{"url": public_url}],
        "tags": [
            {"name": name, "description": text[lang]} for name, text in words["groups"].items()
        ],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }


def groups(interface: Interface) -> Mapping[str, Paths]:
    """Return the operations by what they are about, in the order of a reader."""
    return {
        "forms": _forms(interface),
        "drafts": drafts(interface),
        "files": _files(interface),
        "coaches": _coaches(interface),
        "newsletter": _newsletter(interface),
        "staff": _staff(interface),
        **{group: _desk(interface, group) for group in ("desk", *DESKS)},
        "machines": _machines(interface),
    }


def _id(method: str, path: str) -> str:
    """Return the name of an operation in programs that are made from the document."""
    words = path.replace("{", "").replace("}", "").replace(".", "/").replace("-", "/").split("/")
    return method + "".join(word.capitalize() for word in words)


def _forms(interface: Interface) -> Paths:
    taken = answer(interface.lang, "201", json("Receipt"))
    kinds = ("text/html", "text/css", "text/javascript", "text/plain")
    kit = {**{kind: {"schema": TEXT} for kind in kinds}, **json("Pause")}
    get = interface.get(
        "/kit/{name}",
        *("source", "invite", "paused"),
        page=kit,
        refused=("link", "invitation"),
        also=("304",),
    )
    return {
        **{
            f"/forms/{form}": interface.form(f"/forms/{form}", form, taken, "form", "place")
            for form in parsing.FORMS
        },
        "/kit/{name}": {"get": get},
    }


def _files(interface: Interface) -> Paths:
    file, declaration = "/file/{token}", "/declaration/{token}"
    ask = interface.post("/file", "email! lang", also=("303",))
    ask["responses"] |= answer(interface.lang, "202", json("Outcome"))
    return {
        "/file": {"get": interface.get("/file", script="Fields"), "post": ask},
        file: {
            "get": interface.get(
                file, "days", "copy", "do", script="Outcome", page=PAGE_OR_DAYS, also=("303",)
            ),
            "post": interface.post(
                file,
                "action nonce answer revised confirm address do",
                script="FileStep",
                also=("303",),
            ),
        },
        declaration: {
            "get": interface.get(declaration, script="Choices"),
            "post": interface.post(declaration, "choice nonce", script="Outcome"),
        },
    }


def _coaches(interface: Interface) -> Paths:
    filters, known = content.coaches()["filters"], all_labels()
    search = interface.get(
        "/coaches", "q", "limit", "cursor", script="Coaches", refused=("search",), also=("304",)
    )
    search["parameters"] += [
        {
            "name": name,
            "in": "query",
            "description": text[interface.lang],
            "schema": {"type": "array", "items": {"enum": list(known[name])}},
        }
        for name, text in filters.items()
    ]
    slug, contact = "/coaches/{slug}", "/coaches/{slug}/contact"
    sent = answer(interface.lang, "201", json("Outcome"))
    return {
        "/coaches": {"get": search},
        slug: {"get": interface.get(slug, script="Coach", also=("304",))},
        contact: interface.form(contact, "message", sent),
        "/coach/{token}": {
            "get": interface.get("/coach/{token}"),
            "post": interface.post("/coach/{token}", "action nonce"),
        },
        "/proposal/{token}": {
            "get": interface.get("/proposal/{token}"),
            "post": interface.post("/proposal/{token}", "decision remarks confirm nonce"),
        },
    }


def _newsletter(interface: Interface) -> Paths:
    asked = answer(interface.lang, "202", json("Outcome"))
    confirm, leave, choose = (
        f"/newsletter/{what}/{{token}}" for what in ("confirm", "unsubscribe", "preferences")
    )
    left = interface.post(leave)
    left["responses"] |= answer(
        interface.lang, "200", {"text/html": {"schema": TEXT}, "text/plain": {"schema": TEXT}}
    )
    archive, issue = "/newsletter/archive", "/newsletter/archive/{slug}"
    image = "/newsletter/images/{issue}/{file}"
    return {
        "/newsletter": interface.form("/newsletter", "newsletter", asked),
        confirm: {
            "get": interface.get(confirm, script="Outcome"),
            "post": interface.post(confirm, "consent_shown email", script="Outcome"),
        },
        leave: {"get": interface.get(leave), "post": left},
        choose: {
            "get": interface.get(choose, script="Outcome"),
            "post": interface.post(choose, "action language topics email confirm", script="Choice"),
        },
        archive: {
            "get": interface.get(
                archive, "year", script="Archive", refused=("place",), also=("304",)
            )
        },
        issue: {"get": interface.get(issue, script="Issue", also=("304",))},
        image: {"get": interface.get(image, also=("302",))},
        **_feeds(interface),
    }


def _feeds(interface: Interface) -> Paths:
    paths: Paths = {}
    for lang in LANGS:
        for kind, media in FEED_TYPES.items():
            path = f"/newsletter/feed.{lang}.{kind}"
            feed = {media: {"schema": ANYTHING if kind == "json" else TEXT}}
            paths[path] = {"get": interface.get(path, page=feed, also=("304",))}
    return paths


def _staff(interface: Interface) -> Paths:
    events = dict.fromkeys(event for state, _ in table() for event in staff_steps(state))
    decide = interface.post("/review/{token}", "decision reason message leaves confirm code nonce")
    decisions = ", ".join([*events, "undo", "fresh"])
    decide["summary"] = decide["summary"].format(decisions=decisions)
    issue, progress = "/newsletter/review/{token}", "/newsletter/progress/{token}"
    return {
        "/review/{token}": {
            "get": interface.get(
                "/review/{token}", "days", "letters", page=PAGE_OR_DAYS, also=("303",)
            ),
            "post": decide,
        },
        issue: {
            "get": interface.get(issue),
            "post": interface.post(issue, "decision remarks confirm code nonce"),
        },
        f"{issue}/{{lang}}": {"get": interface.get(f"{issue}/{{lang}}")},
        progress: {
            "get": interface.get(progress),
            "post": interface.post(progress, "act confirm nonce", also=("303",)),
        },
    }


FILE_AT_DESK: Final = "/desk/files/{ref}"

DESK_FIELDS: Final = {
    "/desk": "email code",
    "/desk/account": "action code",
    FILE_AT_DESK: "decision reason message leaves confirm nonce",
    "/desk/export": "columns format confirm",
}
"""What the forms of the desk send, where it is worth a word."""


DESKS: Final[Mapping[str, tuple[str, ...]]] = {
    "programme": ("/desk/programme", "/desk/log", "/desk/rules", "/desk/texts"),
    "directory": ("/desk/coach",),
    "readers": ("/desk/newsletter",),
    "subscribers": ("/desk/subscribers",),
}
"""How the pages of the desk begin that have a group of their own; all others are in `desk`."""


def _desk(interface: Interface, group: str) -> Paths:
    """Return the pages of the table of rights that are in a group: whoever is not signed in is
    sent to sign in, or refused."""
    paths: Paths = {}
    for method, path in RIGHTS:
        if next((g for g, begun in DESKS.items() if path.startswith(begun)), "desk") != group:
            continue
        queries, page = (("days",), PAGE_OR_DAYS) if path == FILE_AT_DESK else ((), PAGE)
        operation = (
            interface.get(path, *queries, page=page, refused=("step",), also=("303",))
            if method == "GET"
            else interface.post(path, DESK_FIELDS.get(path, ""), also=("303",))
        )
        operation["responses"] |= answer(interface.lang, "403", {"text/html": {"schema": TEXT}})
        paths.setdefault(path, {})[method.lower()] = operation
    return paths


def _machines(interface: Interface) -> Paths:
    alive: dict[str, object] = {"application/json": {"schema": ANYTHING}}
    group = "/openapi/{group}"
    return {
        "/": {"get": interface.get("/", script="Home")},
        "/openapi": {"get": interface.get("/openapi", also=("304",))},
        group: {"get": interface.get(group, also=("304",))},
        "/status": {"get": interface.get("/status", script="Status")},
        "/health": {"get": interface.get("/health", page=alive)},
        "/openapi.json": {"get": interface.get("/openapi.json", page=alive, also=("304",))},
    }

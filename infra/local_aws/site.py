"""The example website, which writes its pages as a content management system would.

Each form page asks Relais for `GET /forms/{form}` and writes plain HTML whose form posts
straight to Relais. No script runs in the visitor's browser.
"""

import json
import time
import urllib.error
import urllib.request
from http.server import HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chalicelib.core.formatting import sort_key
from chalicelib.core.templates import TEMPLATES, environment
from infra.local_aws.server import Page, PageHandler, serve_forever

WEBSITE = Path(__file__).resolve().parents[2] / "website"
LANGS = ("fr", "en")
FORMS = {"assessment": "forms/assessment", "eoi": "forms/eoi", "application": "forms/application",
         "newsletter": "newsletter"}  # fmt: skip
"""The website's pages with a form, and where the API describes it."""


class Site(PageHandler):
    """Serves `/fr/`, `/fr/eoi`, `/fr/application?invite=…`, `/fr/assessment`, `/fr/newsletter`, `/fr/coaches`,
    `/fr/thanks`; the same in English."""

    api = ""
    origin = ""
    coaches: Path | None = None

    def page(self, path: str) -> Page:
        parts = urlsplit(path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        _, lang, *rest = (*parts.path.split("/"), "")
        name = rest[0] if rest else ""
        if lang not in LANGS:
            return (
                Page("", status=302, location="/fr/")
                if parts.path == "/"
                else self._not_found("fr")
            )
        if name in FORMS:
            return self._form(name, lang, query)
        if name == "coaches":
            return self._coaches(lang)
        if name in ("", "thanks"):
            return self._render(name or "home", lang, path, query=query, api=self.api)
        return self._not_found(lang)

    def _form(self, name: str, lang: str, query: dict[str, str]) -> Page:
        query_sent = {"lang": lang, **({"invite": query["invite"]} if "invite" in query else {})}
        try:
            description = _fetch(f"{self.api}/{FORMS[name]}?{urlencode(query_sent)}")
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            return self._render(
                "problem", lang, f"/{lang}/{name}", status=error.code, problem=problem
            )
        # A self-assessment leads to its result, on a page of Relais.
        back = {} if name == "assessment" else {"redirect": f"{self.origin}/{lang}/thanks"}
        shown = {"notice": description["notice_hash"]} if "notice_hash" in description else {}
        hidden = {"lang": lang, **back, **shown, "started_at": str(int(time.time())), **query_sent}
        return self._render(
            "form",
            lang,
            f"/{lang}/{name}" + (f"?invite={query['invite']}" if "invite" in query else ""),
            description=description,
            values=description.get("values", {}),
            wrong={},
            hidden=hidden,
        )

    def _coaches(self, lang: str) -> Page:
        """Show everybody, from the copy that was made when they were published: Relais may be
        away."""
        copy: dict[str, Any] = {"labels": {}, "coaches": []}
        if self.coaches is not None and self.coaches.exists():
            copy = json.loads(self.coaches.read_text("utf-8"))
        people = sorted(
            copy["coaches"], key=lambda c: sort_key(f"{c['last_name']} {c['first_name']}", lang)
        )
        return self._render(
            "coaches", lang, f"/{lang}/coaches", people=people, labels=copy["labels"], api=self.api
        )

    def _not_found(self, lang: str) -> Page:
        problem = {
            "fr": {"title": "Page introuvable", "detail": "Vérifiez l’adresse."},
            "en": {"title": "Page not found", "detail": "Check the address."},
        }
        return self._render("problem", lang, f"/{lang}/", status=404, problem=problem[lang])

    def _render(
        self, template: str, lang: str, path: str, *, status: int = 200, **facts: Any
    ) -> Page:
        other = "en" if lang == "fr" else "fr"
        switch = path.replace(f"/{lang}/", f"/{other}/", 1)
        body = (
            _environment()
            .get_template(f"{template}.html")
            .render(
                lang=lang,
                switch=switch,
                style=Markup((WEBSITE / "style.css").read_text("utf-8")),
                **facts,
            )
        )
        return Page(body, status=status)


def _fetch(url: str) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        found: dict[str, Any] = json.load(response)
    return found


def _environment() -> Environment:
    """Return an environment whose pages may use the macros of Relais' form page."""
    shared = environment()
    found = Environment(
        loader=ChoiceLoader([FileSystemLoader(WEBSITE / "pages"), FileSystemLoader(TEMPLATES)]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(shared.filters)
    found.globals.update(shared.globals)
    found.tests.update(shared.tests)
    return found


def serve(port: int, api: str, coaches: Path | None = None) -> HTTPServer:
    """Serve the website; `coaches` is the public directory as `coaches fallback` writes it."""
    origin = f"http://127.0.0.1:{port}"
    return serve_forever(
        type("ThisSite", (Site,), {"api": api, "origin": origin, "coaches": coaches}), port
    )

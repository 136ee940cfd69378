"""The example website, which writes its pages as a content management system would.

Each part of Relais is pasted as its kit has it, with the script and the style of the kit; without
the script the forms post straight to Relais.
"""

import json
import re
import urllib.error
import urllib.request
from functools import cache
from http.server import HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chalicelib import content
from chalicelib.core.formatting import sort_key
from chalicelib.core.page_style import colour_rules
from chalicelib.core.templates import environment
from infra.local_aws.server import Page, PageHandler, serve_forever

WEBSITE = Path(__file__).resolve().parents[2] / "website"
LANGS = ("fr", "en")
FORMS = ("assessment", "eoi", "application", "newsletter")
"""The website's pages with a form."""


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
            return self._render(name or "home", lang, path, query=query)
        return self._not_found(lang)

    def _form(self, name: str, lang: str, query: dict[str, str]) -> Page:
        invite = {"invite": query["invite"]} if "invite" in query else {}
        try:
            part = self._part(name, lang, invite)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            return self._problem(lang, f"/{lang}/{name}", problem, error.code)
        if name != "assessment":
            # A self-assessment leads to its result, on a page of Relais; the others come back.
            back = f'<input type="hidden" name="redirect" value="{self.origin}/{lang}/thanks">'
            part = part.replace("</form>", f"{back}\n</form>")
        address = f"/{lang}/{name}" + (f"?{urlencode(invite)}" if invite else "")
        return self._render("part", lang, address, title=_title(part), part=Markup(part))

    def _coaches(self, lang: str) -> Page:
        """Show everybody, from the copy that was made when they were published: Relais may be
        away."""
        copy: dict[str, Any] = {"labels": {}, "coaches": []}
        if self.coaches is not None and self.coaches.exists():
            copy = json.loads(self.coaches.read_text("utf-8"))
        people = sorted(
            copy["coaches"], key=lambda c: sort_key(f"{c['last_name']} {c['first_name']}", lang)
        )
        try:
            part = self._part("coaches", lang, {})
        except OSError:
            part = ""
        facts = {"people": people, "labels": copy["labels"], "part": Markup(part)}
        return self._render("coaches", lang, f"/{lang}/coaches", **facts)

    def _part(self, name: str, lang: str, query: dict[str, str]) -> str:
        return _fetch(f"{self.api}/kit/{name}?{urlencode({'lang': lang, **query})}")

    def _problem(self, lang: str, path: str, problem: dict[str, Any], status: int) -> Page:
        return self._render("problem", lang, path, status=status, problem=problem)

    def _not_found(self, lang: str) -> Page:
        problem = {
            "fr": {"title": "Page introuvable", "detail": "Vérifiez l’adresse."},
            "en": {"title": "Page not found", "detail": "Check the address."},
        }
        return self._problem(lang, f"/{lang}/", problem[lang], 404)

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
                api=self.api,
                style=Markup(_style()),
                **facts,
            )
        )
        return Page(body, status=status)


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:
        return str(response.read().decode())


def _title(part: str) -> str:
    """Return what a part of the kit is called."""
    named = re.search(r' aria-label="([^"]*)"', part)
    return Markup(named[1] if named else "").unescape()


@cache
def _style() -> str:
    """Return the style of the website and that of the kit, without notes, and of the colours of
    our pages those that they use."""
    paths = [WEBSITE / "style.css", WEBSITE / "kit" / "relais.css"]
    sheets = re.sub(r"/\*.*?\*/\n?", "", "\n".join(path.read_text("utf-8") for path in paths))
    used = set(re.findall(r"var\((--[a-z-]+)", sheets))
    colours = colour_rules(content.theme())
    kept = re.sub(r"(--[a-z-]+):[^;}]+;?", lambda one: one[0] if one[1] in used else "", colours)
    return f"{kept}\n{sheets}"


@cache
def _environment() -> Environment:
    """Return an environment that writes numbers and figures as our pages do."""
    shared = environment()
    found = Environment(
        loader=FileSystemLoader(WEBSITE / "pages"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(shared.filters)
    found.globals.update(shared.globals)
    return found


def serve(port: int, api: str, coaches: Path | None = None) -> HTTPServer:
    """Serve the website; `coaches` is the public directory as `coaches fallback` writes it."""
    origin = f"http://127.0.0.1:{port}"
    return serve_forever(
        type("ThisSite", (Site,), {"api": api, "origin": origin, "coaches": coaches}), port
    )

"""The first page: what is here, and where it is; and what stands at no address."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypedDict

from chalicelib import content
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.ports import KeySource, Now, Store
from chalicelib.core.settings import Settings
from chalicelib.forms import parsing
from chalicelib.mail.service_status import ServiceStatus
from chalicelib.views.interface import InterfaceViews
from chalicelib.views.status import StatusViews
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.request import Request
from chalicelib.web.responses import Response, json_response

CACHEABLE = {"Cache-Control": "public, max-age=300"}


class Way(TypedDict):
    """Where a link of the first page leads, by the name that scripts know it by."""

    name: str
    title: str
    url: str


@dataclass(frozen=True)
class HomeViews:
    settings: Settings
    pages: Pages
    store: Store
    now: Now
    keys: KeySource

    @cached_property
    def status(self) -> StatusViews:
        """How the service does."""
        return StatusViews(ServiceStatus(self.store, self.now, self.keys), self.pages)

    @cached_property
    def interface(self) -> InterfaceViews:
        """Where developers are told the same, and more."""
        return InterfaceViews(self.settings, self.pages)

    def show(self, request: Request) -> Response:
        lang = request.lang
        ways = [*self._forms(lang), *self._others(lang)]
        if not request.wants_page:
            links = {way["name"]: self.pages.address(way["name"]) for way in ways}
            return json_response({"links": links}, CACHEABLE)
        facts = {"ways": ways}
        return self.pages.respond("home", lang, facts, address=self.pages.address(""))

    def elsewhere(self, request: Request) -> Response:
        """Answer for an address that is none of ours. Raises NotFound."""
        raise NotFound("address")

    def _forms(self, lang: Lang) -> Sequence[Way]:
        names = [(f"forms/{form}", content.form(form)["title"][lang]) for form in parsing.FORMS]
        return [self._way(name, title, lang) for name, title in names]

    def _others(self, lang: Lang) -> Sequence[Way]:
        titles = content.home()
        return [self._way(name, text[lang], lang) for name, text in titles.items()]

    def _way(self, name: str, title: str, lang: Lang) -> Way:
        return Way(name=name, title=title, url=in_language(self.pages.address(name), lang))

"""For whoever lost their link: a mail with the links of their files, to their address alone."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pydantic_core import PydanticCustomError

from chalicelib.cases.lost_link import LostLinks
from chalicelib.content import load
from chalicelib.core.languages import Lang, other_language
from chalicelib.forms import field_types
from chalicelib.forms.normalise import tidy
from chalicelib.web.request import Request, Response, json_response, lang_of, text_of
from chalicelib.web.responses import PRIVATE, Responder


@dataclass(frozen=True)
class LostLinkViews:
    """The same answer for every address, and as quick: whose files there are is only looked up
    when the letter is written."""

    lost_links: LostLinks
    responder: Responder

    def show(self, request: Request) -> Response:
        if not request.wants_page:
            return json_response({"action": self._address, "fields": ["email", "lang"]}, PRIVATE)
        if "asked" in request.query:
            return self._told(request.lang)
        return self._page(request.lang)

    def ask(self, request: Request) -> Response:
        """Raises TooMany for a network that asks too often."""
        fields = request.fields()
        lang = lang_of(fields, request)
        typed = str(tidy(text_of(fields, "email")))
        try:
            email = field_types.email(typed)
        except PydanticCustomError:
            wrong = str(load("messages")["email"][lang])
            if not request.wants_page:
                errors = [{"field": "email", "code": "email", "message": wrong}]
                return json_response({"status": 422, "errors": errors}, PRIVATE, status=422)
            return self._page(lang, typed[:254], wrong)
        self.lost_links.ask(email, lang, request.address)
        told = load("review")["file"]["links_asked"]
        if not request.wants_page:
            return json_response(
                {"status": "asked", "message": told["text"][lang]}, PRIVATE, status=202
            )
        where = f"{self._address}?{urlencode({'asked': 1, 'lang': lang})}"
        return Response(303, "", "text/html; charset=utf-8", {"Location": where})

    def _told(self, lang: Lang) -> Response:
        from chalicelib.web import pages

        told = load("review")["file"]["links_asked"]
        page = pages.told(
            lang,
            title=told["title"][lang],
            paragraphs=[told["text"][lang]],
            links=[],
            switch_url=f"{self._address}?asked=1&lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)

    def broken(self, request: Request) -> Response:
        """In place of a file whose link does not work: how to get another one."""
        return self._page(request.lang, broken=True, status=404)

    def _page(
        self,
        lang: Lang,
        typed: str = "",
        wrong: str = "",
        *,
        broken: bool = False,
        status: int = 200,
    ) -> Response:
        from chalicelib.web import pages

        facts: dict[str, Any] = {
            "typed": typed,
            "wrong": wrong,
            "broken": load("problems")["bad_link"]["title"][lang] if broken else "",
            "action": self._address,
        }
        page = pages.lost(
            lang,
            **facts,
            switch_url=f"{self._address}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, 422 if wrong else status)

    @property
    def _address(self) -> str:
        return f"{self.responder.settings.public_url}/file"

"""For whoever lost their link: a mail with the links of their files, to their address alone."""

from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from chalicelib import content
from chalicelib.cases.lost_link import LostLinks
from chalicelib.core.email_address import EMAIL_MAX_LENGTH
from chalicelib.core.languages import Lang
from chalicelib.forms import field_types
from chalicelib.forms.normalise import tidy
from chalicelib.forms.problems import InvalidForm, Problem
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import Problems
from chalicelib.web.request import Request, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other


@dataclass(frozen=True)
class LostLinkViews:
    """The same answer for every address, and as quick: whose files there are is only looked up
    when the letter is written."""

    lost_links: LostLinks
    pages: Pages
    problems: Problems

    def show(self, request: Request) -> Response:
        if not request.wants_page:
            return json_response({"action": self._address, "fields": ["email", "lang"]}, PRIVATE)
        if "asked" in request.query:
            return self._requested(request.lang)
        return self._page(request.lang)

    def ask(self, request: Request) -> Response:
        """Owe the links of an address's files, and answer alike for every address. Raises TooMany
        for a network that asks too often."""
        fields = request.fields()
        lang = request.language(fields)
        entered = str(tidy(text_field(fields, "email")))
        try:
            email = field_types.email(entered)
        except PydanticCustomError:
            wrong = str(content.messages()["email"][lang])
            if not request.wants_page:
                refused = InvalidForm([Problem("email", "email")])
                return self.problems.respond(request, refused, lang)
            return self._page(lang, entered[:EMAIL_MAX_LENGTH], wrong, status=422)
        self.lost_links.ask(email, lang, request.address)
        if not request.wants_page:
            message = content.review()["file"]["links_asked"]["text"][lang]
            return json_response({"status": "asked", "message": message}, PRIVATE, status=202)
        return see_other(in_language(f"{self._address}?asked=1", lang))

    def broken(self, request: Request) -> Response:
        """Answer in place of a file whose link does not work: how to get another one."""
        title = content.problems()["bad_link"]["title"][request.lang]
        return self._page(request.lang, broken=title, status=404)

    def receipt_over(self, request: Request) -> Response:
        """Answer in place of a page that said that a form came: how to get the link of its file."""
        text = content.review()["file"]["receipt_over"]
        title, detail = text["title"][request.lang], text["text"][request.lang]
        if not request.wants_page:
            return json_response({"status": "over", "message": detail}, PRIVATE, status=410)
        return self._page(request.lang, broken=title, reason=detail, status=410)

    def _requested(self, lang: Lang) -> Response:
        text = content.review()["file"]["links_asked"]
        facts = {"title": text["title"][lang], "paragraphs": [text["text"][lang]], "links": []}
        return self.pages.respond("message", lang, facts, address=f"{self._address}?asked=1")

    def _page(
        self,
        lang: Lang,
        entered: str = "",
        wrong: str = "",
        *,
        broken: str = "",
        reason: str = "",
        status: int = 200,
    ) -> Response:
        facts = {
            "entered": entered,
            "wrong": wrong,
            "broken": broken,
            "reason": reason,
            "action": self._address,
        }
        return self.pages.respond("lost_link", lang, facts, address=self._address, status=status)

    @property
    def _address(self) -> str:
        return self.pages.address("file")

"""The page to write to a coach, and what its form brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib import content
from chalicelib.coaches.cache import DirectoryCache
from chalicelib.coaches.directory.results import CoachPage
from chalicelib.coaches.messages import Messages
from chalicelib.core.errors import NotFound, RelaisError
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.views.form_page import respond_with_form
from chalicelib.web.form_errors import Description
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import Problems, ProblemText
from chalicelib.web.request import Request, switched, take_control
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other

CONTROL_FIELDS: Final = ("lang", "website", "started_at", PERSON_FIELD)
"""Fields that say how to treat a message, and are no part of it."""


@dataclass(frozen=True)
class CoachContactViews:
    cache: DirectoryCache
    messages: Messages
    settings: Settings
    pages: Pages
    problems: Problems
    now: Now

    def form(self, request: Request, slug: str) -> Response:
        lang = request.lang
        coach = self._coach(slug, lang)
        if "sent" in request.query:
            return self._sent(coach, lang, "later" if request.query["sent"] == "later" else "sent")
        if not request.wants_page:
            return json_response(
                self._describe(slug, lang), {"Cache-Control": "public, max-age=60"}
            )
        return self._form_page(coach, lang, {})

    def send(self, request: Request, slug: str) -> Response:
        fields: dict[str, object] = {}
        control: dict[str, str] = {}
        lang = request.lang
        coach = self._coach(slug, lang)
        try:
            fields = request.fields()
            lang = request.language(fields)
            control = take_control(fields, CONTROL_FIELDS)
            if other := switched(request, fields):
                return self._form_page(self._coach(slug, other), other, fields, kept=_kept(control))
            sent = self.messages.send(
                coach["slug"],
                fields,
                lang,
                address=request.address,
                trap=control["website"],
                started_at=control["started_at"],
                person=control[PERSON_FIELD],
            )
        except RelaisError as error:
            if not request.wants_page or not fields:
                return self.problems.respond(request, error, lang, form="message")
            refused = self.problems.text(error, lang, form="message")
            person = control.get(PERSON_FIELD, "")
            return self._form_page(coach, lang, fields, refused, {PERSON_FIELD: person})
        headers = {"Idempotent-Replayed": "true"} if sent.replayed else {}
        if request.wants_page:
            what = "later" if sent.later else "1"
            return see_other(in_language(f"{self._address(slug)}?sent={what}", lang), headers)
        text = _text("later" if sent.later else "sent", lang, coach)
        body = {"status": "received", "message": text}
        return json_response(body, {**headers, **PRIVATE}, status=201)

    def _form_page(
        self,
        coach: CoachPage,
        lang: Lang,
        values: Mapping[str, object],
        refused: ProblemText | None = None,
        kept: Mapping[str, str] | None = None,
    ) -> Response:
        description = {
            **self._describe(coach["slug"], lang),
            "title": _text("title", lang, coach),
        }
        stamp = {} if refused else {"started_at": str(int(self.now().timestamp()))}
        return respond_with_form(
            self.pages,
            description,
            lang,
            values=values,
            hidden={**stamp, **(kept or {})},
            refused=refused,
        )

    def _sent(self, coach: CoachPage, lang: Lang, when: Literal["sent", "later"]) -> Response:
        everybody = in_language(self.pages.address("coaches"), lang)
        page = in_language(self.pages.address("coaches", coach["slug"]), lang)
        facts = {
            "title": _text("done" if when == "sent" else "kept", lang, coach),
            "paragraphs": [_text(when, lang, coach)],
            "links": [(coach["name"], page), (content.network()["all"][lang], everybody)],
        }
        what = "1" if when == "sent" else when
        address = f"{self._address(coach['slug'])}?sent={what}"
        return self.pages.respond("message", lang, facts, address=address)

    def _coach(self, slug: str, lang: Lang) -> CoachPage:
        coach = self.cache.directory().coach(slug[:80], lang)
        if coach is None:
            raise NotFound(slug)
        return coach

    def _describe(self, slug: str, lang: Lang) -> Description:
        from chalicelib.forms import description

        contact = self.settings.privacy_contact
        form = description.describe("message", lang, privacy_contact=contact)
        return {**form, "action": self._address(slug)}

    def _address(self, slug: str) -> str:
        return self.pages.address("coaches", slug, "contact")


def _kept(control: Mapping[str, str]) -> dict[str, str]:
    return {key: control[key] for key in (PERSON_FIELD, "started_at")}


def _text(
    key: Literal["title", "done", "sent", "kept", "later"], lang: Lang, coach: CoachPage
) -> str:
    return content.network()["message"][key][lang].format(name=coach["name"])

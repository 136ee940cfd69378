"""The page to write to a coach, and what its form brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.coaches.cache import DirectoryCache
from chalicelib.coaches.messages import Messages
from chalicelib.content import load
from chalicelib.core.errors import NotFound, RelaisError
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings
from chalicelib.forms.problems import InvalidForm
from chalicelib.web.request import Request, Response, as_text, json_response, lang_of
from chalicelib.web.responses import PRIVATE, Responder

_OURS: Final = ("lang", "website", "started_at")


@dataclass(frozen=True)
class CoachContactViews:
    reader: DirectoryCache
    messages: Messages
    settings: Settings
    responder: Responder
    now: Now

    def form(self, request: Request, slug: str) -> Response:
        coach = self._coach(slug, request.lang)
        if "sent" in request.query:
            return self._sent(coach, request.lang)
        if not request.wants_page:
            return json_response(
                self._described(slug, request.lang), {"Cache-Control": "public, max-age=60"}
            )
        return self._page(coach, request.lang, {})

    def send(self, request: Request, slug: str) -> Response:
        fields: dict[str, Any] = {}
        lang = request.lang
        coach = self._coach(slug, lang)
        try:
            fields = request.fields()
            lang = lang_of(fields, request)
            ours = {key: as_text(fields.pop(key, "")) for key in _OURS}
            sent = self.messages.send(
                coach["slug"],
                fields,
                lang,
                address=request.address,
                trap=ours["website"],
                started_at=ours["started_at"],
            )
        except RelaisError as error:
            if not request.wants_page or not fields:
                return self.responder.answer(request, error, lang, form="message")
            return self._again(coach, lang, fields, error)
        headers = {"Idempotent-Replayed": "true"} if sent.replayed else {}
        if request.wants_page:
            where = f"{self._address(slug)}?lang={lang}&sent=1"
            return Response(303, "", "text/html; charset=utf-8", {**headers, "Location": where})
        told = {"status": "received", "message": _said("sent", lang, coach["name"])}
        return json_response(told, {**headers, **PRIVATE}, status=201)

    def _again(
        self, coach: Mapping[str, Any], lang: Lang, typed: Mapping[str, Any], error: Exception
    ) -> Response:
        """The form with what was typed, and what is wrong with it."""
        said = self.responder.said(error, lang, form="message")
        problems = [
            {"field": p.field, "code": p.code, "message": p.message(lang)}
            for p in (error.problems if isinstance(error, InvalidForm) else ())
        ]
        banner = None if problems else (said.title, said.detail)
        return self._page(
            coach, lang, typed, problems, banner, status=said.status, headers=said.headers
        )

    def _page(  # noqa: PLR0913
        self,
        coach: Mapping[str, Any],
        lang: Lang,
        values: Mapping[str, Any],
        problems: list[dict[str, str]] | None = None,
        banner: tuple[str, str] | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        from chalicelib.web import pages

        address = self._address(coach["slug"])
        described = self._described(coach["slug"], lang)
        title = _said("title", lang, coach["name"])
        stamp = {} if status != 200 else {"started_at": str(int(self.now().timestamp()))}
        page = pages.form(
            "message",
            {**described, "title": title},
            lang,
            action=address,
            values=values,
            problems=problems or [],
            banner=banner,
            hidden={"lang": lang, **stamp},
            switch_url=f"{address}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status, headers)

    def _sent(self, coach: Mapping[str, Any], lang: Lang) -> Response:
        from chalicelib.web import pages

        base = f"{self.settings.public_url}/coaches"
        page = pages.told(
            lang,
            title=_said("done", lang, coach["name"]),
            paragraphs=[_said("sent", lang, coach["name"])],
            links=[
                (coach["name"], f"{base}/{coach['slug']}?lang={lang}"),
                (load("network")["all"][lang], f"{base}?lang={lang}"),
            ],
            switch_url=f"{self._address(coach['slug'])}?lang={other_language(lang)}&sent=1",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)

    def _coach(self, slug: str, lang: Lang) -> dict[str, Any]:
        known = self.reader.directory().coach(slug[:80], lang)
        if known is None:
            raise NotFound(slug)
        return known

    def _described(self, slug: str, lang: Lang) -> dict[str, Any]:
        from chalicelib.forms import description

        contact = self.settings.privacy_contact
        form = description.describe("message", lang, privacy_contact=contact)
        return {**form, "action": self._address(slug)}

    def _address(self, slug: str) -> str:
        return f"{self.settings.public_url}/coaches/{slug}/contact"


def _said(key: str, lang: Lang, name: str) -> str:
    return str(load("network")["message"][key][lang]).format(name=name)

"""The subscriber's side of the newsletter: sign up, and leave."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from chalicelib.content import load
from chalicelib.core import eastern_time
from chalicelib.core.errors import Malformed, RelaisError, TooLarge, WrongType
from chalicelib.core.languages import Lang, lang_or, other_language
from chalicelib.core.links import Links
from chalicelib.core.settings import Settings
from chalicelib.forms import parsing
from chalicelib.forms.problems import InvalidForm
from chalicelib.forms.spam import looks_like_spam
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.signup import WEB_FORM, Evidence, SignUps, Wish
from chalicelib.newsletter.subscribers.subscriptions import Subscriptions
from chalicelib.web.request import (
    Request,
    Response,
    as_text,
    back_to,
    json_response,
    lang_of,
    text_of,
)
from chalicelib.web.responses import PRIVATE, Responder

log = logging.getLogger("relais.newsletter")

_OURS: Final = ("lang", "redirect", "website", "started_at")
"""Fields that say how to treat a form, and are no answers."""

_OUT: Final = {subscriber.UNSUBSCRIBED, subscriber.COMPLAINED, subscriber.ERASED}

HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True)
class NewsletterViews:
    sign_ups: SignUps
    subscriptions: Subscriptions
    links: Links
    responder: Responder

    def form(self, request: Request) -> Response:
        """The form; `?sent=1`: what to do next."""
        if not request.wants_page:
            return json_response(
                self._described(request.lang), {"Cache-Control": "public, max-age=300"}
            )
        if "sent" in request.query:
            return self.said(request.lang, "sent", f"{self.address}?sent=1&lang=")
        return self._form_page(request.lang, {}, {"started_at": str(int(self._now().timestamp()))})

    def sign_up(self, request: Request) -> Response:
        """The same answer for every address, whatever is known of it."""
        fields: dict[str, Any] = {}
        ours: dict[str, str] = {}
        lang = request.lang
        try:
            fields = request.fields()
            lang = lang_of(fields, request)
            ours = {key: as_text(fields.pop(key, "")).strip() for key in _OURS}
            self._asked(
                request, parsing.parse("newsletter", fields, lang, self._today()), ours, lang
            )
        except RelaisError as error:
            return self._refused(request, fields, ours, lang, error)
        if request.wants_page:
            told = {"form": "newsletter", "status": "confirm"}
            where = back_to(ours["redirect"], self.settings.allowed_origins, told)
            where = where or f"{self.address}?{urlencode({'sent': 1, 'lang': lang})}"
            return Response(303, "", HTML, {"Location": where})
        message = consent_text.said("sent", lang)["detail"]
        return json_response({"status": "confirm", "message": message}, PRIVATE, status=202)

    def leave_page(self, request: Request, token: str) -> Response:
        person, _ = self.links.open_unsubscribe(token)
        found = self.subscriptions.repository.current(person)
        lang = lang_or(request.query.get("lang"), found.lang if found else request.lang)
        if found is None or (found.status in _OUT and found.request is None):
            return self._left(token, lang, cancelled=found is None)
        from chalicelib.web import pages

        page = pages.newsletter(
            "leave",
            lang,
            pending=found is not None and found.status == subscriber.PENDING,
            reasons=[(r["id"], r[lang]) for r in load("newsletter")["reasons"]],
            action=self.url("unsubscribe", token),
            switch_url=self.switch("unsubscribe", token, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)

    def leave(self, request: Request, token: str) -> Response:
        """From a mail program's own button: an empty 200, and no redirect (RFC 8058). From our
        page: what was done, in words."""
        person, issue = self.links.open_unsubscribe(token)
        fields = lenient(request)
        page = "page" in fields
        outcome = self.subscriptions.leave(
            person,
            channel="page" if page else "header",
            issue=issue,
            reason=_reason(fields),
            evidence=self.evidence(request, "unsubscribe"),
        )
        log.info("unsubscribed by %s: %s", "page" if page else "header", outcome)
        if not page:
            return Response(200, "", "text/plain; charset=utf-8", PRIVATE)
        return self._left(token, lang_of(fields, request), cancelled=outcome == "cancelled")

    def evidence(self, request: Request, page: str) -> Evidence:
        """Who asks, and on which page: the Referer, where the browser tells it."""
        return Evidence.of(
            page=request.headers.get("referer") or f"{self.address}/{page}".rstrip("/"),
            address=request.address,
            agent=request.headers.get("user-agent", ""),
        )

    def said(
        self, lang: Lang, what: str, switch: str = "", links: Mapping[str, str] | None = None
    ) -> Response:
        """A page that tells what became of it; `switch` ends where the language goes."""
        from chalicelib.web import pages

        page = pages.newsletter(
            "said",
            lang,
            what=consent_text.said(what, lang),
            links=links or {},
            switch_url=f"{switch}{other_language(lang)}" if switch else "",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)

    def _left(self, token: str, lang: Lang, *, cancelled: bool) -> Response:
        switch = f"{self.url('unsubscribe', token)}?lang="
        again = {"form": f"{self.address}?lang={lang}"}
        return self.said(lang, "gone" if cancelled else "left", switch, again)

    def _asked(
        self, request: Request, given: parsing.Submission, ours: Mapping[str, str], lang: Lang
    ) -> None:
        self.sign_ups.count(request.address)
        answers = given.answers
        wish = Wish(
            email=answers["email"],
            lang=answers["language"],
            method=WEB_FORM,
            evidence=self.evidence(request, ""),
            topics=tuple(answers.get("topics", ())),
            name=answers.get("first_name"),
            province=answers.get("province"),
            text_lang=lang,
        )
        spam = looks_like_spam(
            trap=ours["website"],
            started_at=ours["started_at"],
            answers={"first_name": answers.get("first_name", "")},
            now=self._now(),
        )
        if spam:
            self.sign_ups.hold(wish, spam)
        log.info("sign-up: %s", spam or self.sign_ups.ask(wish))

    def _refused(  # noqa: PLR0913
        self,
        request: Request,
        fields: Mapping[str, Any],
        ours: Mapping[str, str],
        lang: Lang,
        error: RelaisError,
    ) -> Response:
        if not request.wants_page or not fields:
            return self.responder.answer(request, error, lang)
        said = self.responder.said(error, lang)
        wrong = error.problems if isinstance(error, InvalidForm) else ()
        return self._form_page(
            lang,
            fields,
            {"redirect": ours.get("redirect", "")},
            status=said.status,
            problems=[
                {"field": p.field, "code": p.code, "message": p.message(lang)} for p in wrong
            ],
            banner=None if wrong else (said.title, said.detail),
            headers=said.headers,
        )

    def _form_page(  # noqa: PLR0913
        self,
        lang: Lang,
        values: Mapping[str, Any],
        hidden: Mapping[str, str],
        *,
        status: int = 200,
        problems: list[dict[str, str]] | None = None,
        banner: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        from chalicelib.web import pages

        page = pages.form(
            "newsletter",
            self._described(lang),
            lang,
            action=self.address,
            values=values,
            problems=problems or [],
            banner=banner,
            hidden={"lang": lang, **{k: v for k, v in hidden.items() if v}},
            switch_url=f"{self.address}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status, headers)

    def _described(self, lang: Lang) -> dict[str, Any]:
        from chalicelib.forms import description

        words = consent_text.consent(lang, self.settings).text
        contact = self.settings.privacy_contact
        found = description.describe("newsletter", lang, privacy_contact=contact, newsletter=words)
        return {**found, "action": self.address}

    def url(self, page: str, token: str) -> str:
        return f"{self.address}/{page}/{token}"

    def switch(self, page: str, token: str, lang: str) -> str:
        return f"{self.url(page, token)}?lang={other_language(lang)}"

    @property
    def settings(self) -> Settings:
        return self.responder.settings

    @property
    def address(self) -> str:
        return f"{self.settings.public_url}/newsletter"

    def _now(self) -> datetime:
        return self.subscriptions.repository.now()

    def _today(self) -> date:
        return eastern_time.today(self._now())


def lenient(request: Request) -> dict[str, Any]:
    """The fields of a post whose coming is what counts: a body that cannot be read has none."""
    try:
        return request.fields()
    except (Malformed, TooLarge, WrongType):
        return {}


def _reason(fields: Mapping[str, Any]) -> str:
    known = {reason["id"] for reason in load("newsletter")["reasons"]}
    chosen = text_of(fields, "reason")
    return chosen if chosen in known else ""

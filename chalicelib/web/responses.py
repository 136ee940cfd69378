"""What went wrong, said to a script (RFC 9457) or to a person, in their language."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.content import load
from chalicelib.core import errors
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings
from chalicelib.forms.problems import InvalidForm
from chalicelib.web.request import BODY_LIMIT, Request, Response

log = logging.getLogger("relais.problems")

CODES: Final[dict[type, str]] = {
    errors.Malformed: "malformed",
    errors.NotFound: "not_here",
    errors.BadLink: "bad_link",
    errors.BadQuery: "bad_query",
    errors.WrongMethod: "method",
    errors.IntakePaused: "intake_paused",
    errors.NotInvited: "not_invited",
    errors.InviteOver: "invite_over",
    errors.AlreadyApplied: "already_applied",
    errors.TooLarge: "too_large",
    errors.WrongType: "wrong_type",
    InvalidForm: "invalid",
    errors.KeyReused: "key_reused",
    errors.TooMany: "too_many",
    errors.Refused: "refused",
    errors.Conflict: "refused",
    errors.StoreDown: "store_down",
}
"""Every error that can reach a visitor; the texts are in content/problems.json."""

RETRY_SECONDS: Final = 30
"""What `Retry-After` says while the store is out of reach."""


PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True)
class ProblemText:
    code: str
    status: int
    title: str
    detail: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Responder:
    settings: Settings

    def said(self, error: Exception, lang: Lang, *, form: str = "eoi") -> ProblemText:
        code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), "broken")
        if isinstance(error, errors.StoreDown):
            log.error("store out of reach: %s", error)
        text = load("problems")[code]
        detail = text["detail"][lang].format_map(_facts(error, lang, form))
        return ProblemText(code, text["status"], text["title"][lang], detail, _headers(error))

    def answer(
        self, request: Request, error: Exception, lang: Lang | None = None, *, form: str = "eoi"
    ) -> Response:
        lang = lang or request.lang
        said = self.said(error, lang, form=form)
        if request.wants_page:
            return self._page(said, lang)
        body: dict[str, Any] = {
            "type": f"{self.settings.public_url}/problems/{said.code}",
            "title": said.title,
            "status": said.status,
            "detail": said.detail,
        }
        if isinstance(error, InvalidForm):
            body["errors"] = [
                {"field": p.field, "code": p.code, "message": p.message(lang)}
                for p in error.problems
            ]
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        headers = {"Content-Language": f"{lang}-CA", "Cache-Control": "no-store", **said.headers}
        return Response(said.status, text, "application/problem+json", headers)

    def frame(self, lang: str) -> dict[str, str]:
        """What every page says of the organisation."""
        return {
            "organization": self.settings.organization_name,
            "contact_email": self.settings.contact_email,
            "privacy_contact": self.settings.privacy_contact,
            "person_in_charge": self.settings.person_in_charge_title,
            "website_url": f"{self.settings.website_url}/{lang}/"
            if self.settings.website_url
            else "",
        }

    def photo_origins(self) -> list[str]:
        """Where a page may show pictures from: the website."""
        return [origin + "/" for origin in self.settings.allowed_origins]

    def _page(self, said: ProblemText, lang: Lang) -> Response:
        from chalicelib.web import pages

        page = pages.problem(
            lang, status=said.status, title=said.title, detail=said.detail, frame=self.frame(lang)
        )
        return self.page(page, said.status, said.headers)

    def page(
        self, page: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A page: never stored, never framed, and it says nothing of its address to others."""
        from chalicelib.web import pages

        # Browsers hold the redirect after a form to form-action too: the website is part of it.
        targets = " ".join(["'self'", *self.settings.allowed_origins])
        policy = (
            f"default-src 'none'; style-src '{pages.STYLE_HASH}'; form-action {targets}; "
            f"img-src {' '.join(self.photo_origins())}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        fixed = {**PRIVATE, "Content-Security-Policy": policy}
        return Response(status, page, "text/html; charset=utf-8", {**fixed, **(headers or {})})


def _facts(error: Exception, lang: Lang, form: str) -> dict[str, Any]:
    plurals = load("review")["form_plural"]
    facts: dict[str, Any] = {
        "form_plural": plurals[form][lang],
        "limit": f"{BODY_LIMIT // 1024}\u00a0{'kB' if lang == 'en' else 'ko'}",
        "format": str(error) or "UTF-8",
        "method": str(error),
    }
    if isinstance(error, errors.AlreadyApplied):
        facts["ref"] = error.ref
    if isinstance(error, errors.BadQuery):
        facts["message"] = error.message(lang)
    if isinstance(error, errors.TooMany):
        facts["minutes"] = -(-error.seconds // 60)
    return facts


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.TooMany):
        return {"Retry-After": str(error.seconds)}
    if isinstance(error, errors.StoreDown):
        return {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, errors.WrongMethod):
        return {"Allow": error.allowed}
    return {}

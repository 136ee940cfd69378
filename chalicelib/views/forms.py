"""The public door: forms in, receipts and the applicant's own page out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.intake.receive import Intake
from chalicelib.cases.intake.submission import IncomingForm, Receipt
from chalicelib.cases.lookup import Cases
from chalicelib.core.errors import AlreadyApplied, NotFound, NotInvited, RelaisError
from chalicelib.core.languages import Lang, other_language
from chalicelib.core.links import Links
from chalicelib.core.settings import Settings
from chalicelib.forms import parsing
from chalicelib.forms.problems import InvalidForm
from chalicelib.newsletter.subscribers import consent_text
from chalicelib.web.request import (
    Request,
    Response,
    as_text,
    back_to,
    json_response,
    lang_of,
    with_etag,
)
from chalicelib.web.responses import Responder

_OURS: Final = ("lang", "redirect", "invite", "ref", "uninvited", "website", "started_at")
"""Fields that say how to treat a form, and are no answers."""


@dataclass(frozen=True)
class FormViews:
    intake: Intake
    cases: Cases
    links: Links
    settings: Settings
    responder: Responder

    def form(self, request: Request, name: str) -> Response:
        """What a website needs to build the form; for a browser, the form itself."""
        _known(name)
        lang = request.lang
        invite = request.query.get("invite", "")
        if name == "application" and request.wants_page and not (invite or _knowingly(request)):
            # Said before somebody fills it in for an hour, and not after.
            return self._uninvited(lang)
        values = self._known_values(name, invite)
        described = {**self._described(name, lang), "action": self._address(name)}
        if request.wants_page:
            hidden = {key: request.query.get(key, "") for key in ("invite", "ref", "uninvited")}
            return self._form_page(request, name, described, values, hidden, lang)
        if invite and values:
            return json_response({**described, "values": values}, {"Cache-Control": "no-store"})
        return self._cacheable(request, described)

    def submit(self, request: Request, name: str) -> Response:
        _known(name)
        fields: dict[str, Any] = {}
        ours: dict[str, str] = {}
        lang = request.lang
        try:
            fields = request.fields()
            lang = lang_of(fields, request)
            ours = {key: as_text(fields.pop(key, "")) for key in _OURS}
            receipt = self.intake.receive(_arrival(name, fields, lang, request, ours))
        except RelaisError as error:
            if isinstance(error, InvalidForm) and ours["invite"]:
                self._begun(ours["invite"])
            return self._refused(request, name, fields, ours, lang, error)
        return self._received(request, receipt, ours["redirect"])

    def openapi(self, request: Request) -> Response:
        from chalicelib.views import openapi

        words = consent_text.box(request.lang, self.settings)
        document = openapi.document(self.settings.public_url, request.lang, newsletter=words)
        return self._cacheable(request, document)

    def health(self) -> Response:
        """200 while the store answers; StoreDown (503) when it does not."""
        self.intake.store.get("HEALTH", "HEALTH")
        return json_response(
            {"status": "ok", "stage": self.settings.stage}, {"Cache-Control": "no-store"}
        )

    def frame(self, lang: str) -> dict[str, str]:
        """What every page says of the organisation."""
        return self.responder.frame(lang)

    def _known_values(self, name: str, invite: str) -> dict[str, Any]:
        """What an invited applicant told us before. Raises what a bad invitation deserves."""
        if name != "application" or not invite:
            return {}
        from chalicelib.forms import prefill

        return prefill.prefill(self.cases.invited(invite).answers)

    def _begun(self, invite: str) -> None:
        """Whoever is at work on an application is not reminded that there is one."""
        from chalicelib.cases.deadlines import started

        try:
            case = self.cases.invited(invite)
        except RelaisError:
            return
        started.note(self.intake.store, case, self.intake.now())

    def _uninvited(self, lang: Lang) -> Response:
        """A declaration comes first; whoever knows that may go on, with its reference or not."""
        from chalicelib.web import pages

        said = self.responder.said(NotInvited(), lang)
        address = self._address("application")
        page = pages.uninvited(
            lang,
            title=said.title,
            detail=said.detail,
            action=address,
            declare_url=self.links.declare(lang),
            switch_url=f"{address}?lang={other_language(lang)}",
            frame=self.frame(lang),
        )
        return self.responder.page(page, said.status)

    def _described(self, name: str, lang: Lang) -> dict[str, Any]:
        from chalicelib.forms import description

        return description.describe(
            name,
            lang,
            privacy_contact=self.settings.privacy_contact,
            newsletter=consent_text.box(lang, self.settings),
        )

    def _address(self, name: str) -> str:
        return f"{self.settings.public_url}/forms/{name}"

    def _cacheable(self, request: Request, described: dict[str, Any]) -> Response:
        return with_etag(
            request, json_response(described, {"Cache-Control": "public, max-age=300"})
        )

    def _form_page(  # noqa: PLR0913
        self,
        request: Request,
        name: str,
        described: dict[str, Any],
        values: Mapping[str, Any],
        hidden: Mapping[str, str],
        lang: Lang,
        *,
        status: int = 200,
        problems: list[dict[str, str]] | None = None,
        banner: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        from chalicelib.web import pages

        address = self._address(name)
        kept = {key: value for key, value in hidden.items() if value}
        ours = ("invite", "ref", "uninvited")
        switch = {"lang": other_language(lang)} | {k: v for k, v in kept.items() if k in ours}
        stamp = {} if status != 200 else {"started_at": str(int(self.intake.now().timestamp()))}
        page = pages.form(
            name,
            described,
            lang,
            action=address,
            values=values,
            problems=problems or [],
            banner=banner,
            hidden={"lang": lang, **stamp, **kept},
            switch_url=f"{address}?{urlencode(switch)}",
            frame=self.frame(lang),
        )
        return self.responder.page(page, status, headers)

    def _refused(  # noqa: PLR0913
        self,
        request: Request,
        name: str,
        fields: Mapping[str, Any],
        ours: Mapping[str, str],
        lang: Lang,
        error: RelaisError,
    ) -> Response:
        """For a script, the problem; for a browser the form again, with all that was typed."""
        if not request.wants_page or not fields or isinstance(error, AlreadyApplied):
            return self.responder.answer(request, error, lang, form=name)
        said = self.responder.said(error, lang, form=name)
        problems = []
        if isinstance(error, InvalidForm):
            problems = [
                {"field": p.field, "code": p.code, "message": p.message(lang)}
                for p in error.problems
            ]
        hidden = {key: ours.get(key, "") for key in ("invite", "ref", "uninvited", "redirect")}
        return self._form_page(
            request,
            name,
            {**self._described(name, lang), "action": self._address(name)},
            fields,
            hidden,
            lang,
            status=said.status,
            problems=problems,
            banner=None if problems else (said.title, said.detail),
            headers=said.headers,
        )

    def _received(self, request: Request, receipt: Receipt, redirect: str) -> Response:
        headers = {"Idempotent-Replayed": "true"} if receipt.replayed else {}
        if request.wants_page:
            where = self._allowed(redirect, receipt) or f"{receipt.status_url}?new=1"
            return Response(303, "", "text/html; charset=utf-8", {**headers, "Location": where})
        told: dict[str, Any] = {
            "ref": receipt.ref,
            "status": receipt.status,
            "message": _received_text(receipt.form, receipt.ref, receipt.lang),
            "links": {"status": receipt.status_url},
        }
        if receipt.warnings:
            told["warnings"] = [
                {"field": w.field, "code": w.code, "message": w.message(receipt.lang)}
                for w in receipt.warnings
            ]
        if receipt.result is not None:
            told["result"] = receipt.result
        return json_response(told, {**headers, "Location": receipt.status_url}, status=201)

    def _allowed(self, redirect: str, receipt: Receipt) -> str | None:
        """Where the website wants its visitor back, if it is one of ours."""
        told = {"form": receipt.form, "ref": receipt.ref, "status": receipt.status}
        return back_to(redirect, self.settings.allowed_origins, told)


def _arrival(
    name: str, fields: Mapping[str, Any], lang: Lang, request: Request, ours: Mapping[str, str]
) -> IncomingForm:
    return IncomingForm(
        form=name,
        fields=fields,
        lang=lang,
        key=request.headers.get("idempotency-key"),
        address=request.address,
        invite=ours["invite"] or request.query.get("invite", ""),
        ref=ours["ref"],
        trap=ours["website"],
        started_at=ours["started_at"],
        page=request.headers.get("referer", ""),
        agent=request.headers.get("user-agent", ""),
    )


def _knowingly(request: Request) -> bool:
    return bool(request.query.get("uninvited") or request.query.get("ref"))


def _known(name: str) -> None:
    if name not in parsing.FORMS:
        raise NotFound(name)


def _received_text(form: str, ref: str, lang: Lang) -> str:
    days = content.programme()["reply_target_business_days"]
    return content.review()["received"][form][lang].format(ref=ref, reply_days=days)

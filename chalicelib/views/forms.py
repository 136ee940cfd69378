"""The public forms: described, shown and received; and what developers and monitors ask for."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.consent import Notices
from chalicelib.cases.intake.receive import Intake
from chalicelib.cases.intake.submission import Receipt
from chalicelib.cases.lookup import Cases
from chalicelib.core import eastern_time
from chalicelib.core.errors import AlreadyApplied, NotFound, NotInvited, RelaisError, StoreDown
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Now, Store
from chalicelib.core.settings import Settings
from chalicelib.forms import parsing
from chalicelib.forms.problems import InvalidForm
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.newsletter.subscribers.consent_text import SHOWN_FIELD, ConsentTexts
from chalicelib.views.form_input import CONTROL_FIELDS, INVITATION_FIELDS, incoming
from chalicelib.views.receipt import receipt_body
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import Problems, ProblemText
from chalicelib.web.request import (
    ASKS_DATES,
    Request,
    redirect_target,
    switched,
    take_control,
    text_field,
)
from chalicelib.web.responses import Response, json_response, see_other, with_etag

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField


@dataclass(frozen=True)
class FormViews:
    intake: Intake
    cases: Cases
    store: Store
    now: Now
    links: Links
    settings: Settings
    consent_texts: ConsentTexts
    pages: Pages
    problems: Problems
    notices: Notices

    def form(self, request: Request, name: str) -> Response:
        """Answer with what a website needs to build the form; for a browser, the form itself."""
        _require_form(name)
        lang = request.lang
        invite = request.query.get("invite", "")
        if (prepared := self._to_prepare(request, name, invite)) is not None:
            return prepared
        knows = request.query.get("uninvited") or request.query.get("ref")
        if name == "application" and request.wants_page and not (invite or knows):
            # Shown before somebody fills it in for an hour, and not after.
            return self._uninvited(lang)
        values = self._prefilled(name, invite)
        description = self._describe(name, lang)
        self._keep_notice(name, lang)
        if request.wants_page:
            from chalicelib.views.question_page import WHOLE, asks_one_by_one, respond_with_question

            kept = {key: request.query.get(key, "") for key in INVITATION_FIELDS}
            values = {**values, **known_of_link(name, request.query)}
            if content.form(name).get("steps"):
                return self._start_page(request, description, lang)
            if asks_one_by_one(name) and WHOLE not in request.query:
                return respond_with_question(self.pages, request, description, lang, self.now())
            return self._form_page(description, _entered(name, values, lang), kept, lang)
        if invite and values:
            return json_response({**description, "values": values}, {"Cache-Control": "no-store"})
        return self._cacheable(request, description)

    def submit(self, request: Request, name: str) -> Response:
        _require_form(name)
        fields: dict[str, object] = {}
        control: dict[str, str] = {}
        lang = request.lang
        try:
            fields = request.fields()
            lang = request.language(fields)
            control = take_control(fields, CONTROL_FIELDS)
            if other := switched(request, fields):
                return self._switched(name, fields, control, lang, other)
            receipt = self.intake.receive(incoming(name, fields, lang, request, control))
        except RelaisError as error:
            if isinstance(error, InvalidForm) and control["invite"]:
                self._note_started(control["invite"])
            if not request.wants_page or not fields or isinstance(error, AlreadyApplied):
                return self.problems.respond(request, error, lang, form=name)
            # A browser gets the form again, with all that was entered.
            refused = self.problems.text(error, lang, form=name)
            kept = _staying(control)
            return self._form_page(self._describe(name, lang), fields, kept, lang, refused)
        return self._received(request, receipt, control["redirect"])

    def prefilled(self, name: str, invite: str, lang: Lang) -> Mapping[str, object]:
        """Return what is known for a form, as somebody would have typed it; whoever begins with
        an invitation is not reminded of it. Raises what a bad invitation deserves."""
        values = self._prefilled(name, invite)
        if values:
            self._note_started(invite)
        return _entered(name, values, lang) if values else {}

    def health(self) -> Response:
        """Answer 200 while the store answers. Raises StoreDown (503) when it does not."""
        self.store.get("HEALTH", "HEALTH")
        return json_response(
            {"status": "ok", "stage": self.settings.stage}, {"Cache-Control": "no-store"}
        )

    def _prefilled(self, name: str, invite: str) -> dict[str, object]:
        """Return what an invited applicant told us before. Raises what a bad invitation deserves."""
        if name != "application" or not invite:
            return {}
        from chalicelib.forms import prefill

        return prefill.prefill(self.cases.invited(invite).answers)

    def _note_started(self, invite: str) -> None:
        """Note that somebody is at work on an application: they are not reminded that there is one."""
        from chalicelib.cases.deadlines import started

        try:
            case = self.cases.invited(invite)
        except RelaisError:
            return
        started.note(self.store, case, self.now())

    def _uninvited(self, lang: Lang) -> Response:
        """Answer that a declaration comes first; whoever knows that may go on, with its reference
        or not."""
        text = self.problems.text(NotInvited(), lang)
        address = self.pages.address("forms", "application")
        facts = {
            "title": text.title,
            "detail": text.detail,
            "action": address,
            "declare_url": self.links.declare(lang),
        }
        return self.pages.respond("uninvited", lang, facts, address=address, status=text.status)

    def _describe(self, name: str, lang: Lang) -> dict[str, object]:
        from chalicelib.views.described import describe_form

        return describe_form(name, lang, self.settings, self.consent_texts)

    def _keep_notice(self, name: str, lang: Lang) -> None:
        """Keep the words that are shown from now on, before somebody agrees to them."""
        shown = self.notices.current(name, lang)
        # Who only looks is not refused because the store is out of reach.
        with suppress(StoreDown):
            if shown is not None:
                self.notices.keep(shown)

    def _cacheable(self, request: Request, body: object) -> Response:
        return with_etag(request, json_response(body, {"Cache-Control": "public, max-age=300"}))

    def _start_page(
        self, request: Request, description: Mapping[str, object], lang: Lang
    ) -> Response:
        """Answer with what is asked, and the button that begins a draft of it."""
        from chalicelib.views.form_page import start_facts

        carried = (*INVITATION_FIELDS, "redirect")
        known = known_of_link(str(description["form"]), request.query)
        query = {k: request.query[k] for k in (*carried, *known) if request.query.get(k)}
        facts = start_facts(description, query, lang, begin=self.pages.address("draft"))
        return self.pages.respond("draft_start", lang, facts, address=str(facts["address"]))

    def _to_prepare(self, request: Request, name: str, invite: str) -> Response | None:
        """Answer with what somebody takes with them: all questions to print, for which nobody needs
        an invitation, or the last day of theirs. Raises what a bad one deserves."""
        if request.wants_page and "blank" in request.query:
            facts = {"description": (blank := self._describe(name, request.lang))}
            address = f"{blank['action']}?blank=1"
            return self.pages.respond("form_blank", request.lang, facts, address=address)
        if name != "application" or not invite or "days" not in request.query:
            return None
        from chalicelib.views.days import invited_days, respond_with_days

        case = self.cases.invited(invite)
        days = invited_days(case, request.lang, self.settings)
        return respond_with_days(days, case.current_ref, request.lang, self.now())

    def _switched(
        self,
        name: str,
        fields: Mapping[str, object],
        control: Mapping[str, str],
        typed_in: Lang,
        lang: Lang,
    ) -> Response:
        """Answer with the form in the other language, with all that was typed and nothing sent."""
        from chalicelib.forms.entered import as_understood

        self._keep_notice(name, lang)
        if not control[ASKS_DATES]:
            fields = as_understood(_fields(name), fields, typed_in)
        kept = {**_staying(control), "started_at": control["started_at"], ASKS_DATES: "1"}
        wrong = self._wrong(name, fields, lang) if content.form(name).get("steps") else None
        return self._form_page(self._describe(name, lang), fields, kept, lang, wrong, status=200)

    def _wrong(self, name: str, fields: Mapping[str, object], lang: Lang) -> ProblemText | None:
        """Return what a form that was switched would be refused for, in words; None where it would
        be taken."""
        try:
            parsing.parse(name, fields, lang, eastern_time.today(self.now()), asks_dates=True)
        except InvalidForm as error:
            return self.problems.text(error, lang, form=name)
        return None

    def _form_page(
        self,
        description: Mapping[str, object],
        values: Mapping[str, object],
        kept: Mapping[str, str],
        lang: Lang,
        refused: ProblemText | None = None,
        status: int = 0,
    ) -> Response:
        from chalicelib.views.form_page import respond_with_form

        shown = {"notice": str(description.get("notice_hash", ""))}
        stamp = {} if refused else {"started_at": str(int(self.now().timestamp()))}
        query = urlencode({key: kept[key] for key in INVITATION_FIELDS if kept[key]})
        address = str(description["action"])
        return respond_with_form(
            self.pages,
            description,
            lang,
            values=values,
            hidden={
                **stamp,
                **{name: text for name, text in kept.items() if text},
                **shown,
                SHOWN_FIELD: str(description.get(SHOWN_FIELD, "")),
            },
            address=f"{address}?{query}" if query else address,
            refused=refused,
            status=status,
        )

    def _received(self, request: Request, receipt: Receipt, redirect: str) -> Response:
        headers = {"Idempotent-Replayed": "true"} if receipt.replayed else {}
        if request.wants_page:
            facts = {"form": receipt.form, "ref": receipt.ref, "status": receipt.status}
            back = redirect_target(redirect, self.settings.allowed_origins, facts)
            return see_other(
                back or in_language(f"{receipt.status_url}?new=1", receipt.lang), headers
            )
        body = receipt_body(receipt, self.links, self.settings.contact_email)
        return json_response(body, {**headers, "Location": receipt.status_url}, status=201)


def _staying(control: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that stay with a form that is shown again."""
    staying = (*INVITATION_FIELDS, "redirect", PERSON_FIELD, ASKS_DATES)
    return {key: control.get(key, "") for key in staying}


KNOWN_TYPES: Final = ("assessment_ref", "coach_ref")
"""Kinds of fields that a link may fill in: the result of an assessment, a coach."""


def known_of_link(form: str, given: Mapping[str, object]) -> dict[str, object]:
    """Return the answers that the link to a form brings along."""
    keys = [f["key"] for f in _fields(form) if f["type"] in KNOWN_TYPES]
    return {key: text for key in keys if (text := text_field(given, key))}


def _fields(form: str) -> "list[FormField]":
    return [f for section in content.form(form)["sections"] for f in section["fields"]]


def _entered(name: str, values: Mapping[str, object], lang: Lang) -> Mapping[str, object]:
    from chalicelib.forms.entered import entered

    return entered(name, values, lang)


def _require_form(name: str) -> None:
    if name not in parsing.FORMS:
        raise NotFound(name)

"""A form in steps: begun, written by section with any browser or script, and sent once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib import content
from chalicelib.cases.intake.draft_sending import DraftSending
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core import eastern_time
from chalicelib.core.errors import (
    DraftChanged,
    IntakePaused,
    NotFound,
    NotInvited,
    RelaisError,
    TooLarge,
)
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings
from chalicelib.forms.drafts.draft import FormDraft, Values
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.progress import examined
from chalicelib.forms.drafts.refused import DraftSent, Holder
from chalicelib.forms.drafts.typed import check_size, typed_in
from chalicelib.forms.parsing import FORMS
from chalicelib.forms.problems import InvalidForm
from chalicelib.forms.spam import PERSON_FIELD
from chalicelib.views.days import DAYS, drafts_days, respond_with_days
from chalicelib.views.documents import PAGE as DOCUMENTS
from chalicelib.views.draft_documents import DraftDocuments
from chalicelib.views.draft_pages import DraftPages, Place
from chalicelib.views.draft_sections import DraftSections
from chalicelib.views.draft_sharing import DraftSharing
from chalicelib.views.forms import known_of_link
from chalicelib.views.receipt import receipt_body
from chalicelib.web.pages import in_language
from chalicelib.web.problems import Problems
from chalicelib.web.request import ASKS_DATES, Request, redirect_target, take_control, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other

CARRIED: Final = ("invite", "ref", "uninvited", "redirect")
"""Fields that say how a form came to be begun: they stay with the draft until it is sent."""

Prefilled = Callable[[str, str, Lang], Mapping[str, object]]
"""Returns what is known for a form and an invitation, as somebody would have typed it."""


@dataclass(frozen=True)
class DraftViews:
    drafts: Drafts
    sending: DraftSending
    sections: DraftSections
    sharing: DraftSharing
    documents: DraftDocuments
    links: Links
    settings: Settings
    pages: DraftPages
    problems: Problems
    prefilled: Prefilled
    now: Now

    def begin(self, request: Request) -> Response:
        """Begin a draft of the form that the field `form` names, or the query, with what was typed
        in it already; with `later` in the query, it is to be kept at once, and with `rows` it goes
        on at a list."""
        fields = request.fields()
        lang = request.language(fields)
        form = text_field(fields, "form") or request.query.get("form", "")
        if form not in FORMS or not content.form(form).get("steps"):
            raise NotFound(form)
        carried = take_control(fields, CARRIED)
        invited = carried["invite"] or carried["ref"] or carried["uninvited"]
        if form == "application" and not invited:
            raise NotInvited(form)
        known = {**self.prefilled(form, carried["invite"], lang), **known_of_link(form, fields)}
        # On a page that was switched, what is left to read was typed in another language.
        entered = _typed_in(form, fields, None if text_field(fields, ASKS_DATES) else lang)
        holder = self.drafts.begin(form, lang, request.address, carried, known, entered)
        address = self.links.draft(*holder)
        place = Place(self.links.draft(*holder), lang)
        if request.wants_page:
            return see_other(_goes_on(place, form, request.query))
        draft = self.drafts.get(holder)
        body = self.pages.standing(place, draft)
        return json_response(body, {**PRIVATE, "Location": address}, status=201)

    def show(self, request: Request, token: str) -> Response:
        """Say what the link leads to, and nothing of what is in it: a button opens it."""
        holder, lang = self._holder(token), request.lang
        place = Place(self.links.draft(*holder), lang)
        try:
            draft = self.drafts.get(holder)
        except DraftSent as sent:
            return self._sent(request, sent.draft, lang)
        if DAYS in request.query:
            days = drafts_days(draft, lang, self.settings)
            return respond_with_days(days, draft.form, lang, self.now())
        if not request.wants_page:
            return json_response(self.pages.standing(place, draft), PRIVATE)
        return self.pages.link(place, draft)

    def act(self, request: Request, token: str) -> Response:
        """Open the draft, or keep it longer."""
        holder = self._holder(token)
        fields = request.fields()
        place = Place(self.links.draft(*holder), request.language(fields))
        try:
            if text_field(fields, "do") == "extend":
                draft = self.drafts.extend(holder)
                if not request.wants_page:
                    return json_response(self.pages.standing(place, draft), PRIVATE)
                return self.pages.link(place, draft, extended=True)
            self.drafts.get(holder)
        except DraftSent as sent:
            return self._sent(request, sent.draft, place.lang)
        except RelaisError as refused:
            return self.problems.respond(request, refused, place.lang)
        return see_other(place.to("tasks"))

    def page(self, request: Request, token: str, page: str) -> Response:
        holder = self._holder(token)
        place = Place(self.links.draft(*holder), request.lang)
        try:
            draft = self.drafts.get(holder)
        except DraftSent as sent:
            return self._sent(request, sent.draft, place.lang)
        if page == "tasks":
            return self.pages.tasks(place, draft, examined(draft, place.lang, self._today))
        if page == "check":
            return self._check(place, draft)
        if page == DOCUMENTS:
            return self.documents.show(request, place, holder, draft)
        if page in ("later", "colleagues", "delete"):
            return self.sharing.show(request, place, holder, draft, page)
        return self.sections.show(request, place, holder, draft, page)

    def post(self, request: Request, token: str, page: str) -> Response:
        holder = self._holder(token)
        if page == DOCUMENTS:
            return self._documents(request, holder)
        fields = request.fields()
        place = Place(self.links.draft(*holder), request.language(fields))
        try:
            if page == "check":
                return self._send(request, place, holder, fields)
            if page in ("later", "colleagues", "delete"):
                return self.sharing.act(request, place, holder, page, fields)
            if page == "tasks":
                return see_other(place.to("tasks"))
            return self.sections.save(request, place, holder, page, fields)
        except DraftSent as sent:
            return self._sent(request, sent.draft, place.lang)
        except RelaisError as refused:
            # The page that was posted says its language, and no other part of the request does.
            return self.problems.respond(request, refused, place.lang, form=holder.form)

    def _documents(self, request: Request, holder: Holder) -> Response:
        place = Place(self.links.draft(*holder), request.lang)
        try:
            return self.documents.act(request, place, holder)
        except TooLarge:
            return self.documents.too_large(request, place, holder)
        except DraftSent as sent:
            return self._sent(request, sent.draft, place.lang)

    def _send(
        self, request: Request, place: Place, holder: Holder, fields: dict[str, object]
    ) -> Response:
        if (lang := text_field(fields, "switch")) in LANGS:
            return see_other(place._replace(lang=lang).to("check"))
        came = IncomingForm(
            form="",
            fields={},
            lang=place.lang,
            address=request.address,
            trap=text_field(fields, "website"),
            person=take_control(fields, (PERSON_FIELD,))[PERSON_FIELD],
            page=request.headers.get("referer", ""),
            agent=request.headers.get("user-agent", ""),
        )
        try:
            receipt = self.sending.send(holder, place.lang, came)
        except (InvalidForm, DraftChanged, IntakePaused) as refused:
            draft = self.drafts.get(holder)
            if not request.wants_page:
                return self.problems.respond(request, refused, place.lang, form=draft.form)
            return self._check(place, draft, refused)
        if not request.wants_page:
            body = receipt_body(receipt, self.links, self.settings.contact_email)
            return json_response(body, {**PRIVATE, "Location": receipt.status_url}, status=201)
        redirect = text_field(fields, "redirect")
        facts = {"form": receipt.form, "ref": receipt.ref, "status": receipt.status}
        back = redirect_target(redirect, self.settings.allowed_origins, facts)
        return see_other(back or in_language(f"{receipt.status_url}?new=1", receipt.lang))

    def _check(
        self, place: Place, draft: FormDraft, refused: RelaisError | None = None
    ) -> Response:
        found = examined(draft, place.lang, self._today)
        documents = self.documents.facts(place, draft)
        return self.pages.check(place, draft, found, documents, refused)

    def _sent(self, request: Request, draft: FormDraft, lang: Lang) -> Response:
        receipt = self.sending.receipt(draft, lang)
        if not request.wants_page:
            body = {"ref": receipt.ref, "status": "sent", "links": {"status": receipt.status_url}}
            return json_response(body, PRIVATE, status=410)
        url = in_language(receipt.status_url, lang)
        return self.pages.sent(draft, url, lang, typed=request.method == "POST")

    def _holder(self, token: str) -> Holder:
        return Holder(*self.links.open_draft(token))

    @property
    def _today(self) -> date:
        return eastern_time.today(self.now())


def _goes_on(place: Place, form: str, query: Mapping[str, str]) -> str:
    """Return where whoever began a form goes on: at the list that they asked for more rows of, at
    the page that keeps it for later, or at its beginning."""
    sections = content.form(form)["sections"]
    rows = query.get("rows", "")
    for section in sections:
        if any(f["key"] == rows and f["type"] == "rows" for f in section["fields"]):
            from chalicelib.core.templates import field_id

            return place.to(section["id"], field_id(rows))
    return place.to("later" if "later" in query else sections[0]["id"])


def _typed_in(form: str, fields: Mapping[str, object], lang: Lang | None) -> Values:
    """Return what was typed in a whole form, on a website. Raises TooLarge for a section that
    leaves the others no room."""
    found: Values = {}
    for section in content.form(form)["sections"]:
        values = typed_in(lang, section["fields"], fields)
        check_size(form, values)
        found |= values
    return found

"""The documents of a form in steps: brought by the page, or sent to the bucket from one of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.core.errors import Malformed, NotFound, TooLarge
from chalicelib.core.languages import LANGS
from chalicelib.forms.attachment import fields_of
from chalicelib.forms.attachments.attachments import Attachments
from chalicelib.forms.attachments.bringing import Brought
from chalicelib.forms.drafts.draft import FormDraft
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.refused import Holder
from chalicelib.forms.problems import InvalidForm, Problem
from chalicelib.views.documents import (
    OVER,
    PAGE,
    QUERY,
    DocumentFacts,
    bounds,
    brought,
    document_facts,
    field_facts,
    offer_response,
    read_body,
    saved,
    too_large_problem,
)
from chalicelib.views.draft_pages import DraftPages, Place
from chalicelib.web.pages import Pages
from chalicelib.web.problems import FieldError, Problems, field_errors, in_words
from chalicelib.web.request import MULTIPART, Request, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response, see_other

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import AttachmentField


@dataclass(frozen=True)
class DraftDocuments:
    attachments: Attachments
    drafts: Drafts
    pages: Pages
    frame: DraftPages
    problems: Problems

    def facts(self, place: Place, draft: FormDraft) -> list[DocumentFacts]:
        """Return the documents of a draft, in words."""
        found = self.attachments.of_draft(draft)
        return document_facts(found, draft.form, f"{place.url}/{PAGE}", place.lang)

    def show(self, request: Request, place: Place, holder: Holder, draft: FormDraft) -> Response:
        """Answer with the documents of a draft; with one of them, where the query names it, or
        with the page again once a document has come to the bucket."""
        _fields(draft)
        if attachment_id := request.query.get(QUERY):
            found = self.attachments.of_draft(draft)
            return saved(self.attachments.link(found, attachment_id))
        if attachment_id := request.query.get("came"):
            return see_other(place.to(PAGE, done=self._came(holder, attachment_id)))
        if not request.wants_page:
            return json_response({"documents": self.facts(place, draft)}, PRIVATE)
        return self._page(request, place, draft)

    def act(self, request: Request, place: Place, holder: Holder) -> Response:
        """Keep a document, take one out, or offer a page for a large one. Whether the link is good
        is asked before the body is read."""
        draft = self.drafts.get(holder)
        _fields(draft)
        fields, file = read_body(request)
        lang = text_field(fields, "lang")
        place = Place(place.url, lang if lang in LANGS else place.lang)
        do, given = brought(fields, file)
        try:
            if do == "remove":
                self.attachments.remove(holder, given.field)
                return self._done(request, place, holder, "removed")
            if do == "large":
                return self._large(request, place, holder, given)
            if do != "add":
                raise Malformed(MULTIPART)
            self.attachments.add(holder, given, request.address)
            return self._done(request, place, holder, "sent")
        except InvalidForm as wrong:
            if not request.wants_page:
                return self.problems.respond(request, wrong, place.lang, form=holder.form)
            errors = field_errors(wrong, place.lang)
            return self._page(request, place, self.drafts.get(holder), errors=errors, status=422)

    def _came(self, holder: Holder, attachment_id: str) -> str:
        """Take up what has come to the bucket, and return what the page says of that."""
        try:
            return "sent" if self.attachments.came(holder, attachment_id) else "lost"
        except TooLarge:
            return OVER

    def too_large(self, request: Request, place: Place, holder: Holder) -> Response:
        """Answer to a body that is too large to be read: which file it was is not known."""
        if not request.wants_page:
            return too_large_problem(self.problems, holder.form, place.lang)
        errors = [in_words(Problem("", "file_large"), place.lang)]
        return self._page(request, place, self.drafts.get(holder), errors=errors, status=413)

    def _done(self, request: Request, place: Place, holder: Holder, what: str) -> Response:
        if request.wants_page:
            return see_other(place.to(PAGE, done=what))
        documents = self.facts(place, self.drafts.get(holder))
        return json_response({"documents": documents}, PRIVATE)

    def _large(self, request: Request, place: Place, holder: Holder, given: Brought) -> Response:
        draft = self.drafts.get(holder)
        label = next((f["label"] for f in _fields(draft) if f["key"] == given.field), None)
        if label is None:
            raise NotFound(given.field)
        named = given._replace(name=given.name or label[place.lang])
        offered = self.attachments.offer(
            holder, named, request.address, lambda one: place.to(PAGE, came=one)
        )
        facts = {**self.frame.about(place, draft), "label": label[place.lang],
                 "back": place.to(PAGE)}  # fmt: skip
        again = {"lang": place.lang, "do": f"large:{given.field}", "replaces": given.replaces}
        address = f"{place.url}/{PAGE}"
        return offer_response(request, self.pages, place.lang, facts, offered, again, address)

    def _page(
        self,
        request: Request,
        place: Place,
        draft: FormDraft,
        *,
        errors: Sequence[FieldError] = (),
        status: int = 200,
    ) -> Response:
        there = self.facts(place, draft)
        kept = draft.attachments
        fields = [
            field_facts(f, [one for one in there if kept.get(one["id"]) == f["key"]], place.lang)
            for f in _fields(draft)
        ]
        facts = {
            **self.frame.about(place, draft),
            "fields": fields,
            "wrong": {error["field"]: error["message"] for error in errors},
            "done": request.query.get("done", "") if status == 200 else "",
            "action": f"{place.url}/{PAGE}",
            **bounds(place.lang),
        }
        address = f"{place.url}/{PAGE}"
        return self.pages.respond(
            "draft_documents", place.lang, facts, address=address, status=status, scripted=True
        )


def _fields(draft: FormDraft) -> "list[AttachmentField]":
    """Return the documents that may go with a form. Raises NotFound where there are none."""
    found = fields_of(draft.form)
    if not found:
        raise NotFound(PAGE)
    return found

"""The page on which an applicant adds documents to a file that was sent, while it is open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.cases.added_documents import AddedDocuments
from chalicelib.core.conflicts import retry_while_same
from chalicelib.core.errors import Conflict, Refused, TooLarge
from chalicelib.core.languages import Lang
from chalicelib.forms.attachment import fields_of, label_of
from chalicelib.forms.problems import InvalidForm, Problem
from chalicelib.views.documents import (
    OVER,
    DocumentLink,
    bounds,
    brought,
    document_facts,
    field_facts,
    offer_response,
    saved,
    too_large_problem,
)
from chalicelib.views.file_form import FileInput
from chalicelib.views.file_pages import FilePages
from chalicelib.views.opened_file import OpenedFile
from chalicelib.web.pages import in_language
from chalicelib.web.problems import FieldError, Problems, field_errors, in_words
from chalicelib.web.request import Request
from chalicelib.web.responses import Response, see_other

Reopened = Callable[[], OpenedFile]


@dataclass(frozen=True)
class FileDocuments:
    added: AddedDocuments
    link: DocumentLink
    pages: FilePages
    problems: Problems

    def saved(self, mine: OpenedFile, wanted: str) -> Response:
        """Send a browser to the bucket for a document of its file."""
        return saved(self.link(self.pages.cases.documents(mine.case), wanted))

    def show(self, request: Request, mine: OpenedFile, lang: Lang, reopened: Reopened) -> Response:
        """Answer with the page that takes documents; once one has come to the bucket, with the way
        to it."""
        if attachment_id := request.query.get("came"):
            return see_other(self._address(mine, lang, self._came(mine, attachment_id, reopened)))
        done = request.query.get("done", "")
        return self._page(mine, lang, done=done)

    def add(self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang) -> Response:
        """Keep a document, or offer a page for a large one. Raises Refused and Conflict."""
        do, document = brought(given.fields, given.file)
        try:
            if do == "large":
                label = label_of(mine.form, document.field, lang)
                named = document._replace(name=document.name or label)
                offered = self.added.offer(
                    mine.case, named, request.address, lambda one: self._came_to(mine, lang, one)
                )
                facts = {"title": mine.case.current_ref, "label": label,
                         "back": self._address(mine, lang)}  # fmt: skip
                again = {"lang": lang, "nonce": self.pages.links.nonce(mine.token),
                         "action": "add_document", "do": f"large:{document.field}"}  # fmt: skip
                address = self.pages.documents_url(mine)
                return offer_response(
                    request, self.pages.pages, lang, facts, offered, again, address
                )
            after = self.added.add(mine.case, document, request.address)
        except InvalidForm as wrong:
            if not request.wants_page:
                return self.problems.respond(request, wrong, lang, form=mine.form)
            return self._page(mine, lang, errors=field_errors(wrong, lang), status=422)
        if not request.wants_page:
            return self.pages.done(request, after, "add_document", lang, mine.token)
        return see_other(self._address(mine, lang, "sent"))

    def old(self, mine: OpenedFile, lang: Lang, errors: Sequence[FieldError]) -> Response:
        """Answer to a page that is too old to be taken."""
        return self._page(mine, lang, errors=errors, status=422)

    def too_large(self, request: Request, mine: OpenedFile, lang: Lang) -> Response:
        """Answer to a body that is too large to be read: which file it was is not known."""
        if not request.wants_page:
            return too_large_problem(self.problems, mine.form, lang)
        errors = [in_words(Problem("", "file_large"), lang)]
        return self._page(mine, lang, errors=errors, status=413)

    def _came(self, mine: OpenedFile, attachment_id: str, reopened: Reopened) -> str:
        """Take up what has come to the bucket, and return what the page says of that."""
        try:
            came = retry_while_same(
                mine,
                lambda found: self.added.came(found.case, attachment_id),
                reopened,
                lambda one, other: one.case.is_where(other.case),
            )
        except TooLarge:
            return OVER
        except (Conflict, Refused, InvalidForm):
            return "lost"
        return "sent" if came else "lost"

    def _address(self, mine: OpenedFile, lang: Lang, done: str = "") -> str:
        kept = f"&done={done}" if done else ""
        return in_language(f"{self.pages.documents_url(mine)}{kept}", lang)

    def _came_to(self, mine: OpenedFile, lang: Lang, attachment_id: str) -> str:
        return in_language(f"{self.pages.documents_url(mine)}&came={attachment_id}", lang)

    def _page(
        self,
        mine: OpenedFile,
        lang: Lang,
        *,
        done: str = "",
        errors: Sequence[FieldError] = (),
        status: int = 200,
    ) -> Response:
        case, address = mine.case, self.pages.documents_url(mine)
        found = self.pages.cases.documents(case)
        room = self.added.room(case)
        facts = {
            "title": case.current_ref,
            "open": self.pages.can(mine, "add_document"),
            "fields": [
                field_facts(
                    f,
                    document_facts(
                        [one for one in found if one.field == f["key"]], case.form, address, lang
                    ),
                    lang,
                    room[f["key"]],
                )
                for f in fields_of(case.form)
            ],
            "wrong": {error["field"]: error["message"] for error in errors},
            "done": done,
            "action": address,
            "nonce": self.pages.links.nonce(mine.token),
            "back": in_language(self.pages.pages.address("file", mine.token), lang),
            **bounds(lang),
        }
        return self.pages.pages.respond(
            "file_documents", lang, facts, address=address, status=status, scripted=True
        )

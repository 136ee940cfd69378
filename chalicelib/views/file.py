"""The page behind an applicant's link: shown, answered, withdrawn, corrected."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.cases.applicant import ApplicantFiles, ApplicantReply
from chalicelib.cases.case import Case, kept_warnings
from chalicelib.cases.lookup import Cases, Posted
from chalicelib.cases.states import shown_as, table
from chalicelib.core import references
from chalicelib.core.conflicts import retry_while_same
from chalicelib.core.email_address import email_or_none
from chalicelib.core.errors import BadLink, Conflict, LinkOver, Refused, RelaisError, TooLarge
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.core.typed_text import MESSAGE_LIMIT
from chalicelib.forms.normalise import nest
from chalicelib.views.claim import ClaimViews
from chalicelib.views.days import DAYS
from chalicelib.views.documents import PAGE as DOCUMENTS
from chalicelib.views.documents import QUERY, read_body
from chalicelib.views.file_documents import FileDocuments
from chalicelib.views.file_facts import error_text
from chalicelib.views.file_form import PAGE_SECONDS, FileInput, read_input, revision
from chalicelib.views.file_pages import FilePages
from chalicelib.views.long_answers import PART
from chalicelib.views.lost_link import LostLinkViews
from chalicelib.views.opened_file import OpenedFile
from chalicelib.web.problems import FieldError, Problems
from chalicelib.web.request import Request
from chalicelib.web.responses import Response


@dataclass(frozen=True)
class FileViews:
    cases: Cases
    files: ApplicantFiles
    links: Links
    problems: Problems
    now: Now
    pages: FilePages
    lost_link: LostLinkViews
    claims: ClaimViews
    documents: FileDocuments

    def show(self, request: Request, token: str) -> Response:
        """Answer with the page of a file. Looking changes nothing, and neither does asking whether
        to withdraw."""
        try:
            return self._show(request, token)
        except LinkOver:
            return self.lost_link.receipt_over(request)
        except BadLink:
            if not request.wants_page:
                raise
            return self.lost_link.broken(request)

    def _show(self, request: Request, token: str) -> Response:
        if (confirming := self._confirming(token)) is not None:
            return self.pages.confirming(request, token, *confirming)
        if (claim := self.claims.opened(token)) is not None:
            return self.claims.show(request, claim)
        if (posted := self.cases.received(token)) is not None:
            return self._receipt(request, token, posted)
        if references.is_reference_of("assessment", self.links.open_file(token)[0]):
            return self.pages.result(request, token)
        mine = OpenedFile(token, self.cases.followed(token), self.cases)
        lang = request.language({}, mine.case.lang)
        if DAYS in request.query and (days := self.pages.days(mine, lang)):
            return days
        if wanted := request.query.get(QUERY):
            return self.documents.saved(mine, wanted)
        if not request.wants_page:
            return self.pages.standing(mine.case)
        if "copy" in request.query:
            return self.pages.copy(mine, lang)
        if wanted := request.query.get(PART):
            return self.pages.part(mine, wanted, lang)
        if _on_documents(request):
            return self.documents.show(request, mine, lang, lambda: self._again(mine))
        if request.query.get("do") == "withdraw" and self.pages.can(mine, "withdraw"):
            return self.pages.withdrawing(mine, lang, {}, {})
        if (given := read_input(nest(request.typed))).revised:
            return self._switched(request, mine, given, lang)
        return self.pages.file(mine, lang, new="new" in request.query)

    def act(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            on_documents = _on_documents(request)
            fields, file = read_body(request) if on_documents else (request.fields(), None)
            given = read_input(fields, file)
            if (claim := self.claims.opened(token)) is not None:
                lang = request.language(fields, claim.application.lang)
                return self.claims.act(request, claim, given, lang)
            confirming = self._confirming(token)
            posted = None if confirming else self.cases.received(token)
            if posted is not None:
                return self._not_theirs(request, posted, given, request.language(fields))
            case = confirming[0] if confirming else self.cases.followed(token)
            lang = request.language(fields, case.lang)
            self.files.counted(case, "address" if confirming else "file")
            if confirming is not None:
                return self._confirm(request, token, *confirming, given, lang)
            return self._act(request, OpenedFile(token, case, self.cases), given, lang)
        except TooLarge as error:
            return self._too_large(request, token, error)
        except RelaisError as error:
            return self.problems.respond(request, error, lang)

    def _too_large(self, request: Request, token: str, error: TooLarge) -> Response:
        try:
            if _on_documents(request):
                mine = OpenedFile(token, self.cases.followed(token), self.cases)
                return self.documents.too_large(request, mine, request.language({}, mine.case.lang))
        except BadLink as bad:
            return self.problems.respond(request, bad, request.lang)
        return self.problems.respond(request, error, request.lang)

    def _receipt(self, request: Request, token: str, posted: Posted) -> Response:
        """Answer that a form came: all that whoever posts it may know."""
        if posted.is_over:
            return self.lost_link.receipt_over(request)
        return self.pages.received(request, token, posted.ref)

    def _not_theirs(
        self, request: Request, posted: Posted, given: FileInput, lang: Lang
    ) -> Response:
        if posted.case is not None:
            self.files.counted(posted.case, "standing")
            self.files.refused(posted.case, given.action, "standing")
        return self.pages.refused_receipt(request, posted.ref, lang)

    def _act(self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang) -> Response:
        if given.action not in _ACTIONS:
            return self.pages.file(mine, lang, status=422)
        if given.action != "correct" and not self._may(mine, given.action):
            return self._not_now(request, mine, given, "not_now", lang)
        try:
            return retry_while_same(
                mine,
                lambda found: _ACTIONS[given.action](self, request, found, given, lang),
                lambda: self._again(mine),
                lambda one, other: one.case.is_where(other.case),
            )
        except Refused as refused:
            return self._not_now(request, mine, given, refused.why, lang)
        except Conflict:
            return self._not_now(request, mine, given, "not_now", lang)

    def _may(self, mine: OpenedFile, action: str) -> bool:
        """Say whether the state of a file lets this happen, or the one that its person knows."""
        return any((state, action) in table() for state in (mine.case.state, mine.known_state))

    def _again(self, mine: OpenedFile) -> OpenedFile:
        """Return the file as it stands now."""
        return OpenedFile(mine.token, self.cases.followed(mine.token), self.cases)

    def _add_document(
        self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang
    ) -> Response:
        if errors := self._stale(mine, given, lang):
            return self.documents.old(mine, lang, errors)
        return self.documents.add(request, mine, given, lang)

    def _reply(self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang) -> Response:
        if given.opens:
            return self._open(mine, given, lang)
        errors = self._stale(mine, given, lang)
        if not given.answer or len(given.answer) > MESSAGE_LIMIT:
            errors.insert(0, _error("answer", "answer", lang))
        reply = ApplicantReply(given.answer)
        if given.revised:
            parsed, wrong = revision(request, mine.form, given, lang, self.now())
            errors += wrong
            if parsed:
                reply = ApplicantReply(given.answer, parsed.answers, kept_warnings(parsed.warnings))
        if errors:
            values = given.answers if given.revised else None
            return self.pages.file(mine, lang, entered=given.fields, errors=errors, values=values)
        after = self.files.reply(mine.case, reply)
        return self.pages.done(request, after, "reply", lang, mine.token)

    def _switched(
        self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang
    ) -> Response:
        """Answer with a form as far as it was revised on the page of the other language."""
        if given.opened:
            return self._open(mine, given, lang)
        _, errors = revision(request, mine.form, given, lang, self.now())
        values = given.answers
        return self.pages.file(
            mine, lang, entered=given.fields, errors=errors, values=values, status=200
        )

    def _open(self, mine: OpenedFile, given: FileInput, lang: Lang) -> Response:
        """Show one section of the form to correct, and keep all that was typed."""
        values = given.answers if given.revised else self.pages.stored(mine, lang)
        entered = given.fields
        opened = given.opens or given.opened
        return self.pages.file(mine, lang, entered=entered, values=values, opened=opened)

    def _withdraw(
        self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang
    ) -> Response:
        wrong = {}
        if not given.confirm:
            wrong["confirm"] = error_text("withdraw", lang)
        elif self._stale(mine, given, lang):
            wrong["confirm"] = error_text("page_old", lang)
        elif len(given.message) > MESSAGE_LIMIT:
            wrong["confirm"] = error_text("message", lang)
        if wrong:
            return self.pages.withdrawing(mine, lang, given.fields, wrong)
        after = self.files.withdraw(mine.case, given.message)
        return self.pages.done(request, after, "withdraw", lang, mine.token)

    def _correct(
        self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang
    ) -> Response:
        errors = self._stale(mine, given, lang)
        address = email_or_none(given.address)
        if address is None or address.lower() == mine.case.mail_to.lower():
            errors.append(_error("address", "address", lang))
        if errors:
            return self.pages.file(mine, lang, entered=given.fields, errors=errors)
        after = self.files.ask_address(mine.case, given.address)
        return self.pages.done(request, after, "correct", lang, mine.token)

    def _copy(self, request: Request, mine: OpenedFile, given: FileInput, lang: Lang) -> Response:
        if errors := self._stale(mine, given, lang):
            return self.pages.file(mine, lang, entered=given.fields, errors=errors)
        after = self.files.mail_copy(mine.case)
        return self.pages.done(request, after, "copy", lang, mine.token)

    def _confirming(self, token: str) -> tuple[Case, str] | None:
        """Return the case and the new address, of a link that came to that address. Raises BadLink
        when the address was corrected, or another one was asked for, since."""
        try:
            case_id, person, address = self.links.open_address(token)
        except BadLink:
            return None
        case = self.cases.unerased(case_id)
        if case is None or not case.person.startswith(person):
            raise BadLink("address")
        if address != self.cases.requested_address(case):
            raise BadLink("address")
        return case, address

    def _confirm(  # noqa: PLR0913
        self, request: Request, token: str, case: Case, address: str, given: FileInput, lang: Lang
    ) -> Response:
        if given.action not in ("confirm", ""):
            self.files.refused(case, given.action, "address")
            return self.pages.done(request, case, "not_yours", lang, None, status=409)
        right = self.links.check_nonce(token, given.nonce, PAGE_SECONDS)
        if not given.confirm or not right:
            return self.pages.confirming(request, token, case, address, wrong=True)
        try:
            after = self.files.correct_address(case, address, by=APPLICANT)
        except (Conflict, Refused):
            self.files.refused(case, "correct_address", "not_now")
            return self.pages.done(request, case, "not_now", lang, None, status=409)
        return self.pages.done(request, after, "confirm", lang, None)

    def _not_now(
        self, request: Request, mine: OpenedFile, given: FileInput, why: str, lang: Lang
    ) -> Response:
        """Answer that the state, or a decision that can still be undone, does not let this happen."""
        self.files.refused(mine.case, given.action, why)
        held = mine.known_state != shown_as(mine.case.state)
        what = "settled" if why == "settled" or held else "not_now"
        return self.pages.done(request, mine.case, what, lang, mine.token, status=409)

    def _stale(self, mine: OpenedFile, given: FileInput, lang: Lang) -> list[FieldError]:
        """Return an error when the page that was posted is too old."""
        if self.links.check_nonce(mine.token, given.nonce, PAGE_SECONDS):
            return []
        return [_error("", "page_old", lang)]


def _on_documents(request: Request) -> bool:
    return request.query.get("do") == DOCUMENTS


def _error(field: str, code: str, lang: Lang) -> FieldError:
    return FieldError(field=field, code=code, message=error_text(code, lang))


_ACTIONS: Final[dict[str, Callable[..., Response]]] = {
    "reply": FileViews._reply,
    "withdraw": FileViews._withdraw,
    "correct": FileViews._correct,
    "copy": FileViews._copy,
    "add_document": FileViews._add_document,
}
"""What the forms of the page do, by the name that they post."""

"""The page that asks an address what a declaration is that came in its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypedDict

from chalicelib import content
from chalicelib.cases.applicant import ApplicantFiles
from chalicelib.cases.case import Case
from chalicelib.cases.kept_declarations import KeptDeclaration, KeptDeclarations
from chalicelib.core.conflicts import retry_while_same
from chalicelib.core.errors import BadLink, Conflict, Refused, RelaisError
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.records import moment
from chalicelib.forms import description, diff
from chalicelib.forms.problems import InvalidForm
from chalicelib.views.file_form import PAGE_SECONDS
from chalicelib.views.lost_link import LostLinkViews
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import FieldError, Problems
from chalicelib.web.request import Request, text_field
from chalicelib.web.responses import PRIVATE, Response, json_response

INVALID_STATUS: Final = 422
"""The status of a choice that does not fit, and may be made again."""

REPLACE: Final = "replace"
"""How the choice begins that gives the answers to a file; its id follows after a colon."""


class Replaceable(TypedDict):
    """A file that the answers may go to, and what they would change in it."""

    choice: str
    ref: str
    org: str
    changes: list[diff.Change]


@dataclass(frozen=True)
class DeclarationViews:
    declarations: KeptDeclarations
    files: ApplicantFiles
    links: Links
    pages: Pages
    problems: Problems
    lost_link: LostLinkViews

    def show(self, request: Request, token: str) -> Response:
        """Answer with the page of a second declaration; looking changes nothing."""
        try:
            kept = self.declarations.opened(token)
        except BadLink:
            if not request.wants_page:
                raise
            return self.lost_link.broken(request)
        lang = request.language({}, kept.file.lang)
        if not kept.waits:
            return self._done(request, token, kept.case, "answered", lang, 410)
        if not request.wants_page:
            body = {"ref": kept.case.ref, "file": kept.file.ref, "choices": _choices(kept)}
            return json_response(body, PRIVATE)
        return self._page(token, kept, lang)

    def act(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            fields = request.fields()
            kept = self.declarations.opened(token)
            lang = request.language(fields, kept.file.lang)
            self.files.counted(kept.case, "declaration")
            return self._act(request, token, kept, fields, lang)
        except RelaisError as error:
            return self.problems.respond(request, error, lang)

    def _act(
        self, request: Request, token: str, kept: KeptDeclaration, fields: Mapping[str, object],
        lang: Lang,
    ) -> Response:  # fmt: skip
        if not kept.waits:
            self.files.refused(kept.case, text_field(fields, "choice"), "answered")
            return self._done(request, token, kept.case, "answered", lang, 409)
        choice = _read_choice(fields, kept)
        wrong = "" if choice else "choose"
        if not self.links.check_nonce(token, text_field(fields, "nonce"), PAGE_SECONDS):
            wrong = wrong or "page_old"
        if wrong:
            return self._refused(request, token, kept, lang, wrong, choice)
        try:
            return retry_while_same(
                kept,
                lambda found: self._answer(request, token, found, choice, lang),
                lambda: self.declarations.opened(token),
                lambda _, again: again.waits and choice in _choices(again),
            )
        except (Conflict, Refused):
            again = self.declarations.opened(token)
            if again.waits:
                # The file went on in that very moment: what can be chosen now may differ.
                return self._refused(request, token, again, lang, "page_old", choice, status=409)
            self.files.refused(again.case, choice, "answered")
            return self._done(request, token, again.case, "answered", lang, 409)

    def _answer(
        self, request: Request, token: str, kept: KeptDeclaration, choice: str, lang: Lang
    ) -> Response:
        if choice == "not_me":
            return self._done(request, token, self.declarations.disown(kept), "not_me", lang)
        if choice == "another":
            return self._done(request, token, self.declarations.confirm(kept), "another", lang)
        file = next(one for one in kept.replaceable if choice == _replaces(one))
        return self._done(request, token, self.declarations.replace(kept, file), "replaced", lang)

    def _refused(  # noqa: PLR0913
        self, request: Request, token: str, kept: KeptDeclaration, lang: Lang, wrong: str,
        choice: str, status: int = INVALID_STATUS,
    ) -> Response:  # fmt: skip
        message = str(content.review()["file_errors"][wrong][lang])
        if not request.wants_page:
            why = InvalidForm(()) if status == INVALID_STATUS else Refused(wrong)
            errors = [FieldError(field="choice", code=wrong, message=message)]
            members = {"errors": errors, "choices": _choices(kept)}
            return self.problems.document(self.problems.text(why, lang), lang, members)
        return self._page(token, kept, lang, message, choice, status=status)

    def _page(  # noqa: PLR0913
        self, token: str, kept: KeptDeclaration, lang: Lang, wrong: str = "", choice: str = "",
        status: int = 200,
    ) -> Response:  # fmt: skip
        case, file = kept.case, kept.file
        address = self.pages.address("declaration", token)
        facts = {
            "case": case,
            "file": file,
            "at": moment(case.submitted_at),
            "changes": diff.between("eoi", file.answers, case.answers, lang),
            "files": [_replaceable(one, case, lang) for one in kept.replaceable],
            "answers": description.readable("eoi", case.answers, lang),
            "action": address,
            "nonce": self.links.nonce(token),
            "wrong": wrong,
            "choice": choice,
        }
        return self.pages.respond("declaration", lang, facts, address=address, status=status)

    def _done(  # noqa: PLR0913
        self, request: Request, token: str, case: Case, what: str, lang: Lang, status: int = 200
    ) -> Response:
        texts = content.review()["file"][what]
        title, text = texts["title"][lang], texts["text"][lang].format(ref=case.ref)
        if not request.wants_page:
            body = {"ref": case.ref, "status": what, "message": text}
            return json_response(body, PRIVATE, status=status)
        links_url = in_language(self.pages.address("file"), lang)
        facts = {"title": title, "text": text, "links_url": links_url}
        address = self.pages.address("declaration", token)
        return self.pages.respond("receipt", lang, facts, address=address, status=status)


def _read_choice(fields: Mapping[str, object], kept: KeptDeclaration) -> str:
    """Return what was chosen of what can be; blank for anything else. A script may leave out
    which file is replaced where there is but one."""
    choice = text_field(fields, "choice")
    if choice == REPLACE and len(kept.replaceable) == 1:
        return _replaces(kept.replaceable[0])
    return choice if choice in _choices(kept) else ""


def _choices(kept: KeptDeclaration) -> list[str]:
    return [*map(_replaces, kept.replaceable), "another", "not_me"]


def _replaces(file: Case) -> str:
    return f"{REPLACE}:{file.id}"


def _replaceable(file: Case, case: Case, lang: Lang) -> Replaceable:
    return {
        "choice": _replaces(file),
        "ref": file.ref,
        "org": file.org,
        "changes": diff.between("eoi", file.answers, case.answers, lang),
    }

"""The page that asks the address of a file whether an application that names it is its owner's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib.cases.applicant import ApplicantFiles
from chalicelib.cases.case import Case
from chalicelib.cases.lookup import Cases
from chalicelib.cases.orphans import Orphans
from chalicelib.core.conflicts import retry_while_same
from chalicelib.core.errors import BadLink, Conflict, Refused
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.records import moment
from chalicelib.forms import description
from chalicelib.views.file_facts import error_text
from chalicelib.views.file_form import PAGE_SECONDS, FileInput
from chalicelib.views.file_pages import FilePages
from chalicelib.views.long_answers import PART, part_url, respond_with_part
from chalicelib.web.pages import Pages
from chalicelib.web.request import Request
from chalicelib.web.responses import Response


@dataclass(frozen=True)
class OpenedClaim:
    """An application, and the case that it names, behind the link to that case's address."""

    token: str
    application: Case
    declaration: Case


class ClaimFacts(TypedDict):
    application: Case
    declaration: Case
    applied_at: datetime
    answers: Sequence[Mapping[str, object]]
    part_url: str
    action: str
    nonce: str
    wrong: Mapping[str, str]


@dataclass(frozen=True)
class ClaimViews:
    cases: Cases
    orphans: Orphans
    files: ApplicantFiles
    links: Links
    pages: Pages
    file_pages: FilePages

    def opened(self, token: str) -> OpenedClaim | None:
        """Return what the link is about; None for a link of another purpose. Raises BadLink once
        the address of the file was corrected."""
        try:
            self.links.open_claim(token)
        except BadLink:
            return None
        return OpenedClaim(token, *self.cases.claim(token))

    def show(self, request: Request, claim: OpenedClaim, *, wrong: bool = False) -> Response:
        """Answer with the page of a claim; looking changes nothing."""
        case = claim.application
        lang = request.language({}, case.lang)
        if case.linked_to == claim.declaration.id:
            return self._done(request, claim, "claimed", lang)
        if case.disowned:
            return self._done(request, claim, "not_mine", lang)
        address = self.pages.address("file", claim.token)
        if wanted := request.query.get(PART):
            return respond_with_part(self.pages, case, wanted, address, lang)
        facts: ClaimFacts = {
            "application": case,
            "declaration": claim.declaration,
            "applied_at": moment(case.applied_at or case.submitted_at),
            "answers": description.readable("application", case.application or {}, lang),
            "part_url": part_url(address, lang),
            "action": address,
            "nonce": self.links.nonce(claim.token),
            "wrong": {"confirm": error_text("tick", lang)} if wrong else {},
        }
        status = 422 if wrong else 200
        return self.pages.respond("claim", lang, facts, address=address, status=status)

    def act(self, request: Request, claim: OpenedClaim, given: FileInput, lang: Lang) -> Response:
        """Do what the page of a claim asks. Raises TooMany."""
        self.files.counted(claim.application, "claim")
        if given.action not in ("confirm", "not_me", ""):
            return self._refused(request, claim, given.action, "not_yours", lang)
        right = self.links.check_nonce(claim.token, given.nonce, PAGE_SECONDS)
        if given.action == "not_me" and right:
            return self._disown(request, claim, lang)
        if not given.confirm or not right:
            return self.show(request, claim, wrong=True)
        try:
            self._settle(claim, self.orphans.confirm)
        except (Conflict, Refused):
            return self._refused(request, claim, "link_confirmed", "not_now", lang)
        return self._done(request, claim, "claimed", lang)

    def _settle(self, claim: OpenedClaim, act: Callable[[Case, Case], object]) -> None:
        """Settle a claim by `act`. Raises Conflict once one of the two files has gone on, and
        Refused."""
        retry_while_same(
            claim,
            lambda found: act(found.application, found.declaration),
            lambda: OpenedClaim(claim.token, *self.cases.claim(claim.token)),
            lambda one, other: (
                one.application.is_where(other.application)
                and one.declaration.is_where(other.declaration)
            ),
        )

    def _disown(self, request: Request, claim: OpenedClaim, lang: Lang) -> Response:
        try:
            self._settle(claim, self.orphans.disown)
        except (Conflict, Refused):
            return self._refused(request, claim, "disown", "not_now", lang)
        return self._done(request, claim, "not_mine", lang)

    def _refused(
        self, request: Request, claim: OpenedClaim, event: str, why: str, lang: Lang
    ) -> Response:
        self.files.refused(claim.application, event, "claim" if why == "not_yours" else why)
        return self._done(request, claim, why, lang, status=409)

    def _done(
        self, request: Request, claim: OpenedClaim, what: str, lang: Lang, *, status: int = 200
    ) -> Response:
        return self.file_pages.done(request, claim.application, what, lang, None, status=status)

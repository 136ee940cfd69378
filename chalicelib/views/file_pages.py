"""The pages behind an applicant's link; what is done there is in `views.file`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.intake.submission import received_text
from chalicelib.cases.lookup import Cases
from chalicelib.cases.states import table, tells_turnaround
from chalicelib.core import references
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings
from chalicelib.forms.attachment import fields_of
from chalicelib.forms.problems import RESULT_NOT_MAILED, Problem
from chalicelib.views.days import DAYS, applicants_days, respond_with_days
from chalicelib.views.documents import PAGE as DOCUMENTS
from chalicelib.views.documents import document_facts
from chalicelib.views.file_facts import (
    FileAddresses,
    FileFacts,
    FilePageFacts,
    error_text,
    file_facts,
    is_stored_form,
    unreached,
)
from chalicelib.views.form_page import revised
from chalicelib.views.long_answers import part_url, respond_with_part
from chalicelib.views.opened_file import OpenedFile
from chalicelib.views.receipt import explained
from chalicelib.web.form_errors import Description, form_errors
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import FieldError
from chalicelib.web.request import Request
from chalicelib.web.responses import PRIVATE, Response, json_response


@dataclass(frozen=True)
class FilePages:
    cases: Cases
    links: Links
    settings: Settings
    pages: Pages
    now: Now
    turnaround: Callable[[str], object]

    def file(  # noqa: PLR0913
        self,
        mine: OpenedFile,
        lang: Lang,
        *,
        new: bool = False,
        entered: Mapping[str, object] | None = None,
        errors: Sequence[FieldError] = (),
        values: Mapping[str, object] | None = None,
        opened: str = "",
        status: int | None = None,
    ) -> Response:
        """Answer with the page of a file; `values` are the answers that somebody is at work on, and
        `opened` the section of them that they see."""
        case, address = mine.case, self._address(mine.token)
        facts = self._facts(mine, lang)
        description = self._describe(mine, lang) if facts["question"] else None
        wrong = form_errors(errors, description, lang, other_fields=("answer", "address"))
        page: FilePageFacts = {
            **facts,
            **wrong,
            "description": description,
            "mending": revised(description, values, wrong["problems"], opened),
            "opened": opened,
            "entered": entered or {},
            "new": new,
            "warnings": self._warnings(mine, lang),
            "delay": self._delay(mine),
            "action": address,
            "documents": document_facts(self.cases.documents(case), "application", address, lang),
            "nonce": self.links.nonce(mine.token),
            **self._links(mine, facts, lang),
            "address_form": (case.state, "ask_address") in table(),
            "unreached": unreached(case),
            "mail_to": case.mail_to,
        }
        return self.pages.respond(
            "file", lang, page, address=address, status=status or (422 if errors else 200),
            scripted=bool(facts["question"]),
        )  # fmt: skip

    def stored(self, mine: OpenedFile, lang: Lang) -> Mapping[str, object]:
        """Return the answers of a file as they stand, as somebody would type them."""
        from chalicelib.forms.entered import entered

        case = mine.case
        kept = case.answers if case.application is None else case.application
        return entered(mine.form, kept, lang)

    def _links(self, mine: OpenedFile, facts: FileFacts, lang: Lang) -> FileAddresses:
        """Return where one goes from the page of a file, as it stands."""
        address, case = self._address(mine.token), mine.case
        days = applicants_days(facts, lang, self.settings)
        may_withdraw = self.can(mine, "withdraw")
        return {
            "apply_url": self.links.invite(case.id, case.person, lang)
            if facts["apply_by"]
            else None,
            "days_url": in_language(f"{address}?{DAYS}=1", lang) if days else None,
            "copy_url": in_language(f"{address}?copy=1", lang),
            "part_url": part_url(address, lang),
            "withdraw_url": in_language(f"{address}?do=withdraw", lang) if may_withdraw else None,
            "documents_url": in_language(self.documents_url(mine), lang)
            if self.can(mine, "add_document") and fields_of(case.form)
            else None,
        }

    def documents_url(self, mine: OpenedFile) -> str:
        """Return the address of the page that takes documents for a file."""
        return f"{self._address(mine.token)}?do={DOCUMENTS}"

    def part(self, mine: OpenedFile, wanted: str, lang: Lang) -> Response:
        """Answer with a long section of the answers."""
        return respond_with_part(self.pages, mine.case, wanted, self._address(mine.token), lang)

    def copy(self, mine: OpenedFile, lang: Lang) -> Response:
        """Answer with all that was sent, as a page to print or to keep."""
        address, facts = self._address(mine.token), self._facts(mine, lang)
        page = {
            "case": mine.case,
            "sent_at": moment(mine.case.applied_at or mine.case.submitted_at),
            "changed_at": facts["changes"][0]["at"] if facts["changes"] else None,
            "answers": facts["answers"],
            "back": in_language(address, lang),
        }
        return self.pages.respond("copy", lang, page, address=f"{address}?copy=1")

    def days(self, mine: OpenedFile, lang: Lang) -> Response | None:
        """Answer with the days of a file, for a calendar; None where it has none to keep."""
        days = applicants_days(self._facts(mine, lang), lang, self.settings)
        return respond_with_days(days, mine.case.current_ref, lang, self.now()) if days else None

    def _warnings(self, mine: OpenedFile, lang: Lang) -> list[str]:
        """Return what is worth a look in the answers that are looked at now, while they are."""
        case = mine.case
        kept = case.warnings if case.application is None else case.application_warnings or []
        if not self.can(mine, "withdraw"):
            return []
        return [Problem(w["field"], w["code"], dict(w["params"])).message(lang) for w in kept]

    def _delay(self, mine: OpenedFile) -> object:
        """Return the usual turnaround, told while somebody waits for the staff."""
        waits = tells_turnaround(mine.known_state)
        return self.turnaround(mine.form) if waits else None

    def withdrawing(
        self,
        mine: OpenedFile,
        lang: Lang,
        entered: Mapping[str, object],
        wrong: Mapping[str, str],
    ) -> Response:
        """Ask before a file is withdrawn."""
        address = self._address(mine.token)
        facts = {
            "case": mine.case,
            "action": address,
            "nonce": self.links.nonce(mine.token),
            "entered": entered,
            "wrong": wrong,
        }
        return self.pages.respond(
            "withdrawing",
            lang,
            facts,
            address=f"{address}?do=withdraw",
            status=422 if wrong else 200,
        )

    def confirming(
        self, request: Request, token: str, case: Case, address: str, *, wrong: bool = False
    ) -> Response:
        """Ask at a new e-mail address whether it is the right one."""
        lang = request.language({}, case.lang)
        facts = {
            "case": case,
            "address": address,
            "action": self._address(token),
            "nonce": self.links.nonce(token),
            "wrong": {"confirm": error_text("tick", lang)} if wrong else {},
        }
        status = 422 if wrong else 200
        return self.pages.respond(
            "confirming", lang, facts, address=self._address(token), status=status
        )

    def done(  # noqa: PLR0913
        self,
        request: Request,
        case: Case,
        what: str,
        lang: Lang,
        token: str | None,
        *,
        status: int = 200,
    ) -> Response:
        """Answer with what an applicant just did to their file, or why not."""
        texts = content.review()["file"][what]
        title, text = texts["title"][lang], texts["text"][lang]
        if not request.wants_page:
            body = {
                "ref": case.current_ref,
                "status": self.cases.known_state(case),
                "message": text,
            }
            return json_response(body, PRIVATE, status=status)
        address = self._address(token) if token else ""
        facts = {"case": case, "title": title, "text": text, "status": status, "action": address}
        return self.pages.respond("done", lang, facts, address=address, status=status)

    def result(self, request: Request, token: str) -> Response:
        """Answer with the page of a self-assessment."""
        from chalicelib.forms import assessment

        found = self.cases.assessed(token)
        lang = request.language({}, found["lang"])
        scored = assessment.score(found["answers"])
        said = assessment.explain(scored, found["answers"], lang)
        result = explained(said, found["ref"], lang, self.links, self.settings.contact_email)
        if not request.wants_page:
            body = {"ref": found["ref"], "status": found["band"], "result": result}
            return json_response(body, PRIVATE)
        facts = {
            "ref": found["ref"],
            "result": result,
            "not_mailed": content.messages()[RESULT_NOT_MAILED][lang] if "unsent" in found else "",
        }
        return self.pages.respond("thanks", lang, facts, address=self._address(token))

    def received(self, request: Request, token: str, ref: str) -> Response:
        """Answer that something came under a reference, and no more."""
        what = "stored" if is_stored_form(ref) else "received"
        return self._of_receipt(request, what, ref, request.lang, self._address(token))

    def refused_receipt(self, request: Request, ref: str, lang: Lang) -> Response:
        """Answer with what the link of a receipt does not do."""
        what = "stored" if is_stored_form(ref) else "not_yours"
        return self._of_receipt(request, what, ref, lang, "", status=409)

    def _of_receipt(
        self, request: Request, what: str, ref: str, lang: Lang, address: str, status: int = 200
    ) -> Response:  # fmt: skip
        texts = content.review()["file"][what]
        form = references.form_of(ref)
        thanks = received_text(form, ref, lang) if form else ""
        title, text = texts["title"][lang], texts["text"][lang].format(ref=ref, thanks=thanks)
        if not request.wants_page:
            body = {"ref": ref, "status": "received", "message": text}
            return json_response(body, PRIVATE, status=status)
        facts = {
            "title": title,
            "text": text,
            "links_url": in_language(self.pages.address("file"), lang),
        }
        return self.pages.respond("receipt", lang, facts, address=address, status=status)

    def standing(self, case: Case) -> Response:
        return json_response(
            {"ref": case.current_ref, "status": self.cases.known_state(case)}, PRIVATE
        )

    def can(self, mine: OpenedFile, event: str) -> bool:
        return (mine.known_state, event) in table()

    def _facts(self, mine: OpenedFile, lang: Lang) -> FileFacts:
        return file_facts(mine.case, self.cases.history(mine.case), mine.known_state, lang)

    def _describe(self, mine: OpenedFile, lang: Lang) -> Description:
        from chalicelib.views.described import describe_form

        return describe_form(mine.form, lang, self.settings, None)

    def _address(self, token: str) -> str:
        return self.pages.address("file", token)

"""The pages behind an applicant's link, drawn; what they do is the door's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.cases.case import Case
from chalicelib.cases.lookup import Cases
from chalicelib.cases.states import table
from chalicelib.content import load
from chalicelib.core.languages import Lang, lang_or, other_language
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings
from chalicelib.web.request import Request, Response, json_response
from chalicelib.web.responses import PRIVATE, Responder

Errors = list[dict[str, str]]


@dataclass(frozen=True)
class OpenedFile:
    """A file that its link opened; `whole`: the link came by mail, and proves the address."""

    token: str
    case: Case
    whole: bool


@dataclass(frozen=True)
class FilePages:
    cases: Cases
    links: Links
    settings: Settings
    responder: Responder
    now: Now
    usual: Callable[[str], Any]

    def file(  # noqa: PLR0913
        self,
        mine: OpenedFile,
        lang: Lang,
        *,
        new: bool = False,
        typed: Mapping[str, Any] | None = None,
        errors: Errors | None = None,
        values: Mapping[str, Any] | None = None,
        status: int = 0,
    ) -> Response:
        from chalicelib.forms import description
        from chalicelib.newsletter.subscribers import consent_text
        from chalicelib.views.file_facts import standing_facts, whole_facts
        from chalicelib.web import pages

        case, now = mine.case, self.now()
        form = "eoi" if case.application is None else "application"
        history = self.cases.history(case) if mine.whole else []
        facts = (
            whole_facts(case, history, now, lang) if mine.whole else standing_facts(case, now, lang)
        )
        if facts["question"]:
            facts["description"] = description.describe(
                form,
                lang,
                privacy_contact=self.settings.privacy_contact,
                newsletter=consent_text.box(lang, self.settings),
            )
            facts["values"] = values or (case.answers if form == "eoi" else case.application)
        page = pages.file(
            lang,
            **facts,
            new=new,
            delay=self._delay(facts, form),
            action=self._address(mine.token),
            nonce=self.links.nonce(mine.token),
            typed=typed or {},
            problems=errors or [],
            revising=values is not None,
            apply_url=self.links.invite(case.id, case.person, lang) if facts["apply_by"] else None,
            address_form=(case.state, "ask_address") in table(),
            mail_to=case.mail_to,
            withdraw_url=f"{self._address(mine.token)}?do=withdraw&lang={lang}"
            if self.can(mine, "withdraw")
            else None,
            switch_url=f"{self._address(mine.token)}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status or (422 if errors else 200))

    def withdrawing(
        self, mine: OpenedFile, lang: Lang, typed: Mapping[str, Any], wrong: Mapping[str, str]
    ) -> Response:
        from chalicelib.web import pages

        page = pages.withdrawing(
            lang,
            case=mine.case,
            action=self._address(mine.token),
            nonce=self.links.nonce(mine.token),
            typed=typed,
            wrong=wrong,
            switch_url=f"{self._address(mine.token)}?do=withdraw&lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, 422 if wrong else 200)

    def confirming(
        self, request: Request, token: str, case: Case, address: str, *, wrong: bool = False
    ) -> Response:
        from chalicelib.web import pages

        lang = lang_or(request.query.get("lang"), case.lang)
        page = pages.confirming(
            lang,
            case=case,
            address=address,
            action=self._address(token),
            nonce=self.links.nonce(token),
            wrong={"confirm": text("tick", lang)} if wrong else {},
            switch_url=f"{self._address(token)}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, 422 if wrong else 200)

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
        from chalicelib.web import pages

        told = load("review")["file"][what]
        if not request.wants_page:
            state = case.shown(self.now())
            body = {"ref": case.current_ref, "status": state, "message": told["text"][lang]}
            return json_response(body, PRIVATE, status=status)
        page = pages.done(
            lang,
            case=case,
            title=told["title"][lang],
            text=told["text"][lang],
            status=status,
            action=self._address(token) if token else None,
            switch_url=f"{self._address(token)}?lang={other_language(lang)}" if token else "",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status)

    def result(self, request: Request, token: str) -> Response:
        """The page of a self-assessment."""
        from chalicelib.forms import assessment
        from chalicelib.web import pages

        found = self.cases.assessed(token)
        lang = lang_or(request.query.get("lang"), found["lang"])
        scored = assessment.score(found["answers"])
        result = assessment.explain(scored, found["answers"], lang)
        if not request.wants_page:
            told = {"ref": found["ref"], "status": found["band"], "result": result}
            return json_response(told, PRIVATE)
        page = pages.thanks(
            "assessment",
            lang,
            ref=found["ref"],
            result=result,
            links={
                "eoi": self.links.declare(lang),
                "coaches": self.links.coaches(lang),
                "contact": f"mailto:{self.settings.contact_email}",
                "ci_101": load("programme")["links"].get(f"ci_101_{lang}"),
            },
            switch_url=f"{self._address(token)}?lang={other_language(lang)}",
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)

    def standing(self, case: Case) -> Response:
        return json_response({"ref": case.current_ref, "status": case.shown(self.now())}, PRIVATE)

    def can(self, mine: OpenedFile, event: str) -> bool:
        return mine.whole and (mine.case.shown(self.now()), event) in table()

    def _delay(self, facts: Mapping[str, Any], form: str) -> Any:
        """Told while somebody waits for the staff."""
        return self.usual(form) if facts["case"].state.endswith("_PENDING") else None

    def _address(self, token: str) -> str:
        return f"{self.settings.public_url}/file/{token}"


def text(code: str, lang: Lang) -> str:
    return str(load("review")["file_errors"][code][lang])

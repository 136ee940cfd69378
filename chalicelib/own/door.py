"""The page behind an applicant's link: shown, answered, withdrawn, corrected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import forms
from chalicelib.asked import Answer, Asked, json_answer, lang_of
from chalicelib.cases import Cases
from chalicelib.content import load
from chalicelib.errors import BadLink, Conflict, InvalidForm, Refused, RelaisError
from chalicelib.files import Files, Reply, valid_address
from chalicelib.guards import MESSAGE_LIMIT
from chalicelib.links import Links
from chalicelib.own.typed import ACTIONS, OURS, Said, said
from chalicelib.ports import Clock
from chalicelib.problems import PRIVATE, Problems
from chalicelib.records import APPLICANT, Case
from chalicelib.settings import Settings
from chalicelib.states import table

PAGE_SECONDS: Final = 24 * 3600
"""An answer may take an afternoon to write: the page waits longer than the staff's."""

Errors = list[dict[str, str]]


@dataclass(frozen=True)
class Mine:
    """A file that its link opened; `whole`: the link came by mail, and proves the address."""

    token: str
    case: Case
    whole: bool


@dataclass(frozen=True)
class FileDoor:
    cases: Cases
    files: Files
    links: Links
    settings: Settings
    problems: Problems
    clock: Clock
    usual: Callable[[str], Any]

    def show(self, asked: Asked, token: str) -> Answer:
        """Looking changes nothing, and neither does asking whether to withdraw."""
        if (confirming := self._confirming(token)) is not None:
            return self._confirm_page(asked, token, *confirming)
        if self.links.open_file(token)[0].startswith("AE-"):
            return self._result(asked, token)
        mine = Mine(token, *self.cases.followed(token))
        lang = forms.lang_or(asked.query.get("lang"), mine.case.lang)
        if not asked.wants_page:
            return self._json(mine.case)
        if asked.query.get("do") == "withdraw" and self._can(mine, "withdraw"):
            return self._withdrawing(mine, lang, {}, {})
        return self._page(mine, lang, new="new" in asked.query)

    def act(self, asked: Asked, token: str) -> Answer:
        lang = asked.lang
        try:
            fields = asked.fields()
            given = said(fields)
            confirming = self._confirming(token)
            case, whole = (confirming[0], False) if confirming else self.cases.followed(token)
            lang = forms.lang_or(lang_of(fields, asked) if "lang" in fields else None, case.lang)
            self.files.counted(token)
            if confirming is not None:
                return self._confirm(asked, token, *confirming, given, lang)
            return self._act(asked, Mine(token, case, whole), given, fields, lang)
        except RelaisError as error:
            return self.problems.answer(asked, error, lang)

    def _act(
        self, asked: Asked, mine: Mine, given: Said, fields: Mapping[str, Any], lang: forms.Lang
    ) -> Answer:
        if not mine.whole:
            self.files.refused(mine.case, given.action, "standing")
            return self._done(asked, mine.case, "not_yours", lang, mine.token, status=409)
        if given.action not in ACTIONS:
            return self._page(mine, lang, status=422)
        if given.action != "correct" and (mine.case.state, given.action) not in table():
            return self._not_now(asked, mine, given, "not_now", lang)
        try:
            return _STEPS[given.action](self, asked, mine, given, fields, lang)
        except Refused as refused:
            return self._not_now(asked, mine, given, refused.why, lang)
        except Conflict:
            return self._not_now(asked, mine, given, "not_now", lang)

    def _reply(  # noqa: PLR0913
        self, asked: Asked, mine: Mine, given: Said, fields: Mapping[str, Any], lang: forms.Lang
    ) -> Answer:
        case = mine.case
        errors: Errors = []
        if not given.text or len(given.text) > MESSAGE_LIMIT:
            errors.append(self._error("answer", "answer", lang))
        errors += self._stale(mine, given, lang)
        form = "eoi" if case.application is None else "application"
        reply = Reply(given.text)
        values = {k: v for k, v in fields.items() if k not in OURS}
        if given.revised:
            try:
                parsed = self._parsed(form, values, lang)
                warnings = [
                    {"field": w.field, "code": w.code, "params": w.params} for w in parsed.warnings
                ]
                reply = Reply(given.text, parsed.answers, warnings)
            except InvalidForm as invalid:
                errors += [
                    {"field": p.field, "code": p.code, "message": p.message(lang)}
                    for p in invalid.problems
                ]
        if errors:
            return self._page(
                mine, lang, typed=fields, errors=errors, values=values if given.revised else None
            )
        after = self.files.reply(case, reply)
        return self._done(asked, after, "reply", lang, mine.token)

    def _withdraw(  # noqa: PLR0913
        self, asked: Asked, mine: Mine, given: Said, fields: Mapping[str, Any], lang: forms.Lang
    ) -> Answer:
        wrong = {}
        if not given.confirm:
            wrong["confirm"] = _text("withdraw", lang)
        elif self._stale(mine, given, lang):
            wrong["confirm"] = _text("page_old", lang)
        elif len(given.message) > MESSAGE_LIMIT:
            wrong["confirm"] = _text("message", lang)
        if wrong:
            return self._withdrawing(mine, lang, fields, wrong)
        after = self.files.withdraw(mine.case, given.message)
        return self._done(asked, after, "withdraw", lang, mine.token)

    def _correct(  # noqa: PLR0913
        self, asked: Asked, mine: Mine, given: Said, fields: Mapping[str, Any], lang: forms.Lang
    ) -> Answer:
        errors = self._stale(mine, given, lang)
        same = given.address.lower() == mine.case.mail_to.lower()
        if not valid_address(given.address) or same:
            errors.append(self._error("address", "address", lang))
        if errors:
            return self._page(mine, lang, typed=fields, errors=errors)
        after = self.files.ask_address(mine.case, given.address)
        return self._done(asked, after, "correct", lang, mine.token)

    def _confirming(self, token: str) -> tuple[Case, str] | None:
        """The case and the new address, of a link that came to that address. Raises BadLink
        when the address was corrected since."""
        try:
            case_id, person, address = self.links.open_address(token)
        except BadLink:
            return None
        case = self.cases.case(case_id)
        if case is None or not case.person.startswith(person):
            raise BadLink("address")
        return case, address

    def _confirm(  # noqa: PLR0913
        self, asked: Asked, token: str, case: Case, address: str, given: Said, lang: forms.Lang
    ) -> Answer:
        if given.action not in ("confirm", ""):
            self.files.refused(case, given.action, "address")
            return self._done(asked, case, "not_yours", lang, None, status=409)
        right = self.links.check_nonce(token, given.nonce, PAGE_SECONDS)
        if not given.confirm or not right:
            return self._confirm_page(asked, token, case, address, wrong=True)
        try:
            after = self.files.correct_address(case, address, by=APPLICANT)
        except (Conflict, Refused):
            self.files.refused(case, "correct_address", "not_now")
            return self._done(asked, case, "not_now", lang, None, status=409)
        return self._done(asked, after, "confirm", lang, None)

    def _confirm_page(
        self, asked: Asked, token: str, case: Case, address: str, *, wrong: bool = False
    ) -> Answer:
        from chalicelib import pages

        lang = forms.lang_or(asked.query.get("lang"), case.lang)
        page = pages.confirming(
            lang,
            case=case,
            address=address,
            action=self._address(token),
            nonce=self.links.nonce(token),
            wrong={"confirm": _text("tick", lang)} if wrong else {},
            switch_url=f"{self._address(token)}?lang={forms.other(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, 422 if wrong else 200)

    def _not_now(self, asked: Asked, mine: Mine, given: Said, why: str, lang: forms.Lang) -> Answer:
        """The state, or a decision that can still be undone, does not let this happen."""
        self.files.refused(mine.case, given.action, why)
        text = "settled" if why == "settled" or mine.case.undo_open(self.clock()) else "not_now"
        return self._done(asked, mine.case, text, lang, mine.token, status=409)

    def _done(  # noqa: PLR0913
        self,
        asked: Asked,
        case: Case,
        what: str,
        lang: forms.Lang,
        token: str | None,
        *,
        status: int = 200,
    ) -> Answer:
        from chalicelib import pages

        told = load("review")["file"][what]
        if not asked.wants_page:
            state = case.shown(self.clock())
            body = {"ref": case.current_ref, "status": state, "message": told["text"][lang]}
            return json_answer(body, PRIVATE, status=status)
        page = pages.done(
            lang,
            case=case,
            title=told["title"][lang],
            text=told["text"][lang],
            status=status,
            action=self._address(token) if token else None,
            switch_url=f"{self._address(token)}?lang={forms.other(lang)}" if token else "",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, status)

    def _page(  # noqa: PLR0913
        self,
        mine: Mine,
        lang: forms.Lang,
        *,
        new: bool = False,
        typed: Mapping[str, Any] | None = None,
        errors: Errors | None = None,
        values: Mapping[str, Any] | None = None,
        status: int = 0,
    ) -> Answer:
        from chalicelib import described, pages
        from chalicelib.newsletter import wording
        from chalicelib.own.showing import standing_facts, whole_facts

        case, now = mine.case, self.clock()
        form = "eoi" if case.application is None else "application"
        history = self.cases.history(case) if mine.whole else []
        facts = (
            whole_facts(case, history, now, lang) if mine.whole else standing_facts(case, now, lang)
        )
        if facts["question"]:
            facts["description"] = described.describe(
                form,
                lang,
                privacy_contact=self.settings.privacy_contact,
                newsletter=wording.box(lang, self.settings),
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
            if self._can(mine, "withdraw")
            else None,
            switch_url=f"{self._address(mine.token)}?lang={forms.other(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, status or (422 if errors else 200))

    def _withdrawing(
        self, mine: Mine, lang: forms.Lang, typed: Mapping[str, Any], wrong: Mapping[str, str]
    ) -> Answer:
        from chalicelib import pages

        page = pages.withdrawing(
            lang,
            case=mine.case,
            action=self._address(mine.token),
            nonce=self.links.nonce(mine.token),
            typed=typed,
            wrong=wrong,
            switch_url=f"{self._address(mine.token)}?do=withdraw&lang={forms.other(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, 422 if wrong else 200)

    def _result(self, asked: Asked, token: str) -> Answer:
        """The page of a self-assessment."""
        from chalicelib import assessments, pages

        found = self.cases.assessed(token)
        lang = forms.lang_or(asked.query.get("lang"), found["lang"])
        scored = assessments.score(found["answers"])
        result = assessments.explain(scored, found["answers"], lang)
        if not asked.wants_page:
            told = {"ref": found["ref"], "status": found["band"], "result": result}
            return json_answer(told, PRIVATE)
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
            switch_url=f"{self._address(token)}?lang={forms.other(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page)

    def _parsed(self, form: str, values: Mapping[str, Any], lang: forms.Lang) -> forms.Submission:
        from chalicelib import eastern

        return forms.parse(form, values, lang, eastern.today(self.clock()))

    def _delay(self, facts: Mapping[str, Any], form: str) -> Any:
        """Told while somebody waits for the staff."""
        return self.usual(form) if facts["case"].state.endswith("_PENDING") else None

    def _stale(self, mine: Mine, given: Said, lang: forms.Lang) -> Errors:
        if self.links.check_nonce(mine.token, given.nonce, PAGE_SECONDS):
            return []
        return [self._error("", "page_old", lang)]

    def _error(self, field: str, code: str, lang: forms.Lang) -> dict[str, str]:
        return {"field": field, "code": code, "message": _text(code, lang)}

    def _can(self, mine: Mine, event: str) -> bool:
        return mine.whole and (mine.case.shown(self.clock()), event) in table()

    def _json(self, case: Case) -> Answer:
        return json_answer({"ref": case.current_ref, "status": case.shown(self.clock())}, PRIVATE)

    def _address(self, token: str) -> str:
        return f"{self.settings.public_url}/file/{token}"


_STEPS: Final[dict[str, Callable[..., Answer]]] = {
    "reply": FileDoor._reply,
    "withdraw": FileDoor._withdraw,
    "correct": FileDoor._correct,
}


def _text(code: str, lang: forms.Lang) -> str:
    return str(load("review")["file_errors"][code][lang])

"""The staff's door: the review page and what its form brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import described, forms
from chalicelib.asked import Answer, Asked, lang_of
from chalicelib.cases import Cases
from chalicelib.content import load
from chalicelib.errors import RelaisError
from chalicelib.links import Links
from chalicelib.ports import Item
from chalicelib.problems import Problems
from chalicelib.records import Case, moment
from chalicelib.review import Decision, Opened, Outcome, Reviews, masked
from chalicelib.settings import Settings
from chalicelib.states import choices, public_name

STATUS = {
    "decided": 200,
    "undone": 200,
    "fresh": 200,
    "invalid": 422,
    "already": 409,
    "expired": 410,
}


@dataclass(frozen=True)
class StaffDoor:
    reviews: Reviews
    cases: Cases
    links: Links
    settings: Settings
    problems: Problems

    def show(self, asked: Asked, token: str) -> Answer:
        """The page behind a review link; looking changes nothing."""
        opened = self.reviews.open(token)
        lang = _lang(asked, opened)
        if opened.standing == "open":
            return self._review(opened, lang, preselected=asked.query.get("decision", ""))
        if opened.standing in ("decided", "undo"):
            return self._decided(opened, lang, 200)
        return self._expired(opened, lang)

    def decide(self, asked: Asked, token: str) -> Answer:
        opened = None
        lang = asked.lang
        try:
            fields = asked.fields()
            outcome = self.reviews.decide(token, _typed(fields))
            opened = outcome.opened
            lang = forms.lang_or(lang_of(fields, asked) if "lang" in fields else None, _own(opened))
        except RelaisError as error:
            return self.problems.answer(asked, error, lang)
        return self._told(outcome, fields, lang)

    def _told(self, outcome: Outcome, fields: Mapping[str, Any], lang: forms.Lang) -> Answer:
        opened = outcome.opened
        if outcome.kind == "invalid" and opened.standing == "open":
            return self._review(opened, lang, typed=fields, errors=outcome.errors)
        if outcome.kind == "decided":
            return self._decided(self.reviews.open(opened.token), lang, 200)
        if outcome.kind == "undone":
            return self._undone(outcome, lang)
        if outcome.kind in ("already", "invalid"):
            if opened.standing == "stale":
                return self._expired(opened, lang, status=409)
            return self._decided(
                opened,
                lang,
                STATUS[outcome.kind],
                too_late=bool(outcome.facts.get("too_late")),
                unconfirmed=outcome.kind == "invalid",
            )
        if outcome.kind == "fresh":
            return self._sent_fresh(lang)
        return self._expired(opened, lang)

    def _review(  # noqa: PLR0913
        self,
        opened: Opened,
        lang: forms.Lang,
        *,
        preselected: str = "",
        typed: Mapping[str, Any] | None = None,
        errors: tuple[tuple[str, str], ...] = (),
    ) -> Answer:
        from chalicelib import desk, pages

        assert opened.case is not None
        assert opened.staff is not None
        assert opened.link is not None
        case, staff = opened.case, opened.staff
        rows = [row for row in choices(case.state) if row.event in opened.link["allowed"]]
        texts = load("review")
        applied = case.application is not None
        eoi = described.readable("eoi", case.answers, lang)
        page = pages.review(
            lang,
            case=case,
            state_name=public_name(case.state, lang),
            submitted_at=moment(case.applied_at or case.submitted_at),
            answers=described.readable("application", case.application or {}, lang)
            if applied
            else eoi,
            eoi_answers=eoi if applied else None,
            warnings=desk.said((case.application_warnings or []) + case.warnings, lang),
            assessment=self._assessment(case, lang),
            history=self._history(case, lang),
            choices=[
                {"id": row.event, "label": texts["decisions"][row.event][lang]} for row in rows
            ],
            reasons=[
                {"id": reason["id"], "label": reason[lang]}
                for reason in load("lists")["decline_reason"]
            ],
            nonce=self.links.nonce(opened.token),
            action=self._address(opened),
            recipient_masked=masked(staff.email),
            name=staff.name,
            preselected=preselected,
            typed=typed or {},
            errors=[
                {"field": field, "code": code, "message": texts["errors"][code][lang]}
                for field, code in errors
            ],
            code_required=any(row.code for row in rows),
            switch_url=f"{self._address(opened)}?lang={forms.other(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, 422 if errors else 200)

    def _decided(
        self,
        opened: Opened,
        lang: forms.Lang,
        status: int,
        *,
        too_late: bool = False,
        unconfirmed: bool = False,
    ) -> Answer:
        from chalicelib import pages

        assert opened.case is not None
        decided = opened.decision
        undo = None
        if opened.standing == "undo" and decided is not None:
            undo = {
                "action": self._address(opened),
                "nonce": self.links.nonce(opened.token),
                "until": moment(decided["undo_until"]),
            }
        page = pages.decided(
            lang,
            case=opened.case,
            state_name=public_name(opened.case.state, lang),
            decided_by=decided["name"] if decided else None,
            mine=bool(decided and opened.staff and decided["by"] == opened.staff.id),
            decision=load("review")["decisions"][decided["decision"]][lang] if decided else None,
            at=moment(decided["at"]) if decided else None,
            undo=undo,
            status=status,
            too_late=too_late,
            unconfirmed=unconfirmed,
            switch_url=f"{self._address(opened)}?lang={forms.other(lang)}",
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, status)

    def _undone(self, outcome: Outcome, lang: forms.Lang) -> Answer:
        from chalicelib import pages

        assert outcome.case is not None
        page = pages.undone(
            lang,
            case=outcome.case,
            state_name=public_name(outcome.case.state, lang),
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page)

    def _expired(self, opened: Opened, lang: forms.Lang, *, status: int = 410) -> Answer:
        """The same page for an unknown link as for an old one: no way to tell them apart
        but for the state of the case, which only the owner of a real link is shown."""
        from chalicelib import pages

        case = opened.case
        page = pages.expired(
            lang,
            state_name=public_name(case.state, lang) if case else None,
            action=self._address(opened),
            status=status,
            frame=self.problems.frame(lang),
        )
        return self.problems.page(page, status)

    def _sent_fresh(self, lang: forms.Lang) -> Answer:
        from chalicelib import pages

        return self.problems.page(pages.fresh(lang, frame=self.problems.frame(lang)))

    def _assessment(self, case: Case, lang: forms.Lang) -> dict[str, Any] | None:
        from chalicelib import assessments

        found = self.cases.attached(case)
        if found is None:
            return None
        return assessments.explain(assessments.score(found["answers"]), found["answers"], lang)

    def _history(self, case: Case, lang: forms.Lang) -> list[dict[str, Any]]:
        return [_said(row, lang) for row in self.cases.history(case)]

    def _address(self, opened: Opened) -> str:
        return f"{self.settings.public_url}/review/{opened.token}"


def _said(row: Item, lang: forms.Lang) -> dict[str, Any]:
    from chalicelib import desk

    texts = load("review")
    data = row["data"]
    return {
        "at": moment(row["at"]),
        "what": texts["events"][row["event"]][lang],
        "who": data.get("name") or data.get("by_name") or texts["applicant"][lang],
        "reasons": desk.reasons_said(data.get("reasons", []), lang),
        "message": data.get("message", ""),
    }


def _typed(fields: Mapping[str, Any]) -> Decision:
    def text(key: str) -> str:
        value = fields.get(key, "")
        return value.strip() if isinstance(value, str) else ""

    given = fields.get("reason", [])
    said = [
        r.strip() for r in (given if isinstance(given, list) else [given]) if isinstance(r, str)
    ]
    known = {reason["id"] for reason in load("lists")["decline_reason"]}
    # A reason in somebody's own words is a message under the code for all others.
    own = [r for r in said if r and r not in known]
    return Decision(
        name=text("decision"),
        reasons=tuple([r for r in said if r in known] or (["other"] if own else [])),
        message="\n".join([*own, text("message").replace("\r\n", "\n")]).strip(),
        confirm=fields.get("confirm") in ("on", "yes", "true", "1", True),
        code=text("code"),
        nonce=text("nonce"),
    )


def _own(opened: Opened) -> str:
    return opened.staff.lang if opened.staff else "fr"


def _lang(asked: Asked, opened: Opened) -> forms.Lang:
    if opened.staff is None:
        return asked.lang
    return forms.lang_or(asked.query.get("lang"), opened.staff.lang)

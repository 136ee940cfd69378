"""The review page behind a link: shown, decided on, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import Candidates
from chalicelib.cases.review.model import OpenedReview, Outcome, masked
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.states import choices, public_name
from chalicelib.content import load
from chalicelib.core.errors import RelaisError
from chalicelib.core.languages import Lang, lang_or, other_language
from chalicelib.core.links import Links
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings
from chalicelib.views.review_form import typed
from chalicelib.web.request import Request, Response, lang_of
from chalicelib.web.responses import Responder

ALREADY: Final = 409


@dataclass(frozen=True)
class ReviewViews:
    reviews: Reviews
    cases: Cases
    candidates: Candidates
    links: Links
    settings: Settings
    responder: Responder

    def show(self, request: Request, token: str) -> Response:
        """The page behind a review link; looking changes nothing."""
        opened = self.reviews.open(token)
        lang = _lang(request, opened)
        return self._shown(opened, lang, preselected=request.query.get("decision", ""))

    def decide(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            fields = request.fields()
            outcome = self.reviews.decide(token, typed(fields))
            own = _own(outcome.opened)
            lang = lang_or(lang_of(fields, request) if "lang" in fields else None, own)
        except RelaisError as error:
            return self.responder.answer(request, error, lang)
        return self._told(outcome, fields, lang)

    def _told(self, outcome: Outcome, fields: Mapping[str, Any], lang: Lang) -> Response:  # noqa: PLR0911
        opened = outcome.opened
        match outcome.kind:
            case "decided":
                return self._after_decision(outcome, lang)
            case "invalid" if opened.standing == "open":
                return self._review(opened, lang, typed=fields, errors=outcome.errors)
            case "code_sent":
                return self._review(opened, lang, typed=fields, errors=outcome.errors, step=True)
            case "undone":
                return self._undone(outcome, lang)
            case "noted" | "recused" | "back":
                return self._noted(outcome, lang)
            case "refused":
                return self._refused(outcome, lang)
            case "fresh":
                return self._sent_fresh(lang)
            case "away":
                return self._away(opened, lang, ALREADY)
            case "already" | "invalid":
                return self._too_late(outcome, lang)
        return self._expired(opened, lang)

    def _shown(
        self, opened: OpenedReview, lang: Lang, *, preselected: str = "", status: int = 200
    ) -> Response:
        match opened.standing:
            case "open":
                return self._review(opened, lang, preselected=preselected)
            case "decided" | "undo":
                return self._decided(opened, lang, status)
            case "voted":
                return self._voted(opened, lang, status)
            case "away":
                return self._away(opened, lang, status)
        return self._expired(opened, lang)

    def _after_decision(self, outcome: Outcome, lang: Lang) -> Response:
        return self._shown(self.reviews.open(outcome.opened.token), lang)

    def _too_late(self, outcome: Outcome, lang: Lang) -> Response:
        opened = outcome.opened
        unconfirmed = outcome.kind == "invalid"
        if opened.standing == "voted":
            return self._voted(opened, lang, ALREADY)
        if opened.standing in ("stale", "unknown", "open"):
            return self._expired(opened, lang, status=ALREADY)
        return self._decided(
            opened,
            lang,
            422 if unconfirmed else ALREADY,
            too_late=bool(outcome.facts.get("too_late")),
            unconfirmed=unconfirmed,
        )

    def _review(  # noqa: PLR0913
        self,
        opened: OpenedReview,
        lang: Lang,
        *,
        preselected: str = "",
        typed: Mapping[str, Any] | None = None,
        errors: tuple[tuple[str, str], ...] = (),
        step: bool = False,
    ) -> Response:
        from chalicelib.views.review_facts import case_facts, choice_facts
        from chalicelib.web import pages

        assert opened.staff is not None
        staff, texts = opened.staff, load("review")
        page = pages.review(
            lang,
            **case_facts(opened, self.cases, lang),
            **choice_facts(opened, self.reviews, self.candidates, lang),
            nonce=self.links.nonce(opened.token),
            action=self._address(opened),
            recipient_masked=masked(staff.email),
            name=staff.name,
            preselected=preselected,
            typed=typed or {},
            step=step,
            errors=[
                {"field": field, "code": code, "message": texts["errors"][code][lang]}
                for field, code in errors
            ],
            switch_url=self._switch(opened, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, 422 if errors else 200)

    def _decided(
        self,
        opened: OpenedReview,
        lang: Lang,
        status: int,
        *,
        too_late: bool = False,
        unconfirmed: bool = False,
    ) -> Response:
        from chalicelib.web import pages

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
            fresh=self._address(opened) if choices(opened.case.state) and undo is None else None,
            switch_url=self._switch(opened, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status)

    def _voted(self, opened: OpenedReview, lang: Lang, status: int) -> Response:
        from chalicelib.web import pages

        assert opened.case is not None
        assert opened.staff is not None
        names = [vote["name"] for vote in opened.case.votes or []]
        needed = self.reviews.quorum
        left = self.reviews.voters_left(opened.case, opened.staff)
        page = pages.voted(
            lang,
            case=opened.case,
            names=names,
            needed=needed,
            too_few=len(names) + left < needed,
            action=self._address(opened),
            switch_url=self._switch(opened, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status)

    def _undone(self, outcome: Outcome, lang: Lang) -> Response:
        from chalicelib.web import pages

        assert outcome.case is not None
        page = pages.undone(
            lang,
            case=outcome.case,
            state_name=public_name(outcome.case.state, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)

    def _noted(self, outcome: Outcome, lang: Lang) -> Response:
        """A step beside the decision is done."""
        from chalicelib.web import pages

        what = str(outcome.facts.get("event", "back"))
        page = pages.noted(
            lang,
            case=outcome.case,
            text=load("review")["noted"][what][lang],
            action=None if what == "recuse" else self._address(outcome.opened),
            switch_url="" if what == "recuse" else self._switch(outcome.opened, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page)

    def _refused(self, outcome: Outcome, lang: Lang) -> Response:
        """The table or a guard says no, and why."""
        from chalicelib.web import pages

        texts = load("review")["refusals"]
        said = texts.get(str(outcome.facts["why"]), texts["not_now"])
        page = pages.refused(
            lang,
            case=outcome.case,
            text=said[lang],
            action=self._address(outcome.opened),
            switch_url=self._switch(outcome.opened, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, ALREADY)

    def _away(self, opened: OpenedReview, lang: Lang, status: int) -> Response:
        from chalicelib.web import pages

        assert opened.staff is not None
        page = pages.away(
            lang,
            case=opened.case,
            until=date.fromisoformat(str(opened.staff.away_until)),
            nonce=self.links.nonce(opened.token),
            action=self._address(opened),
            switch_url=self._switch(opened, lang),
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status)

    def _expired(self, opened: OpenedReview, lang: Lang, *, status: int = 410) -> Response:
        """The same page for an unknown link as for an old one: no way to tell them apart
        but for the state of the case, which only the owner of a real link is shown."""
        from chalicelib.web import pages

        case = opened.case
        page = pages.expired(
            lang,
            state_name=public_name(case.state, lang) if case else None,
            action=self._address(opened),
            status=status,
            frame=self.responder.frame(lang),
        )
        return self.responder.page(page, status)

    def _sent_fresh(self, lang: Lang) -> Response:
        from chalicelib.web import pages

        return self.responder.page(pages.fresh(lang, frame=self.responder.frame(lang)))

    def _address(self, opened: OpenedReview) -> str:
        return f"{self.settings.public_url}/review/{opened.token}"

    def _switch(self, opened: OpenedReview, lang: Lang) -> str:
        return f"{self._address(opened)}?lang={other_language(lang)}"


def _own(opened: OpenedReview) -> str:
    return opened.staff.lang if opened.staff else "fr"


def _lang(request: Request, opened: OpenedReview) -> Lang:
    if opened.staff is None:
        return request.lang
    return lang_or(request.query.get("lang"), opened.staff.lang)

"""The review page behind a link: shown, decided on, taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, assert_never
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import CaseCandidates
from chalicelib.cases.review.model import DecisionOutcome, FieldErrors, OpenedReview
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.states import choices, staff_name
from chalicelib.core.errors import RelaisError
from chalicelib.core.formatting import masked
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.core.records import moment
from chalicelib.core.settings import Settings
from chalicelib.views.days import DAYS, respond_with_days, staffs_days
from chalicelib.views.documents import QUERY, DocumentLink, document_facts, saved
from chalicelib.views.letter_history import LETTERS, letter_history, respond_with_letters
from chalicelib.views.long_answers import PART, part_url, respond_with_part
from chalicelib.views.review_facts import ReviewPageFacts, case_facts, choice_facts, steps_since
from chalicelib.views.review_form import read_decision
from chalicelib.web.pages import Pages, in_language
from chalicelib.web.problems import FieldError, Problems
from chalicelib.web.request import Request
from chalicelib.web.responses import PRIVATE, Response, see_other

CONFLICT_STATUS: Final = 409
"""The status of a page that says why what was asked for is not done."""


@dataclass(frozen=True)
class ReviewViews:
    reviews: Reviews
    cases: Cases
    candidates: CaseCandidates
    links: Links
    settings: Settings
    now: Now
    pages: Pages
    problems: Problems
    document_link: DocumentLink
    signed_in: Callable[[Request], str | bool]
    """Returns the id of whose session at the desk a browser has, if any."""

    def show(self, request: Request, token: str) -> Response:
        """Answer with the page behind a review link, or lead to the file at the desk where its
        owner is signed in there; looking changes nothing."""
        opened = self.reviews.open(token)
        lang = request.language({}, _reader_lang(opened))
        if address := self._at_desk(request, opened):
            return see_other(address, PRIVATE)
        case = opened.case if opened.standing == "open" else None
        if case and DAYS in request.query and (days := staffs_days(case, lang, self.settings)):
            return respond_with_days(days, case.current_ref, lang, self.now())
        if case and (wanted := request.query.get(QUERY)):
            return saved(self.document_link(self.cases.documents(case), wanted))
        if case and LETTERS in request.query:
            found = letter_history(self.cases.letters(case), self.reviews.roster, lang)
            return respond_with_letters(self.pages, case, found, self._address(opened), lang)
        if case and (part := request.query.get(PART)):
            return respond_with_part(self.pages, case, part, self._address(opened), lang)
        return self._shown(opened, lang, preselected=request.query.get("decision", ""))

    def _at_desk(self, request: Request, opened: OpenedReview) -> str:
        """Return the address of a file at the desk, for whom it is open; blank for all others."""
        if opened.case is None or opened.staff is None or opened.standing == "away":
            return ""
        if DAYS in request.query or self.signed_in(request) != opened.staff.id:
            return ""
        query = {k: text for k, text in request.query.items() if k in ("decision", "lang")}
        address = self.pages.address("desk", "files", opened.case.current_ref)
        return f"{address}?{urlencode(query)}" if query else address

    def decide(self, request: Request, token: str) -> Response:
        lang = request.lang
        try:
            fields = request.fields()
            outcome = self.reviews.decide(token, read_decision(fields))
            lang = request.language(fields, _reader_lang(outcome.opened) or "fr")
        except RelaisError as error:
            return self.problems.respond(request, error, lang)
        return self._after(outcome, fields, lang)

    def _after(
        self, outcome: DecisionOutcome, fields: Mapping[str, object], lang: Lang
    ) -> Response:  # noqa: PLR0911
        opened = outcome.opened
        match outcome.kind:
            case "decided":
                return self._after_decision(outcome, lang)
            case "invalid" if opened.standing == "open":
                return self._review(opened, lang, entered=fields, errors=outcome.errors)
            case "code_sent":
                return self._review(opened, lang, entered=fields, errors=outcome.errors, step=True)
            case "undone":
                return self._undone(outcome, lang)
            case "noted" | "recused" | "back":
                return self._noted(outcome, lang)
            case "refused":
                return self._refused(outcome, lang)
            case "fresh":
                return self.pages.respond("fresh", lang, {})
            case "away":
                return self._away(opened, lang, CONFLICT_STATUS)
            case "already" | "invalid":
                return self._too_late(outcome, lang)
            case "expired":
                return self._expired(opened, lang)
        assert_never(outcome.kind)

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
            case "stale" | "expired" | "unknown":
                return self._expired(opened, lang)
        assert_never(opened.standing)

    def _after_decision(self, outcome: DecisionOutcome, lang: Lang) -> Response:
        return self._shown(self.reviews.open(outcome.opened.token), lang)

    def _too_late(self, outcome: DecisionOutcome, lang: Lang) -> Response:
        opened = outcome.opened
        unconfirmed = outcome.kind == "invalid"
        if opened.standing == "voted":
            return self._voted(opened, lang, CONFLICT_STATUS)
        if opened.standing in ("stale", "unknown", "open"):
            return self._expired(opened, lang, status=CONFLICT_STATUS)
        return self._decided(
            opened,
            lang,
            422 if unconfirmed else CONFLICT_STATUS,
            too_late=bool(outcome.facts.get("too_late")),
            unconfirmed=unconfirmed,
        )

    def _review(  # noqa: PLR0913
        self,
        opened: OpenedReview,
        lang: Lang,
        *,
        preselected: str = "",
        entered: Mapping[str, object] | None = None,
        errors: FieldErrors = (),
        step: bool = False,
    ) -> Response:
        assert opened.staff is not None
        texts = content.review()["errors"]
        facts: ReviewPageFacts = {
            **case_facts(opened, self.reviews, self.cases, self.candidates, lang),
            "documents": self._documents(opened, lang),
            **choice_facts(opened, self.reviews, self.candidates, lang),
            "nonce": self.links.nonce(opened.token),
            "action": self._address(opened),
            "part_url": part_url(self._address(opened), lang),
            "letters_url": in_language(f"{self._address(opened)}?{LETTERS}=1", lang),
            "recipient_masked": masked(opened.staff.email),
            "name": opened.staff.name,
            "preselected": preselected,
            "entered": entered or {},
            "step": step,
            "errors": [FieldError(field=f, code=c, message=texts[c][lang]) for f, c in errors],
        }
        return self._page("review", opened, lang, facts, 422 if errors else 200)

    def _decided(
        self,
        opened: OpenedReview,
        lang: Lang,
        status: int,
        *,
        too_late: bool = False,
        unconfirmed: bool = False,
    ) -> Response:
        assert opened.case is not None
        decided = opened.decision
        undo = None
        if opened.standing == "undo" and opened.staff and decided and decided["undo_until"]:
            undo = {
                "name": opened.staff.name,
                "action": self._address(opened),
                "nonce": self.links.nonce(opened.token),
                "until": moment(decided["undo_until"]),
            }
        facts = {
            "case": opened.case,
            "state_name": staff_name(opened.case.state, lang),
            "decided_by": decided["name"] if decided else None,
            "mine": bool(decided and opened.staff and decided["by"] == opened.staff.id),
            "decision": content.review()["events"][decided["decision"]][lang] if decided else None,
            "at": moment(decided["at"]) if decided else None,
            "undo": undo,
            "status": status,
            "too_late": too_late,
            "unconfirmed": unconfirmed,
            "fresh": self._address(opened) if choices(opened.case.state) and undo is None else None,
        }
        return self._page("decided", opened, lang, facts, status)

    def _voted(self, opened: OpenedReview, lang: Lang, status: int) -> Response:
        """Answer that a vote is kept, and the decision waits for the others."""
        assert opened.case is not None
        assert opened.staff is not None
        names = [vote["name"] for vote in self.reviews.votes(opened.case)]
        needed = self.reviews.quorum
        left = self.reviews.voters_left(opened.case, opened.staff)
        facts = {
            "case": opened.case,
            "names": names,
            "needed": needed,
            "too_few": len(names) + left < needed,
            "enough": len(names) >= needed,
            "action": self._address(opened),
        }
        return self._page("voted", opened, lang, facts, status)

    def _undone(self, outcome: DecisionOutcome, lang: Lang) -> Response:
        return self.pages.respond("undone", lang, {"case": outcome.case})

    def _noted(self, outcome: DecisionOutcome, lang: Lang) -> Response:
        """Answer that a state change beside the decision is done."""
        what = str(outcome.facts.get("event", "back"))
        # Whoever stood back has no link to this file any more.
        address = "" if what == "recuse" else self._address(outcome.opened)
        text = content.review()["noted"][what][lang]
        facts = {"case": outcome.case, "text": text, "action": address}
        return self.pages.respond("noted", lang, facts, address=address)

    def _refused(self, outcome: DecisionOutcome, lang: Lang) -> Response:
        """Answer with why the table of states or a guard says no."""
        texts = content.review()["refusals"]
        text = texts.get(str(outcome.facts["why"]), texts["not_now"])
        facts = {
            "case": outcome.case,
            "text": text[lang],
            "action": self._address(outcome.opened),
        }
        return self._page("refused", outcome.opened, lang, facts, CONFLICT_STATUS)

    def _away(self, opened: OpenedReview, lang: Lang, status: int) -> Response:
        """Answer that somebody away decides nothing before they say that they are back."""
        assert opened.staff is not None
        facts = {
            "case": opened.case,
            "until": date.fromisoformat(str(opened.staff.away_until)),
            "nonce": self.links.nonce(opened.token),
            "action": self._address(opened),
        }
        return self._page("away", opened, lang, facts, status)

    def _expired(self, opened: OpenedReview, lang: Lang, *, status: int = 410) -> Response:
        """Answer alike for an unknown link and an old one: there is no way to tell them apart but
        for the state of the case, which only the owner of a real link is shown."""
        case = opened.case
        facts = {
            "state_name": staff_name(case.state, lang) if case else None,
            "since": steps_since(opened, lang),
            "action": self._address(opened),
        }
        return self._page("expired", opened, lang, facts, status)

    def _page(
        self,
        template: str,
        opened: OpenedReview,
        lang: Lang,
        facts: Mapping[str, object],
        status: int,
    ) -> Response:
        own, counts = self._address(opened), template == "review"
        return self.pages.respond(
            template, lang, facts, address=own, status=status, scripted=counts
        )

    def _documents(self, opened: OpenedReview, lang: Lang) -> object:
        assert opened.case is not None
        found = self.cases.documents(opened.case)
        return document_facts(found, "application", self._address(opened), lang)

    def _address(self, opened: OpenedReview) -> str:
        return self.pages.address("review", opened.token)


def _reader_lang(opened: OpenedReview) -> str | None:
    return opened.staff.lang if opened.staff else None

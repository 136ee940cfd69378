"""What a review link shows and does: GET changes nothing, POST needs a nonce and a tick."""

from datetime import date
from typing import Final

from chalicelib.cases.applicant import ApplicantFiles
from chalicelib.cases.case import Case, Vote
from chalicelib.cases.decisions import Decisions, Foretold
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import GuardContext, unmet
from chalicelib.cases.lookup import Cases
from chalicelib.cases.orphans import Orphans
from chalicelib.cases.review.attempts import Attempts
from chalicelib.cases.review.model import (
    FIELDS,
    PROOFS,
    Decision,
    DecisionOutcome,
    FieldErrors,
    OpenedReview,
    became,
    decision_since,
    standing,
)
from chalicelib.cases.review.step_up import StepUp
from chalicelib.cases.sending_again import SendingAgain
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.standing_back import standing_back, stands_back
from chalicelib.cases.states import Transition, beside, events, staff_letter
from chalicelib.cases.votes import voters
from chalicelib.core import eastern_time, stored_links
from chalicelib.core.conflicts import retry_while_same
from chalicelib.core.email_address import email_or_none
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.letter_row import letter
from chalicelib.core.links import Links
from chalicelib.core.ports import Now, Put, Store
from chalicelib.core.records import stamp

FRESH: Final = ("expired", "stale", "decided", "open", "voted")
"""Standings of a link whose owner may have a new one."""


class Reviews:
    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        cases: Cases,
        decisions: Decisions,
        files: ApplicantFiles,
        roster: Roster,
        links: Links,
        now: Now,
        *,
        step_up: bool,
    ) -> None:
        self._store = store
        self._cases = cases
        self._decisions = decisions
        self.leaving = decisions.leaving
        self._files = files
        self._orphans = Orphans(store, roster, now)
        self._again = SendingAgain(store, cases, roster, now)
        self.roster = roster
        self._links = links
        self.now = now
        self._step_up = StepUp(store, links, now) if step_up else None
        self._attempts = Attempts(store, now)

    @property
    def quorum(self) -> int:
        return self._decisions.quorum

    def votes(self, case: Case) -> list[Vote]:
        """Return the votes on a case that count, as the roster is now."""
        return self._decisions.votes(case)

    @property
    def today(self) -> date:
        return eastern_time.today(self.now())

    def colleagues(self, staff: Staff) -> list[Staff]:
        return [other for other in self.roster.active() if other.id != staff.id]

    def owner(self, case: Case) -> Staff | None:
        """Return the member of staff whom a case is assigned to."""
        return self.roster.get(case.owner) if case.owner else None

    def voters_left(self, case: Case, staff: Staff) -> int:
        """Count the others who have not voted yet, and may."""
        others = self.colleagues(staff)
        gone = {*standing_back(case, others), *voters(self.votes(case))}
        return sum(other.id not in gone for other in others)

    def open(self, token: str) -> OpenedReview:
        """Return what a link opens. Raises FileErased."""
        link = stored_links.opened(self._store, token, "case", self.now())
        staff = None if link is None else self.roster.get(link["recipient"])
        case = None if link is None else self._cases.unerased(link["case"])
        if link is None or staff is None or case is None:
            return OpenedReview("unknown", token)
        if stands_back(case, staff.id, staff.email):
            return OpenedReview("unknown", token)
        now = self.now()
        history = tuple(self._cases.history(case))
        decision = decision_since(link, history)
        found = standing(link, case, staff, decision, now, self.roster)
        if found == "undo" or (link["allowed"] == ["undo"] and decision is None):
            decision = case.decided
        return OpenedReview(found, token, case, staff, link, decision, history)

    def decide(self, token: str, decision: Decision) -> DecisionOutcome:
        """Do what a page asks. Raises TooMany after many wrong tries of one link."""
        opened = self.open(token)
        if opened.case is None or opened.staff is None or opened.link is None:
            return DecisionOutcome("fresh" if decision.name == "fresh" else "expired", opened)
        if opened.standing == "away":
            return self._away(opened, decision)
        if decision.name == "fresh":
            return self._fresh(opened)
        if decision.name == "undo":
            return self._undo(opened, decision)
        case, staff, _ = opened.whole
        if opened.standing in ("decided", "undo", "stale", "voted"):
            self._attempts.late(token, case, staff, decision.name)
            return DecisionOutcome("already", opened, case)
        if opened.standing == "expired":
            self._attempts.wrong(token, case, staff, decision.name, "expired")
            return DecisionOutcome("expired", opened, case)
        try:
            return retry_while_same(
                opened,
                lambda found: self._decide(found, decision),
                lambda: self.open(token),
                lambda _, again: again.standing == "open",
            )
        except Conflict:
            return self._late(opened, decision)

    def foretold(self, opened: OpenedReview, decision: Decision) -> Foretold | FieldErrors:
        """Return what a choice would make of the case, or what is missing of it: the proofs that
        somebody means it are not asked for. Raises Refused."""
        case, staff, _ = opened.whole
        errors = self._errors(opened, decision)
        if missing := tuple(one for one in errors if one[0] not in PROOFS):
            return missing
        by = Decider(staff.id, staff.name)
        return self._decisions.foretold(case, decision.name, by, decision.given)

    def _decide(self, opened: OpenedReview, decision: Decision) -> DecisionOutcome:
        """Decide what was asked, or return why not. Raises Conflict when somebody was faster."""
        case, staff, link = opened.whole
        self._attempts.check(opened.token)
        if decision.name in events() and decision.name not in link["allowed"]:
            self._attempts.late(opened.token, case, staff, decision.name, "not_now")
            return DecisionOutcome("refused", opened, case, facts={"why": "not_now"})
        if errors := self._errors(opened, decision):
            self._attempts.wrong(opened.token, case, staff, decision.name, errors[0][1])
            return DecisionOutcome("invalid", opened, case, errors)
        try:
            self._check(opened, decision)
            if self._wants_code(opened, decision):
                return self._confirm(opened, decision)
            after = self._act(opened, decision)
        except Refused as refused:
            if refused.why in ("not_now", "not_recused"):
                return self._late(opened, decision)
            self._attempts.late(opened.token, case, staff, decision.name, refused.why)
            return DecisionOutcome("refused", opened, case, facts={"why": refused.why})
        return DecisionOutcome(became(decision.name), opened, after, facts={"event": decision.name})

    def _act(self, opened: OpenedReview, decision: Decision) -> Case:
        case, staff, link = opened.whole
        by = Decider(staff.id, staff.name)
        if decision.name == "correct_address":
            return self._files.correct_address(case, decision.given.address, by=by.id, name=by.name)
        if decision.name == "link":
            target = self._orphans.target(decision.given.target)
            if target is None:
                raise Refused("candidate")
            return self._orphans.link(case, target, by, link=link)
        if decision.name == "send_again":
            return self._again.send(case, by)
        used = None if decision.name in beside() else link
        return self._decisions.act(case, decision.name, by, decision.given, link=used)

    def _late(self, opened: OpenedReview, decision: Decision) -> DecisionOutcome:
        again = self.open(opened.token)
        if again.case is None or again.staff is None:
            return DecisionOutcome("expired", again)
        self._attempts.late(again.token, again.case, again.staff, decision.name)
        return DecisionOutcome("already", again, again.case)

    def _undo(self, opened: OpenedReview, decision: Decision) -> DecisionOutcome:
        case, staff, _ = opened.whole
        if opened.standing != "undo":
            self._attempts.late(opened.token, case, staff, decision.name)
            return DecisionOutcome("already", opened, case, facts={"too_late": True})
        # A robot that presses every button must not take a decision back either.
        if not decision.confirm or not self._links.check_nonce(opened.token, decision.nonce):
            self._attempts.wrong(opened.token, case, staff, decision.name, "undo")
            return DecisionOutcome("invalid", opened, case, (("confirm", "confirm"),))
        try:
            after = self._decisions.undo(case, Decider(staff.id, staff.name))
        except (Conflict, Refused):
            return DecisionOutcome(
                "already", self.open(opened.token), case, facts={"too_late": True}
            )
        return DecisionOutcome("undone", opened, after)

    def _fresh(self, opened: OpenedReview) -> DecisionOutcome:
        """Owe a new link, to the address on the roster and nowhere else."""
        case, staff, _ = opened.whole
        if opened.standing in FRESH and self._attempts.counted(opened.token, staff):
            self._attempts.noted(case, staff, "fresh", "fresh")
            now = self.now()
            # Named by the minute: a second click in it owes nothing more.
            name = staff_letter(case.state)
            owed = letter(case.key[0], case.events, name, to=staff.id, due=stamp(now))
            owed["sk"] += f"#{now:%Y%m%d%H%M}"
            try:
                self._store.commit([Put(owed)])
            except Conflict:
                pass
        return DecisionOutcome("fresh", opened, case)

    def _away(self, opened: OpenedReview, decision: Decision) -> DecisionOutcome:
        """Let who is away decide nothing, and end the absence of who says that they are back."""
        case, staff, _ = opened.whole
        if decision.name == "back" and self._links.check_nonce(opened.token, decision.nonce):
            self.roster.back(staff)
            return DecisionOutcome("back", self.open(opened.token), case)
        self._attempts.late(opened.token, case, staff, decision.name, "away")
        return DecisionOutcome("away", opened, case)

    def _errors(self, opened: OpenedReview, decision: Decision) -> FieldErrors:
        """Return (field, code of the message) for each thing that is missing or wrong."""
        _, _, link = opened.whole
        if decision.name not in link["allowed"]:
            return (("decision", "choose_decision"),)
        row = self._chosen(opened, decision)
        errors = []
        if not self._links.check_nonce(opened.token, decision.nonce):
            errors.append(("nonce", "nonce"))
        errors += [FIELDS[name] for name in self._unmet(opened, row, decision) if name in FIELDS]
        errors += self._beside(opened, decision)
        if row.code and not self._links.right_code(opened.token, decision.code):
            errors.append(("code", "wrong_code"))
        if not decision.confirm:
            errors.append(("confirm", "confirm"))
        return tuple(errors)

    def _beside(self, opened: OpenedReview, decision: Decision) -> list[tuple[str, str]]:
        case, staff, _ = opened.whole
        given = decision.given
        if decision.name == "assign":
            others = self.colleagues(staff)
            known = {other.id for other in others} - {*standing_back(case, others)}
            return [] if given.colleague in known else [("colleague", "choose_colleague")]
        if decision.name == "correct_address":
            address = email_or_none(given.address)
            if address is None or address.lower() == case.mail_to.lower():
                return [("address", "write_address")]
        if decision.name == "link" and self._orphans.target(given.target) is None:
            return [("target", "choose_case")]
        return []

    def _check(self, opened: OpenedReview, decision: Decision) -> None:
        """Raise Refused for a guard that nothing on the page can mend; the quorum keeps a vote."""
        for name in self._unmet(opened, self._chosen(opened, decision), decision):
            if name != "quorum_app":
                raise Refused(name)

    def _unmet(self, opened: OpenedReview, row: Transition, decision: Decision) -> list[str]:
        return unmet(row, self._context(opened, decision))

    def _chosen(self, opened: OpenedReview, decision: Decision) -> Transition:
        """Return the row that will be taken: for an approval perhaps a vote, or conditions."""
        return self._decisions.row(self._context(opened, decision), decision.name)

    def _context(self, opened: OpenedReview, decision: Decision) -> GuardContext:
        case, staff, _ = opened.whole
        return self._decisions.context(case, Decider(staff.id, staff.name), decision.given)

    def _wants_code(self, opened: OpenedReview, decision: Decision) -> bool:
        return self._step_up is not None and "step_up" in self._chosen(opened, decision).guards

    def _confirm(self, opened: OpenedReview, decision: Decision) -> DecisionOutcome:
        """Decide with the right six digits; without any, send them."""
        case, staff, _ = opened.whole
        assert self._step_up is not None
        if not decision.step_code:
            self._step_up.send(opened.token, case, staff)
            return DecisionOutcome("code_sent", opened, case)
        if not self._step_up.right(opened.token, decision.step_code):
            self._attempts.wrong(opened.token, case, staff, decision.name, "step_code")
            self._step_up.send(opened.token, case, staff)
            return DecisionOutcome("code_sent", opened, case, (("step_code", "wrong_step_code"),))
        after = self._act(opened, decision)
        return DecisionOutcome("decided", opened, after)

"""A file at the desk: all of it, and every step that staff may take, by the same use cases as a
review link."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.decisions import Foretold
from chalicelib.cases.due_dates import decision_due
from chalicelib.cases.effects import Decider
from chalicelib.cases.file_index import list_key
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import CaseCandidates
from chalicelib.cases.review.model import (
    Decision,
    DecisionOutcome,
    FieldErrors,
    OpenedReview,
)
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.staff import Staff
from chalicelib.cases.standing_back import standing_back, stands_back
from chalicelib.cases.states import kind, table
from chalicelib.core import formatting
from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.links import Links
from chalicelib.core.ports import Put
from chalicelib.core.records import moment
from chalicelib.core.typed_text import NOTE_LIMIT
from chalicelib.desk.files import Files
from chalicelib.desk.filters import Filters
from chalicelib.desk.looks import Looks, seen
from chalicelib.desk.next_file import NextFiles
from chalicelib.desk.notes import StaffNotes, called
from chalicelib.desk.releasing import Releasing
from chalicelib.mail.writers.previews import Previews
from chalicelib.views.days import DAYS, respond_with_days, staffs_days
from chalicelib.views.desk.appraisals import APPRAISE, AppraisalViews
from chalicelib.views.desk.charities import charities
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.opened_files import OpenedFiles, done_text, held_facts, note_facts
from chalicelib.views.desk.visit import Visit
from chalicelib.views.documents import QUERY, DocumentLink, document_facts, saved
from chalicelib.views.long_answers import PART, part_url, respond_with_part
from chalicelib.views.review import CONFLICT_STATUS
from chalicelib.views.review_facts import HistoryEntry, case_facts, choice_facts, steps_since
from chalicelib.views.review_form import read_decision
from chalicelib.web.problems import FieldError
from chalicelib.web.request import is_ticked, text_area
from chalicelib.web.responses import Response

RELEASE: Final = "release"
"""The step that lets a held form go, which no link of a letter offers."""

_OF_LINKS: Final = {"code_required": False, "recipient_masked": "", "step": False}
"""What the page of a link asks and says of its letter, and a session has no need of."""


@dataclass(frozen=True)
class DeskFileViews:
    entry: Entry
    opened: OpenedFiles
    files: Files
    next_files: NextFiles
    looks: Looks
    notes: StaffNotes
    appraisals: AppraisalViews
    reviews: Reviews
    releasing: Releasing
    previews: Previews
    cases: Cases
    candidates: CaseCandidates
    links: Links
    document_link: DocumentLink

    def show(self, visit: Visit, ref: str) -> Response:
        """Answer with the page of a file; looking takes the mark of news off it, and nothing else."""
        case, staff = self.opened.case(ref), visit.signed_in.staff
        if stands_back(case, staff.id, staff.email):
            return self.entry.refused(visit.lang, "recused")
        if wanted := visit.request.query.get(QUERY):
            return saved(self.document_link(self.cases.documents(case), wanted))
        if DAYS in visit.request.query and (
            days := staffs_days(case, visit.lang, self.entry.settings)
        ):
            return respond_with_days(days, case.current_ref, visit.lang, self.entry.now())
        if wanted := visit.request.query.get(PART):
            back = f"{self._own(case)}?{self._filters(visit).query()}"
            return respond_with_part(self.entry.pages, case, wanted, back, visit.lang)
        if not visit.is_head:
            self.looks.look(staff.id, case.id, case.events)
            seen(self.files.store, list_key(case))
        if APPRAISE in visit.request.query:
            return self.appraisals.show(visit, case, visit.again)
        return self._page(visit, case, entered=visit.again, since=self._since(visit, case))

    def _since(self, visit: Visit, case: Case) -> list[HistoryEntry]:
        """Return the steps since the version that an address names, as that of a kept form does."""
        if "v" not in visit.request.query:
            return []
        return steps_since(self.opened.review(case, visit.signed_in.staff, visit), visit.lang)

    def act(self, visit: Visit, ref: str) -> Response:
        """Take a step, for the version of the file that its page showed. Raises TooMany."""
        case, staff = self.opened.case(ref), visit.signed_in.staff
        if stands_back(case, staff.id, staff.email):
            return self.entry.refused(visit.lang, "recused")
        fields = visit.request.fields()
        if note := text_area(fields, "note"):
            return self._note(visit, case, note)
        if APPRAISE in fields:
            return self.appraisals.act(visit, case, fields)
        decision = read_decision(fields)
        if decision.name == RELEASE:
            return self._release(visit, case, fields)
        if "preview" in fields:
            return self._preview(visit, case, decision, fields)
        if self._wants_code(visit, case, decision):
            return self.entry.confirm_first(visit, visit.signed_in, "POST")
        link = self.links.new_review()
        row = self.opened.link(link.token_hash, case, staff, visit.request.query)
        self.files.store.commit([Put(row)])
        # The session is from a letter to this very person, as the code of a link would be.
        proved = replace(decision, nonce=self.links.nonce(link.token), code=link.code)
        return self._after(visit, case, self.reviews.decide(link.token, proved), fields)

    def _note(self, visit: Visit, case: Case, text: str) -> Response:
        """Keep a note, and say whether it leaves for those whom it seems to name."""
        if len(text) > NOTE_LIMIT:
            most = formatting.number(NOTE_LIMIT, visit.lang)
            why = content.desk()["edits"]["too_long"][visit.lang].format(about=most)
            return self._page(visit, case, entered={"note": text}, refused=f"{why}.", status=422)
        staff = visit.signed_in.staff
        calls = called(text, self._colleagues(case, staff), self.reviews.roster.all())
        self.notes.add(case, staff, text, calls.named, visit.once)
        sent = "note_sent" if calls.named else "note"
        return self._done(visit, case, f"{sent}_not_to_all" if calls.in_vain else sent)

    def _release(self, visit: Visit, case: Case, fields: Mapping[str, object]) -> Response:
        """Let a held form go the way of the others: its letters leave."""
        if not is_ticked(fields, "confirm"):
            errors = (("confirm", "confirm"),)
            return self._page(visit, case, entered=fields, errors=errors, status=422)
        staff = visit.signed_in.staff
        try:
            self.releasing.release(case, Decider(staff.id, staff.name))
        except (Conflict, Refused):
            return self._overtaken(visit, case, fields, self.opened.review(case, staff, visit))
        return self._done(visit, case, RELEASE)

    def _preview(
        self, visit: Visit, case: Case, decision: Decision, fields: Mapping[str, object]
    ) -> Response:
        """Show the letter that a decision would bring, for the version that the page showed."""
        opened = self.opened.review(case, visit.signed_in.staff, visit)
        if opened.standing not in ("open", "undo"):
            return self._overtaken(visit, case, fields, opened)
        if decision.name == "link":
            return self._page(visit, case, entered=fields, foreseen={"letters": [], "why": "link"})
        try:
            found = self.reviews.foretold(opened, decision)
        except Refused as refused:
            return self._refused(visit, case, fields, refused.why)
        if not isinstance(found, Foretold):
            return self._page(visit, case, entered=fields, errors=found, status=422)
        letters = [
            self.previews.letter(row["letter"], found.case, row["facts"], moment(row["due_at"]))
            for row in found.letters
        ]
        by_day = self.reviews.leaving.by_day
        leaves_at = by_day(moment(found.letters[0]["due_at"])) if found.letters else None
        foreseen = {"letters": letters, "leaves_at": leaves_at, "why": ""}
        return self._page(visit, case, entered=fields, foreseen=foreseen)

    def _refused(
        self, visit: Visit, case: Case, fields: Mapping[str, object], reason: str
    ) -> Response:
        texts = content.review()["refusals"]
        why = texts.get(reason, texts["not_now"])[visit.lang]
        return self._page(visit, case, entered=fields, refused=why, status=CONFLICT_STATUS)

    def _overtaken(
        self, visit: Visit, case: Case, fields: Mapping[str, object], opened: OpenedReview
    ) -> Response:
        """Show what became of the file since the page was read, with what was written there."""
        since, again = steps_since(opened, visit.lang), self.opened.case(case.ref)
        if not since:
            return self._refused(visit, again, fields, "not_now")
        return self._page(visit, again, entered=fields, since=since, status=CONFLICT_STATUS)

    def _after(
        self, visit: Visit, case: Case, outcome: DecisionOutcome, fields: Mapping[str, object]
    ) -> Response:
        match outcome.kind:
            case "decided" | "undone" | "noted" | "back" | "fresh":
                what = "undo" if outcome.kind == "undone" else str(outcome.facts.get("event", ""))
                return self._done(visit, case, what)
            case "recused":
                return self.entry.go(self.entry.address("files"))
            case "invalid":
                return self._page(visit, case, entered=fields, errors=outcome.errors, status=422)
            case "refused":
                return self._refused(visit, case, fields, str(outcome.facts["why"]))
            case _:
                return self._overtaken(visit, case, fields, outcome.opened)

    def _done(self, visit: Visit, case: Case, what: str) -> Response:
        address = self.entry.address("files", case.current_ref)
        return self.entry.go(
            f"{address}?{self._filters(visit).query()}&{urlencode({'done': what})}"
        )

    def _colleagues(self, case: Case, staff: Staff) -> list[Staff]:
        """Return who may be sent a note: nobody who stands back from the file."""
        found = self.reviews.colleagues(staff)
        gone = standing_back(case, found)
        return [one for one in found if one.id not in gone]

    def _wants_code(self, visit: Visit, case: Case, decision: Decision) -> bool:
        """Say whether the programme asks for a second code before this step, in this session."""
        row = table().get((case.state, decision.name))
        asked = self.entry.settings.step_up and row is not None and "step_up" in row.guards
        return asked and not visit.signed_in.is_confirmed(self.entry.now())

    def _page(  # noqa: PLR0913
        self,
        visit: Visit,
        case: Case,
        *,
        entered: Mapping[str, object],
        errors: FieldErrors = (),
        refused: str = "",
        since: object = (),
        foreseen: Mapping[str, object] | None = None,
        status: int = 200,
    ) -> Response:
        session, lang = visit.signed_in, visit.lang
        opened, texts = self.opened.review(case, session.staff), content.review()["errors"]
        filters = self._filters(visit)
        address = self._own(case)
        at = urlencode({"v": case.version, "e": case.events})
        facts: dict[str, object] = {
            **case_facts(opened, self.reviews, self.cases, self.candidates, lang),
            "documents": document_facts(self.cases.documents(case), "application", address, lang),
            **choice_facts(opened, self.reviews, self.candidates, lang),
            **_OF_LINKS,
            "nonce": self.entry.form(session, address),
            "action": f"{address}?{at}&{filters.query()}",
            "name": session.staff.name,
            "preselected": visit.request.query.get("decision", ""),
            "entered": entered,
            "errors": [FieldError(field=f, code=c, message=texts[c][lang]) for f, c in errors],
            "refused": refused,
            "since": since,
            "foreseen": foreseen,
            "appraisal": self.appraisals.facts(case, session.staff, lang),
            **self._on_top(visit, opened, case),
        }
        own = f"{address}?{filters.query()}"
        return self.entry.page(visit, "file", facts, address=own, status=status, scripted=True)

    def _on_top(self, visit: Visit, opened: OpenedReview, case: Case) -> dict[str, object]:
        """Return what stands before the file itself: where one is, what is to be done, notes."""
        filters, owner = self._filters(visit), self.reviews.owner(case)
        done = visit.request.query.get("done", "")
        print_url = f"{self.entry.address('files', case.current_ref, 'print')}?{filters.query()}"
        return {
            "done": done_text(done, visit.lang) if done else "",
            "due": decision_due(case),
            "is_held": kind(case.state) == "held",
            "charities": charities(case, visit.lang),
            "mentions": [one.name for one in self._colleagues(case, visit.signed_in.staff)],
            "owner": owner.name if owner else "",
            **held_facts(case, self.entry.now()),
            "may_undo": opened.standing == "undo",
            "notes": note_facts(self.notes, case),
            "days_url": f"{self._own(case)}?{DAYS}=1",
            "print": print_url,
            "part_url": part_url(f"{self._own(case)}?{filters.query()}", visit.lang),
            "letters_url": f"{print_url}#letters",
            "back": f"{self.entry.address('files')}?{filters.query(at='')}",
            **self._next(visit, filters, case),
        }

    def _own(self, case: Case) -> str:
        return self.entry.address("files", case.current_ref)

    def _next(self, visit: Visit, filters: Filters, case: Case) -> dict[str, object]:
        """Return the way to the next file of the list, or that there is none."""
        found = self.next_files.after(filters, visit.signed_in.staff, case)
        is_last = found.is_end and (bool(filters.q) or Filters.is_asked(visit.request.query))
        url = f"{self._own(found.case)}?{filters.query(at=found.at)}" if found.case else ""
        return {"next": url, "is_last": is_last}

    def _filters(self, visit: Visit) -> Filters:
        return Filters.of(visit.request.query)

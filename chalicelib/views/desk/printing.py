"""All of a file on one page, to be printed: nothing is folded, nothing asked."""

from dataclasses import dataclass

from chalicelib.cases.due_dates import decision_due
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import CaseCandidates
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.standing_back import stands_back
from chalicelib.desk.filters import Filters
from chalicelib.desk.notes import StaffNotes
from chalicelib.views.desk.appraisals import AppraisalViews
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.opened_files import OpenedFiles, note_facts
from chalicelib.views.desk.visit import Visit
from chalicelib.views.documents import document_facts
from chalicelib.views.review_facts import case_facts
from chalicelib.web.responses import Response


@dataclass(frozen=True)
class PrintViews:
    entry: Entry
    opened: OpenedFiles
    notes: StaffNotes
    appraisals: AppraisalViews
    reviews: Reviews
    cases: Cases
    candidates: CaseCandidates

    def show(self, visit: Visit, ref: str) -> Response:
        case, staff, lang = self.opened.case(ref), visit.signed_in.staff, visit.lang
        if stands_back(case, staff.id, staff.email):
            return self.entry.refused(lang, "recused")
        address = self.entry.address("files", case.current_ref)
        filters, owner = Filters.of(visit.request.query), self.reviews.owner(case)
        opened = self.opened.review(case, staff)
        facts: dict[str, object] = {
            **case_facts(opened, self.reviews, self.cases, self.candidates, lang),
            "documents": document_facts(self.cases.documents(case), "application", address, lang),
            "name": staff.name,
            "at": self.entry.now(),
            "owner": owner.name if owner else "",
            "due": decision_due(case),
            "notes": note_facts(self.notes, case),
            "appraisal": self.appraisals.facts(case, staff, lang),
            "back": f"{address}?{filters.query()}",
        }
        own = f"{address}/print?{filters.query()}"
        return self.entry.page(visit, "print", facts, address=own)

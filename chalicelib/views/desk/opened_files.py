"""A file that somebody has before them at the desk, as a link of their own would open it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.lookup import Cases
from chalicelib.cases.review.link import review_link
from chalicelib.cases.review.model import OpenedReview, decision_since, standing
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.states import kind, staff_steps
from chalicelib.core import references
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Now
from chalicelib.core.records import moment
from chalicelib.core.typed_text import whole_number
from chalicelib.desk.notes import StaffNotes
from chalicelib.views.desk.visit import Visit


@dataclass(frozen=True)
class OpenedFiles:
    cases: Cases
    roster: Roster
    now: Now

    def case(self, ref: str) -> Case:
        """Return the file of a reference. Raises NotFound, for one that is erased too."""
        found = references.parse_reference(ref)
        case = None if found is None else self.cases.case(references.file_number_of(found))
        if case is None or kind(case.state) == "gone":
            raise NotFound(ref)
        return case

    def link(self, token_hash: str, case: Case, staff: Staff, query: Mapping[str, str]) -> Item:
        """Return the row of a link for one step: to the version that the page showed, if it says."""
        allowed = [*staff_steps(case.state), "undo"]
        row = review_link(
            token_hash, case=case, recipient=staff.id, allowed=allowed, now=self.now()
        )
        version, events = whole_number(query.get("v", "")), whole_number(query.get("e", ""))
        if version is not None and events is not None:
            row |= {"case_version": version, "case_events": events}
        return row

    def review(self, case: Case, staff: Staff, visit: Visit | None = None) -> OpenedReview:
        """Return the file as a link to it would open: to the version that the page of a visit
        showed, else to the one that there is."""
        row = self.link("", case, staff, visit.request.query if visit else {})
        history = tuple(self.cases.history(case))
        decision = decision_since(row, history)
        found = standing(row, case, staff, decision, self.now(), self.roster)
        return OpenedReview(found, "", case, staff, row, decision, history)


def note_facts(notes: StaffNotes, case: Case) -> list[Item]:
    """Return the notes beside a file, as its pages show them."""
    return [{**row, "at": moment(row["at"])} for row in notes.of(case)]


def done_text(what: str, lang: Lang) -> str:
    """Return what the page of a file says of the step that was just taken there."""
    noted, texts = content.review()["noted"], content.desk()["done"]
    return (noted.get(what) or texts.get(what) or texts["default"])[lang]


def held_facts(case: Case, now: datetime) -> dict[str, object]:
    """Return who made the decision whose letter waits, and when it leaves; None without any."""
    held = case.decided if case.decided and case.undo_open(now) else None
    return {
        "leaves_at": moment(str(held["undo_until"])) if held else None,
        "decided_by": held["name"] if held else "",
    }

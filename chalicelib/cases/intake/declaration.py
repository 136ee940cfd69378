"""A declaration of interest becomes a case, or a revision of one that is open."""

from typing import TYPE_CHECKING, Final, TypedDict

from chalicelib.cases.case import Case, KeptWarning, kept_warnings
from chalicelib.cases.intake.submission import Receipt, Visit
from chalicelib.cases.states import NEW, step, table
from chalicelib.cases.transition import StateChange
from chalicelib.core import rate_limit
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Change, Put, Write

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

REVISIONS_AN_HOUR: Final = 10
"""Anybody who knows an address can send a form in its name: each one writes to its owner."""


def declaration(visit: Visit) -> tuple[list[Write], Receipt]:
    """Return what a declaration writes, and its receipt."""
    if visit.open is not None:
        earlier = visit.cases.case(visit.open["case"])
        # Whose address was corrected since is not found under the old one any more.
        if earlier is not None and earlier.person == visit.person and revisable(earlier):
            return _revision(visit, earlier)
    spam = visit.spam()
    row = step(NEW, "hold" if spam else "submit")
    case = Case.begun(visit.now, person=str(visit.person), **_given(visit))
    data = {"answers": visit.answers_digest, "spam": spam}
    change = StateChange(case, row, visit.now, APPLICANT, data)
    change.owes_letters()
    writes = change.creates() + visit.box(case.ref, spam)
    if not spam:
        writes.append(_pointer(visit, case))
    return writes, visit.receipt(case.ref, visit.links.standing(case.id, case.person))


def revisable(case: Case) -> bool:
    return (case.state, "revise") in table()


def _pointer(visit: Visit, case: Case) -> Write:
    """Return the row that finds the open case of a person in a cycle, so that a second form joins the first."""
    pk = f"OPEN#{case.person}#{case.cycle}"
    if visit.open is None:
        return Put({"pk": pk, "sk": "OPEN", "kind": "open", "case": case.id})
    return Change((pk, "OPEN"), expect={"case": visit.open["case"]}, set={"case": case.id})


def _revision(visit: Visit, earlier: Case) -> tuple[list[Write], Receipt]:
    row = step(earlier.state, "revise")
    data = {"answers": visit.answers_digest, "form": "eoi", "before": earlier.answers}
    change = StateChange(earlier, row, visit.now, APPLICANT, data)
    change.sets |= _given(visit)
    change.removes = ["question", "votes", "address"]
    change.owes_letters({"revised": True})
    # A question that can still be taken back is taken back: nobody has read it.
    held = visit.cases.recalled(earlier) if earlier.undo_open(visit.now) else []
    writes = [
        *change.writes(),
        *held,
        *visit.box(earlier.ref),
        rate_limit.hourly(str(visit.person), REVISIONS_AN_HOUR, visit.now),
    ]
    return writes, visit.receipt(earlier.ref, visit.links.standing(earlier.id, earlier.person))


class _Given(TypedDict):
    answers: "Answers"
    warnings: list[KeptWarning]
    lang: str
    email: str
    contact_name: str
    org: str


def _given(visit: Visit) -> _Given:
    """Return what a declaration says of its case."""
    answers = visit.submission.answers
    return {
        "answers": answers,
        "warnings": kept_warnings(visit.submission.warnings),
        "lang": answers["contact_language"],
        "email": answers["contact_email"],
        "contact_name": f"{answers['contact_first_name']} {answers['contact_last_name']}",
        "org": answers["org_legal_name"],
    }

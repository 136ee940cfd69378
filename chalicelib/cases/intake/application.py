"""An application joins the case that was invited; without one it is an orphan, and kept."""

from typing import TYPE_CHECKING, Final, TypedDict

from chalicelib.cases.case import Case, KeptWarning, kept_warnings
from chalicelib.cases.intake.submission import Receipt, Visit
from chalicelib.cases.states import NEW, step
from chalicelib.cases.transition import StateChange
from chalicelib.core import rate_limit
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY
from chalicelib.core.ports import Write
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

ORPHANS_AN_HOUR: Final = 5
"""Applications without an invitation in the name of one address."""


def application(visit: Visit) -> tuple[list[Write], Receipt]:
    """Return what an application writes, and its receipt. Raises NotInvited (with a link or a reference that opens nothing), InviteOver and
    AlreadyApplied; without link and reference it is an orphan."""
    arrival = visit.arrival
    if arrival.invite:
        case = visit.cases.invited(arrival.invite)
        # The invitation came by mail: its owner may see everything.
        return _joined(visit, case), visit.receipt(
            f"DF-{case.id}", visit.links.file(case.id, case.person)
        )
    if arrival.ref:
        case = visit.cases.referred(arrival.ref, str(visit.person))
        # Whoever knows a reference and an address proves neither: no answers are shown.
        receipt = visit.receipt(f"DF-{case.id}", visit.links.standing(case.id, case.person))
        return _joined(visit, case), receipt
    return _orphan(visit)


def _joined(visit: Visit, case: Case) -> list[Write]:
    answers = visit.submission.answers
    row = step(case.state, "apply")
    change = StateChange(case, row, visit.now, APPLICANT, {"answers": visit.answers_digest})
    change.sets |= _given(visit)
    if case.address is not None:
        change.removes.append("address")
    change.owes_letters()
    if answers["fid_lead_email"].lower() != answers["applicant_email"].lower():
        change.owes(["application_received"], FIDUCIARY)
    return change.writes()


def _orphan(visit: Visit) -> tuple[list[Write], Receipt]:
    answers, spam = visit.submission.answers, visit.spam()
    row = step(NEW, "hold" if spam else "apply_uninvited")
    case = Case.begun(
        visit.now,
        person=str(visit.person),
        email=answers["applicant_email"],
        org=answers["fid_legal_name"],
        answers={},
        warnings=[],
        **_given(visit),
    )
    data = {"answers": visit.answers_digest, "spam": spam}
    change = StateChange(case, row, visit.now, APPLICANT, data)
    change.owes_letters()
    writes = [
        *change.creates(),
        rate_limit.hourly(f"{visit.person}-orphan", ORPHANS_AN_HOUR, visit.now),
    ]
    return writes, visit.receipt(f"DF-{case.id}", visit.links.standing(case.id, case.person))


class _Given(TypedDict):
    application: "Answers"
    application_warnings: list[KeptWarning]
    applied_at: str
    lang: str
    contact_name: str


def _given(visit: Visit) -> _Given:
    """Return what an application says of its case."""
    answers = visit.submission.answers
    return {
        "application": answers,
        "application_warnings": kept_warnings(visit.submission.warnings),
        "applied_at": stamp(visit.now),
        "lang": answers["applicant_language"],
        "contact_name": f"{answers['applicant_first_name']} {answers['applicant_last_name']}",
    }

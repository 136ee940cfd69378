"""An application joins the case that was invited; without one it is an orphan, and kept."""

from dataclasses import replace
from typing import Any, Final

from chalicelib.cases.audit import FIRST_EVENT
from chalicelib.cases.case import Case
from chalicelib.cases.intake.submission import Receipt, Visit, kept
from chalicelib.cases.states import NEW, Transition, step
from chalicelib.cases.transition import StateChange
from chalicelib.content import load
from chalicelib.core import eastern_time, rate_limit, references
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY
from chalicelib.core.ports import Put, Write
from chalicelib.core.records import stamp

ORPHANS_AN_HOUR: Final = 5
"""Applications without an invitation in the name of one address."""


def application(visit: Visit) -> tuple[list[Write], Receipt]:
    """Raises NotInvited (with a link or a reference that opens nothing), InviteOver and
    AlreadyApplied; without link and reference it is an orphan."""
    arrival = visit.arrival
    if arrival.invite:
        case = visit.cases.invited(arrival.invite)
        # The invitation came by mail: its owner may see everything.
        return _joined(visit, case), visit.told(
            f"DF-{case.id}", visit.links.file(case.id, case.person)
        )
    if arrival.ref:
        case = visit.cases.referred(arrival.ref, str(visit.person))
        # Whoever knows a reference and an address proves neither: no answers are shown.
        told = visit.told(f"DF-{case.id}", visit.links.standing(case.id, case.person))
        return _joined(visit, case), told
    return _orphan(visit)


def _joined(visit: Visit, case: Case) -> list[Write]:
    answers = visit.submission.answers
    row = step(case.state, "apply")
    data = {"from": case.state, "to": row.to, "answers": visit.answers_digest}
    move = StateChange(case, row, visit.now, APPLICANT, data)
    move.sets = {**_given(visit), "lang": answers["applicant_language"]}
    move.sets["contact_name"] = _name(answers)
    if case.address is not None:
        move.removes.append("address")
    move.owes_receipt()
    if answers["fid_lead_email"].lower() != answers["applicant_email"].lower():
        move.owes(["application_received"], FIDUCIARY, due=visit.now)
    return move.writes()


def _orphan(visit: Visit) -> tuple[list[Write], Receipt]:
    spam = visit.spam()
    row = step(NEW, "hold" if spam else "apply_uninvited")
    data = {"from": NEW, "to": row.to, "answers": visit.answers_digest, "spam": spam}
    move = StateChange(_new_case(visit, row), row, visit.now, APPLICANT, data)
    move.owes_receipt()
    created = move.after()
    writes: list[Write] = [
        Put(created.item()),
        *move.writes()[1:],
        rate_limit.hourly(f"{visit.person}-orphan", ORPHANS_AN_HOUR, visit.now),
    ]
    return writes, visit.told(f"DF-{created.id}", visit.links.standing(created.id, created.person))


def _new_case(visit: Visit, row: Transition) -> Case:
    """A case that has an application and no declaration."""
    answers = visit.submission.answers
    year = eastern_time.local(visit.now).year
    case = Case(
        id=references.new_file_number(year),
        state=row.to,
        version=0,
        events=0,
        head=FIRST_EVENT,
        lang=answers["applicant_language"],
        cycle=str(load("programme").get("cycle") or year),
        person=str(visit.person),
        email=answers["applicant_email"],
        contact_name=_name(answers),
        org=answers["fid_legal_name"],
        submitted_at=stamp(visit.now),
        updated_at=stamp(visit.now),
        answers={},
        warnings=[],
    )
    return replace(case, **_given(visit))


def _given(visit: Visit) -> dict[str, Any]:
    return {
        "application": visit.submission.answers,
        "application_warnings": kept(visit.submission.warnings),
        "applied_at": stamp(visit.now),
    }


def _name(answers: dict[str, Any]) -> str:
    return f"{answers['applicant_first_name']} {answers['applicant_last_name']}"

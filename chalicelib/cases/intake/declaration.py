"""A declaration of interest becomes a case, or a revision of one that is open."""

from dataclasses import replace
from typing import Final

from chalicelib.cases.audit import FIRST_EVENT
from chalicelib.cases.case import Case
from chalicelib.cases.intake.submission import Receipt, Visit, kept
from chalicelib.cases.states import NEW, Transition, step, table
from chalicelib.cases.transition import StateChange
from chalicelib.content import load
from chalicelib.core import eastern_time, rate_limit, references
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Change, Put, Write
from chalicelib.core.records import stamp

REVISIONS_AN_HOUR: Final = 10
"""Anybody who knows an address can send a form in its name: each one writes to its owner."""


def declaration(visit: Visit) -> tuple[list[Write], Receipt]:
    if visit.open is not None:
        earlier = visit.cases.case(visit.open["case"])
        # Whose address was corrected since is not found under the old one any more.
        if earlier is not None and earlier.person == visit.person and revisable(earlier):
            return _revision(visit, earlier)
    spam = visit.spam()
    row = step(NEW, "hold" if spam else "submit")
    data = {"from": NEW, "to": row.to, "answers": visit.answers_digest, "spam": spam}
    move = StateChange(
        replace(_new_case(visit, row), version=0, events=0), row, visit.now, APPLICANT, data
    )
    move.owes_receipt()
    created = move.after()
    writes: list[Write] = [Put(created.item()), *move.writes()[1:]]
    writes += visit.box(created.ref, spam)
    if not spam:
        writes.append(_pointer(visit, created))
    return writes, visit.told(created.ref, visit.links.standing(created.id, created.person))


def revisable(case: Case) -> bool:
    return (case.state, "revise") in table()


def _new_case(visit: Visit, row: Transition) -> Case:
    answers = visit.submission.answers
    year = eastern_time.local(visit.now).year
    return Case(
        id=references.new_file_number(year),
        state=row.to,
        version=1,
        events=0,
        head=FIRST_EVENT,
        lang=answers["contact_language"],
        cycle=str(load("programme").get("cycle") or year),
        person=str(visit.person),
        email=answers["contact_email"],
        contact_name=f"{answers['contact_first_name']} {answers['contact_last_name']}",
        org=answers["org_legal_name"],
        submitted_at=stamp(visit.now),
        updated_at=stamp(visit.now),
        answers=answers,
        warnings=kept(visit.submission.warnings),
    )


def _pointer(visit: Visit, case: Case) -> Write:
    """Finds the open case of a person in a cycle, so that a second form joins the first."""
    pk = f"OPEN#{case.person}#{case.cycle}"
    if visit.open is None:
        return Put({"pk": pk, "sk": "OPEN", "kind": "open", "case": case.id})
    return Change((pk, "OPEN"), expect={"case": visit.open["case"]}, set={"case": case.id})


def _revision(visit: Visit, earlier: Case) -> tuple[list[Write], Receipt]:
    row = step(earlier.state, "revise")
    answers = visit.submission.answers
    data = {"from": earlier.state, "to": row.to, "answers": visit.answers_digest, "form": "eoi"}
    move = StateChange(earlier, row, visit.now, APPLICANT, {**data, "before": earlier.answers})
    fresh = _new_case(visit, row)
    move.sets = {
        "answers": answers,
        "warnings": fresh.warnings,
        "lang": fresh.lang,
        "email": fresh.email,
        "contact_name": fresh.contact_name,
        "org": fresh.org,
    }
    move.removes = ["question", "votes", "address"]
    move.owes_receipt({"revised": True})
    # A question that can still be taken back is taken back: nobody has read it.
    held = visit.cases.recalled(earlier) if earlier.undo_open(visit.now) else []
    writes = [
        *move.writes(),
        *held,
        *visit.box(earlier.ref),
        rate_limit.hourly(str(visit.person), REVISIONS_AN_HOUR, visit.now),
    ]
    return writes, visit.told(earlier.ref, visit.links.standing(earlier.id, earlier.person))

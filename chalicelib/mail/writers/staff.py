"""The letters of a case to one member of staff."""

from datetime import date, datetime
from typing import TypedDict

from chalicelib.cases.case import Case
from chalicelib.cases.faults import FaultKind
from chalicelib.cases.states import staff_name, table
from chalicelib.cases.unreached import waits
from chalicelib.core import formatting, references
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import FIDUCIARY
from chalicelib.core.records import moment
from chalicelib.forms import description, diff
from chalicelib.mail.letters import ACTOR, STAFF, Letter, letter
from chalicelib.mail.writers.context import StaffLetter
from chalicelib.mail.writers.copies import Copy, changes
from chalicelib.mail.writers.phrases import fit_text, warning_texts
from chalicelib.mail.writers.previews import Previews
from chalicelib.mail.writers.waiting import days_waiting


class LinkOnly(TypedDict):
    staff_name: str
    review_url: str


def _link_only(owed: StaffLetter) -> LinkOnly:
    return {"staff_name": owed.staff.name, "review_url": owed.review_url}


@letter("staff_invitation_ended", to=STAFF, stands="state")
def staff_invitation_ended(owed: StaffLetter) -> LinkOnly:
    return _link_only(owed)


class ToDecide(LinkOnly):
    code: str | None
    due: date | None
    proof: list[str]


def _to_decide(owed: StaffLetter) -> ToDecide:
    return {**_link_only(owed), "code": owed.code, "due": owed.due, "proof": owed.notes}


class EoiToDecide(ToDecide):
    answers: Copy
    warnings: list[str]


class EoiReceivedForStaff(EoiToDecide):
    """`changes` are what was sent again changes; none for a first declaration. `earlier` is the
    reference of the file that the same person had when this one came."""

    revised: bool
    changes: list[diff.Change]
    earlier: str | None


@letter("staff_eoi_received", to=STAFF, digested=True, stands="state")
def staff_eoi_received(owed: StaffLetter) -> EoiReceivedForStaff:
    case, lang = owed.case, owed.lang
    return {
        **_to_decide(owed),
        "answers": description.readable("eoi", case.answers, lang),
        "warnings": warning_texts(case.warnings, lang),
        "revised": owed.facts.get("revised", False),
        "changes": changes(case, owed.facts, lang),
        "earlier": references.reference("eoi", case.beside) if case.beside else None,
    }


class ApplicationToDecide(EoiToDecide):
    eoi_answers: Copy


@letter("staff_application_received", to=STAFF, stands="state")
def staff_application_received(owed: StaffLetter) -> ApplicationToDecide:
    case, lang = owed.case, owed.lang
    return {
        **_to_decide(owed),
        "answers": description.readable("application", case.application or {}, lang),
        "eoi_answers": description.readable("eoi", case.answers, lang),
        "warnings": warning_texts(case.application_warnings or [], lang),
    }


class AnswerToRead(ToDecide):
    question: str
    answer: str
    changes: list[diff.Change]
    warnings: list[str]


@letter("staff_answer_received", to=STAFF, stands="state")
def staff_answer_received(owed: StaffLetter) -> AnswerToRead:
    case, facts, lang = owed.case, owed.facts, owed.lang
    return {
        **_to_decide(owed),
        "question": facts["question"],
        "answer": facts["answer"],
        "changes": changes(case, facts, lang),
        "warnings": warning_texts(case.application_warnings or case.warnings, lang),
    }


class CandidateInLetter(TypedDict):
    ref: str
    org: str
    state_name: str
    fit: str


class OrphanToPlace(LinkOnly):
    due: date | None
    proof: list[str]
    candidates: list[CandidateInLetter]


@letter("staff_orphan_received", to=STAFF, digested=True, stands="state")
def staff_orphan_received(owed: StaffLetter) -> OrphanToPlace:
    return {
        **_link_only(owed),
        "due": owed.due,
        "proof": owed.notes,
        "candidates": [
            {
                "ref": one.ref,
                "org": one.org,
                "state_name": staff_name(one.state, owed.lang),
                "fit": fit_text(owed.case, one, owed.lang),
            }
            for one in owed.candidates.of(owed.case)
        ],
    }


class WithMessage(LinkOnly):
    message: str


@letter("staff_file_withdrawn", to=STAFF, stands="state")
def staff_file_withdrawn(owed: StaffLetter) -> WithMessage:
    return {**_link_only(owed), "message": owed.facts.get("message", "")}


class Undeliverable(LinkOnly):
    """`recipient` is whose address it is: the applicant's, the fiduciary's, or one that the file
    was asked to write to; `address` is blank once the file knows it no more. `dates_wait`: no
    clock of the applicant closes the file meanwhile."""

    fault: FaultKind
    recipient: str
    person: str
    address: str
    why: str
    phone: str
    dates_wait: bool


@letter("staff_undeliverable", to=STAFF)
def staff_undeliverable(owed: StaffLetter) -> Undeliverable:
    case, facts, lang = owed.case, owed.facts, owed.lang
    known = (one for one in case.mail_faults or [] if one["event"] == facts["event"])
    is_fiduciary = facts["to"] == FIDUCIARY
    return {
        **_link_only(owed),
        "fault": facts["kind"],
        "recipient": facts["to"],
        "person": fiduciary_name(case) if is_fiduciary else case.contact_name,
        "address": next((one["address"] for one in known), ""),
        "why": facts["why"],
        "phone": phone_of(case, "fid_lead_phone", lang) if is_fiduciary else _phone(case, lang),
        "dates_wait": waits(case, owed.now),
    }


class CaseLink(LinkOnly):
    state_name: str
    code: str | None


@letter("staff_case_link", to=STAFF)
def staff_case_link(owed: StaffLetter) -> CaseLink:
    return {
        **_link_only(owed),
        "state_name": owed.state_name,
        "code": owed.code,
    }


class Assigned(CaseLink):
    assigned_by: str
    message: str


@letter("staff_assigned", to=STAFF)
def staff_assigned(owed: StaffLetter) -> Assigned:
    return {
        **staff_case_link(owed),
        "assigned_by": owed.facts["assigned_by"],
        "message": owed.facts.get("message", ""),
    }


class Waiting(CaseLink):
    due: date | None
    days: int
    owner: str | None


@letter("staff_waiting", to=STAFF, stands="version")
def staff_waiting(owed: StaffLetter) -> Waiting:
    case = owed.case
    owner = owed.roster.get(case.owner) if case.owner else None
    return {
        **staff_case_link(owed),
        "due": owed.due,
        "days": days_waiting(case, owed.now),
        "owner": owner.name if owner else None,
    }


class StepCode(TypedDict):
    staff_name: str
    step_code: str


@letter("staff_code", to=ACTOR)
def staff_code(owed: StaffLetter) -> StepCode:
    facts = owed.facts
    return {
        "staff_name": owed.staff.name,
        "step_code": owed.links.step_code(facts["token_hash"], facts["issued_at"]),
    }


class DecisionRecorded(TypedDict):
    staff_name: str
    decision: str
    decided_by: str
    undo_url: str | None
    undo_until: datetime | None
    undone_by: str | None
    by_applicant: bool
    preview: Letter | None


@letter("staff_decision_recorded", to=ACTOR)
def staff_decision_recorded(owed: StaffLetter) -> DecisionRecorded:
    decided, current = owed.facts, owed.case.decided
    # Undone or overtaken by the time this is written: nothing to undo, nothing to show.
    stands = current is not None and all(
        current.get(name) == decided.get(name) for name in ("at", "by", "event", "decision")
    )
    until = decided.get("undo_until") if stands else None
    undone_by = decided.get("undone_by")
    return {
        "staff_name": owed.staff.name,
        "decision": decided["decision"],
        "decided_by": decided["name"],
        "undo_url": f"{owed.new_link(['undo']).url}?decision=undo" if until else None,
        "undo_until": moment(until) if until else None,
        "undone_by": undone_by if undone_by != decided["name"] else None,
        "by_applicant": undone_by == "",
        "preview": _preview(owed) if stands else None,
    }


def _preview(owed: StaffLetter) -> Letter | None:
    """Return what the applicant reads, as the decider may still stop it; without its links."""
    case, decided = owed.case, owed.facts
    row = table().get((decided["before"], decided["decision"]))
    if row is None or not row.held_letters:
        return None
    (name,) = row.held_letters
    return Previews(owed.store, owed.links, owed.sender).letter(name, case, decided, owed.now)


def _phone(case: Case, lang: Lang) -> str:
    """Return the applicant's telephone number; blank when none was given."""
    return phone_of(case, "applicant_phone", lang) or phone_of(case, "contact_phone", lang)


def phone_of(case: Case, field: str, lang: Lang) -> str:
    """Return a telephone number of a file; blank when none was given."""
    for answers in (case.application or {}, case.answers):
        if number := answers.get(field):
            return formatting.phone(number, answers.get(f"{field}_ext"), lang)
    return ""


def fiduciary_name(case: Case) -> str:
    """Return the name of the fiduciary's lead."""
    given = case.application or {}
    names = (given.get(f"fid_lead_{part}_name") for part in ("first", "last"))
    return " ".join(filter(None, names))

"""An application joins the case that was invited; without an invitation it waits beside it."""

from dataclasses import replace
from typing import TYPE_CHECKING, NotRequired, TypedDict

from chalicelib.cases.case import Case, KeptWarning, kept_warnings
from chalicelib.cases.contact import contact_name
from chalicelib.cases.intake.submission import Arrival, Receipt
from chalicelib.cases.joining import owe_joined
from chalicelib.cases.proof import proved_application
from chalicelib.cases.states import NEW, step
from chalicelib.cases.transition import StateChange
from chalicelib.cases.twins import twin_rows
from chalicelib.core import references
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Write
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers


def application(visit: Arrival) -> tuple[list[Write], Receipt]:
    """Return what an application writes, and its receipt.

    With an invitation it joins the case that was invited. Without one it is a case of its own,
    until the address of the file that its reference names confirms it, or staff join it to a
    file. Raises NotInvited, InviteOver and AlreadyApplied for an invitation that opens nothing.
    """
    if not visit.arrival.invite:
        return _uninvited(visit)
    case = visit.cases.invited(visit.arrival.invite)
    return _joined(visit, case), _receipt(visit, case)


def _joined(visit: Arrival, case: Case) -> list[Write]:
    row = step(case.state, "apply")
    data = {"answers": visit.answers_digest, **visit.wording}
    change = StateChange(case, row, visit.now, APPLICANT, data)
    change.sets |= {**_application(visit), **_applicant(visit)}
    change.sets["consents"] = {**(case.consents or {}), **(visit.consents or {})}
    change.sets["proved"] = proved_application(case, "invitation", visit.now)
    owe_joined(change, visit.submission.answers, fiduciary=True)
    return [*change.writes(), *_twins(visit, case), *visit.documents_of(case.key[0])]


def _twins(visit: Arrival, case: Case) -> list[Write]:
    return twin_rows(case.id, visit.submission.answers, visit.people_key, visit.now)


def _uninvited(visit: Arrival) -> tuple[list[Write], Receipt]:
    """Keep an application by itself. The answer is the same whether its reference and address
    fit a file or not; a letter to that file's address tells."""
    answers, spam = visit.submission.answers, visit.held()
    claimed = visit.cases.claimed(visit.arrival.ref, str(visit.person))
    event = "apply_uninvited" if claimed is None else "apply_by_reference"
    row = step(NEW, "hold" if spam else event)
    begun = Case.begun(
        visit.now,
        person=str(visit.person),
        email=answers["applicant_email"] if claimed is None else claimed.mail_to,
        org=answers["fid_legal_name"],
        answers={},
        warnings=[],
        consents=visit.consents,
        **_applicant(visit),
    )
    claims = None if claimed is None else claimed.id
    case = replace(begun, claims=claims, **_application(visit))
    data = {"answers": visit.answers_digest, **visit.wording, "spam": spam, "claims": case.claims}
    change = StateChange(case, row, visit.now, APPLICANT, data)
    change.owes_letters()
    writes = [
        *change.creates(),
        *visit.mailbox_counters("forms_of_mailbox", answers["applicant_email"]),
        *([] if spam else _twins(visit, case)),
        *visit.documents_of(case.key[0]),
    ]
    return writes, _receipt(visit, case)


def _receipt(visit: Arrival, case: Case) -> Receipt:
    return visit.receipt(references.reference("application", case.id), case.person)


class _Application(TypedDict):
    application: "Answers"
    application_warnings: list[KeptWarning]
    applied_at: str
    attachments: NotRequired[list[str]]


def _application(visit: Arrival) -> _Application:
    """Return the parts of a case that are its application."""
    parts: _Application = {
        "application": visit.submission.answers,
        "application_warnings": kept_warnings(visit.submission.warnings),
        "applied_at": stamp(visit.now),
    }
    if visit.arrival.documents:
        parts["attachments"] = [one.id for one in visit.arrival.documents]
    return parts


class _Applicant(TypedDict):
    lang: str
    contact_name: str


def _applicant(visit: Arrival) -> _Applicant:
    """Return who is written to about the case from now on, as the application says."""
    answers = visit.submission.answers
    return {
        "lang": answers["applicant_language"],
        "contact_name": contact_name(answers, "applicant"),
    }

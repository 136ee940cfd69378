"""The letters of a case to the applicant and the fiduciary's lead."""

from datetime import date
from typing import TypedDict

from chalicelib.cases.case import Case
from chalicelib.cases.ladder import days_told
from chalicelib.cases.states import (
    awaits,
    clock_of,
    kind,
    next_step,
    public_name,
    shows,
)
from chalicelib.cases.turnaround import Turnaround
from chalicelib.content import programme
from chalicelib.core import references
from chalicelib.core.errors import Overtaken
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY
from chalicelib.forms import diff
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.context import CaseLetter
from chalicelib.mail.writers.copies import Copy, changes, copy_of_answers
from chalicelib.mail.writers.phrases import reason_texts


class EoiReceived(TypedDict):
    status_url: str
    copy_url: str
    usual: Turnaround | None
    revised: bool


@letter("eoi_received", to=APPLICANT, unproved=(APPLICANT,), stands="state")
def eoi_received(owed: CaseLetter) -> EoiReceived:
    return {
        "status_url": owed.status_url,
        "copy_url": owed.copy_url,
        "usual": owed.usual(),
        "revised": owed.facts.get("revised", False),
    }


class Invitation(TypedDict):
    apply_url: str
    apply_by: date
    days_url: str
    message: str


@letter("eoi_approved", to=APPLICANT, stands="version", survives=("extend",))
@letter("invitation_extended", to=APPLICANT, stands="version")
def invitation(owed: CaseLetter) -> Invitation:
    return {
        "apply_url": owed.apply_url,
        "apply_by": owed.apply_by,
        "days_url": owed.apply_days_url,
        "message": owed.facts["message"],
    }


class DeclinedFacts(TypedDict):
    """`reasons` in words: “other” is none, and the message says it; `cycle_ends` is a last day."""

    reasons: list[str]
    message: str
    cycle_ends: date | None
    eoi_url: str
    coaches_url: str


@letter("eoi_declined", "application_declined", to=APPLICANT, stands="version")
def declined(owed: CaseLetter) -> DeclinedFacts:
    facts = owed.facts
    return {
        "reasons": reason_texts((code for code in facts["reasons"] if code != "other"), owed.lang),
        "message": facts["message"],
        "cycle_ends": date.fromisoformat(ends) if (ends := programme()["cycle_ends"]) else None,
        "eoi_url": owed.links.declare(owed.lang),
        "coaches_url": owed.links.coaches(owed.lang),
    }


class InfoRequested(TypedDict):
    message: str
    reply_by: date
    days_url: str
    status_url: str


@letter("eoi_info_requested", "application_info_requested", to=APPLICANT, stands="version")
def info_requested(owed: CaseLetter) -> InfoRequested:
    """Ask the applicant what staff ask. Raises Overtaken when nothing is asked any more."""
    question = owed.case.question
    if question is None:
        raise Overtaken("the question is answered")
    return {
        "message": question["text"],
        "reply_by": date.fromisoformat(question["reply_by"]),
        "days_url": owed.days_url,
        "status_url": owed.status_url,
    }


class AnswerReceived(TypedDict):
    answer: str
    changes: list[diff.Change]
    status_url: str


@letter("answer_received", to=APPLICANT, stands="state")
def answer_received(owed: CaseLetter) -> AnswerReceived:
    return {
        "answer": owed.facts["answer"],
        "changes": changes(owed.case, owed.facts, owed.lang),
        "status_url": owed.status_url,
    }


class ApplicationReceived(TypedDict):
    answers: Copy
    status_url: str
    copy_url: str
    usual: Turnaround | None


@letter("application_received", to=APPLICANT, stands="state")
def application_received(owed: CaseLetter) -> ApplicationReceived:
    """Acknowledge an application, without a copy of what staff have joined and its address has not
    confirmed."""
    proved = "application" in (owed.case.proved or {})
    return {
        "answers": copy_of_answers(owed) if proved else [],
        "status_url": owed.status_url,
        "copy_url": owed.copy_url,
        "usual": owed.usual(),
    }


class ApplicationConfirm(TypedDict):
    confirm_url: str
    declaration_ref: str


@letter("application_confirm", to=APPLICANT, unproved=(APPLICANT,), stands="state")
def application_confirm(owed: CaseLetter) -> ApplicationConfirm:
    """Write to the address of the file that an application names, and not to whoever sent it.
    Raises Overtaken once nobody needs to confirm."""
    case = owed.case
    if case.claims is None or case.disowned or case.linked_to is not None:
        raise Overtaken("the address has answered")
    return {
        "confirm_url": owed.links.claim(case.id, case.claims, case.person),
        "declaration_ref": references.reference("eoi", case.claims),
    }


class FiduciaryNamed(TypedDict):
    status_url: str


@letter("fiduciary_named", to=FIDUCIARY, unproved=(FIDUCIARY,))
def fiduciary_named(owed: CaseLetter) -> FiduciaryNamed:
    """Tell a fiduciary that it was named, and repeat nothing of the application: its address was
    typed, and proved by nobody. Raises Overtaken once the file has ended."""
    if kind(owed.known_state) != "active":
        raise Overtaken("the file has ended")
    return {"status_url": owed.status_url}


class OrphanReceived(TypedDict):
    status_url: str
    eoi_url: str


@letter("orphan_received", to=APPLICANT, unproved=(APPLICANT,), stands="state")
def orphan_received(owed: CaseLetter) -> OrphanReceived:
    return {
        "status_url": owed.status_url,
        "eoi_url": owed.links.declare(owed.lang),
    }


class Decided(TypedDict):
    message: str
    status_url: str


@letter("application_approved", "application_waitlisted", to=APPLICANT, stands="version")
def decided(owed: CaseLetter) -> Decided:
    return {
        "message": owed.facts.get("message", ""),
        "status_url": owed.status_url,
    }


class ConditionFacts(TypedDict):
    text: str
    due: date


class Conditional(Decided):
    conditions: list[ConditionFacts]
    days_url: str


@letter("application_conditional", to=APPLICANT, stands="version", survives=("postpone",))
@letter("conditions_postponed", to=APPLICANT, stands="version", survives=("postpone",))
def application_conditional(owed: CaseLetter) -> Conditional:
    return {**decided(owed), "conditions": conditions_of(owed.case), "days_url": owed.days_url}


def conditions_of(case: Case) -> list[ConditionFacts]:
    """Return the conditions of an approval that are not met yet, as the file has them now."""
    return [
        {"text": each["text"], "due": date.fromisoformat(each["due"])}
        for each in case.conditions or []
        if "met_at" not in each
    ]


class InvitationEnded(TypedDict):
    apply_by: date
    status_url: str


@letter("invitation_ended", to=APPLICANT, stands="version")
def invitation_ended(owed: CaseLetter) -> InvitationEnded:
    return {"apply_by": owed.apply_by, "status_url": owed.status_url}


class FileWithdrawn(TypedDict):
    reopen_by: date


@letter("file_withdrawn", to=APPLICANT, stands="version")
def file_withdrawn(owed: CaseLetter) -> FileWithdrawn:
    return {"reopen_by": owed.reopen_by}


class FileClosed(FileWithdrawn):
    conditions: bool
    undecided: bool
    status_url: str


@letter("file_closed", to=APPLICANT, stands="version")
def file_closed(owed: CaseLetter) -> FileClosed:
    return {
        **file_withdrawn(owed),
        "conditions": bool(owed.case.conditions),
        "undecided": awaits(owed.case.came_from or owed.case.state) == "decision",
        "status_url": owed.status_url,
    }


class FileReopened(Decided):
    """`until` is the day of the question or the invitation, `conditions` have days of their own."""

    state_name: str
    next_step: str
    until: date | None
    conditions: list[ConditionFacts]


@letter("file_reopened", to=APPLICANT, stands="version")
def file_reopened(owed: CaseLetter) -> FileReopened:
    """Tell the applicant that the file is open again. Raises Overtaken for whoever was never told
    that it had ended."""
    if not owed.was_told(owed.facts.get("ended")):
        raise Overtaken("nobody was told that the file had ended")
    state, lang = owed.known_state, owed.lang
    clock = clock_of(state)
    days = days_told(clock, owed.case) if clock else ()
    conditions = conditions_of(owed.case) if shows(state, "conditions") else []
    return {
        **decided(owed),
        "state_name": public_name(state, lang),
        "next_step": next_step(state, lang),
        "until": None if conditions or not days else days[-1],
        "conditions": conditions,
    }

"""The letters to the applicant that clocks set off, and no event of the case."""

from datetime import date
from typing import TypedDict

from chalicelib.cases.schedule import definition
from chalicelib.cases.turnaround import Turnaround
from chalicelib.core.letter_row import APPLICANT
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.applicant import Condition
from chalicelib.mail.writers.context import CaseLetter


class Reminder(TypedDict):
    awaited: str
    until: date
    last: bool
    question: str
    conditions: list[Condition]
    url: str


@letter("reminder", to=APPLICANT)
def reminder(owed: CaseLetter) -> Reminder:
    case, facts = owed.case, owed.facts
    awaited = definition(facts["clock"])["awaits"]
    return {
        "awaited": awaited,
        "until": date.fromisoformat(facts["until"]),
        "last": facts["last"],
        "question": case.question["text"] if case.question else "",
        "conditions": [
            {"text": each["text"], "due": date.fromisoformat(each["due"])}
            for each in case.conditions or []
            if "met_at" not in each
        ],
        "url": owed.apply_url if awaited == "apply" else owed.status_url,
    }


class HoldingNote(TypedDict):
    status_url: str
    usual: Turnaround | None


@letter("holding_note", to=APPLICANT)
def holding_note(owed: CaseLetter) -> HoldingNote:
    return {"status_url": owed.status_url, "usual": owed.usual()}


class WaitingListStatus(TypedDict):
    status_url: str
    until: date


@letter("waiting_list_status", to=APPLICANT)
def waiting_list_status(owed: CaseLetter) -> WaitingListStatus:
    return {
        "status_url": owed.status_url,
        "until": date.fromisoformat(owed.facts["until"]),
    }

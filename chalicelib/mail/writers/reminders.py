"""The letters to the applicant that clocks set off, and no event of the case."""

from datetime import date
from typing import TypedDict

from chalicelib.cases.ladder import days_told, definition
from chalicelib.cases.turnaround import Turnaround
from chalicelib.core.errors import Overtaken
from chalicelib.core.letter_row import APPLICANT
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.applicant import ConditionFacts, conditions_of
from chalicelib.mail.writers.context import CaseLetter


class Reminder(TypedDict):
    awaited: str
    until: date
    last: bool
    question: str
    conditions: list[ConditionFacts]
    url: str
    days_url: str


@letter("reminder", to=APPLICANT, stands="version")
def reminder(owed: CaseLetter) -> Reminder:
    """Remind the reader of a day. Raises Overtaken when the day that it calls to mind is no day of
    the file any more."""
    case, facts = owed.case, owed.facts
    awaited = definition(facts["clock"])["awaits"]
    until = date.fromisoformat(facts["until"])
    if until not in days_told(facts["clock"], case):
        raise Overtaken("the file has another day")
    return {
        "awaited": awaited,
        "until": until,
        "last": facts["last"],
        "question": case.question["text"] if case.question else "",
        "conditions": [each for each in conditions_of(case) if each["due"] == until],
        "url": owed.apply_url if awaited == "apply" else owed.status_url,
        "days_url": owed.apply_days_url if awaited == "apply" else owed.days_url,
    }


class HoldingNote(TypedDict):
    status_url: str
    usual: Turnaround | None


@letter("holding_note", to=APPLICANT, stands="version")
def holding_note(owed: CaseLetter) -> HoldingNote:
    return {"status_url": owed.status_url, "usual": owed.usual()}


class WaitingListStatus(TypedDict):
    status_url: str
    until: date


@letter("waiting_list_status", to=APPLICANT, stands="version")
def waiting_list_status(owed: CaseLetter) -> WaitingListStatus:
    return {
        "status_url": owed.status_url,
        "until": date.fromisoformat(owed.facts["until"]),
    }

"""The letters to the applicant that clocks set off, and no event of the case."""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, TypedDict

from chalicelib.cases.turnaround import Turnaround
from chalicelib.core.letter_row import APPLICANT
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.applicant import Condition
from chalicelib.mail.writers.context import CaseLetter


class Reminder(TypedDict):
    awaited: Literal["answer", "apply", "conditions"]
    until: date
    last: bool
    question: str
    conditions: list[Condition]
    url: str


_AWAITED: Final[Mapping[str, Literal["answer", "apply", "conditions"]]] = {
    "B": "answer",
    "C": "apply",
    "D": "conditions",
}
"""What the applicant owes while each clock of a case runs."""


@letter("reminder", to=APPLICANT)
def reminder(owed: CaseLetter) -> Reminder:
    case, facts = owed.case, owed.facts
    awaited = _AWAITED[facts["clock"]]
    return {
        "awaited": awaited,
        "until": date.fromisoformat(facts["until"]),
        "last": facts["last"],
        "question": (case.question or {}).get("text", ""),
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

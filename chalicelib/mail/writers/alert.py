"""Writes to the admins what needs a hand, and the command that helps."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.cases.roles import EVERYBODY
from chalicelib.cases.staff import Staff
from chalicelib.core.letter_row import ADMINS
from chalicelib.core.ports import Item
from chalicelib.mail import alerts
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.draft import ToStaff


class ActionNeeded(TypedDict):
    staff_name: str
    what: str
    command: str


@dataclass(frozen=True)
class AlertLetter:
    incident: str
    about: Staff | None
    staff: Staff
    stage: str


@letter(alerts.LETTER, to=ADMINS, roles=EVERYBODY)
def staff_action_needed(owed: AlertLetter) -> ActionNeeded:
    text, about = content.review()["incidents"][owed.incident], owed.about
    who = "" if about is None else f"{about.name} ({about.email})"
    id = "" if about is None else about.id
    return {
        "staff_name": owed.staff.name,
        "what": text["what"][owed.staff.reads].format(who=who),
        "command": text["command"].format(stage=owed.stage, who=id),
    }


class AlertLetterWriter:
    def __init__(self, to_staff: ToStaff) -> None:
        self._to_staff = to_staff

    def write(self, row: Item, now: datetime) -> Draft | None:
        staff, facts = self._to_staff.reader(row), row["facts"]
        if staff is None:
            return None
        about = self._to_staff.roster.get(facts["who"]) if "who" in facts else None
        owed = AlertLetter(facts["incident"], about, staff, self._to_staff.sender.stage)
        return self._to_staff.draft(row, staff, owed)

"""Writes to the admins what needs a hand, and the command that helps."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.letter_row import ADMINS
from chalicelib.core.ports import Item
from chalicelib.mail import alerts
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.draft import Sender


class ActionNeeded(TypedDict):
    staff_name: str
    what: str
    command: str


@dataclass(frozen=True)
class AlertLetter:
    incident: str
    about: Staff | None
    staff: Staff
    lang: Lang
    stage: str


@letter(alerts.LETTER, to=ADMINS)
def staff_action_needed(owed: AlertLetter) -> ActionNeeded:
    text, about = content.review()["incidents"][owed.incident], owed.about
    who = "" if about is None else f"{about.name} ({about.email})"
    id = "" if about is None else about.id
    return {
        "staff_name": owed.staff.name,
        "what": text["what"][owed.lang].format(who=who),
        "command": text["command"].format(stage=owed.stage, who=id),
    }


class AlertLetterWriter:
    def __init__(self, roster: Roster, sender: Sender) -> None:
        self._roster = roster
        self._sender = sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        staff = self._roster.get(row["to"])
        if staff is None:
            return None
        lang, facts = lang_or(staff.lang, "fr"), row["facts"]
        about = self._roster.get(facts["who"]) if "who" in facts else None
        owed = AlertLetter(facts["incident"], about, staff, lang, self._sender.stage)
        return self._sender.draft(row, staff.email, lang, owed)

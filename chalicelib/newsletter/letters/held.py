"""Writes the letter that tells the admins that an issue stopped, and what to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.cases.roles import EVERYBODY
from chalicelib.cases.staff import Staff
from chalicelib.core.formatting import number
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import ADMINS
from chalicelib.core.links import Links
from chalicelib.core.ports import Item
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.draft import ToStaff
from chalicelib.newsletter.sending.auto_pause import LETTER


@dataclass(frozen=True)
class HeldLetter:
    """Why an issue stopped: the reason's code, and the numbers and codes that it names."""

    facts: Item
    staff: Staff
    links: Links


class IssueHeldFacts(TypedDict):
    what: str
    advice: str
    staff_name: str
    progress_url: str


@letter(LETTER, to=ADMINS, roles=EVERYBODY)
def newsletter_held(owed: HeldLetter) -> IssueHeldFacts:
    issue, lang = owed.facts["issue"], owed.staff.reads
    texts = content.holds()["reasons"][owed.facts["reason"]]
    values = {"issue": issue, **{k: _text(v, lang) for k, v in owed.facts["facts"].items()}}
    return {
        "what": texts["what"][lang].format(**values),
        "advice": texts["advice"][lang].format(**values),
        "staff_name": owed.staff.name,
        "progress_url": owed.links.progress(issue, owed.staff.id),
    }


class HeldWriter:
    def __init__(self, links: Links, to_staff: ToStaff) -> None:
        self._links = links
        self._to_staff = to_staff

    def write(self, row: Item, now: datetime) -> Draft | None:
        staff = self._to_staff.reader(row)
        if staff is None:
            return None
        return self._to_staff.draft(row, staff, HeldLetter(row["facts"], staff, self._links))


def _text(value: float | str, lang: Lang) -> str:
    """Return a number, one of our own codes in words, or what SES said as it is."""
    if isinstance(value, int | float):
        return number(value, lang)
    found = content.holds()["stopped"].get(value)
    return str(found[lang] if found else value)

"""Writes the letter that tells the admins that an issue stopped, and what to do."""

from datetime import datetime

from chalicelib import letters
from chalicelib.content import load
from chalicelib.desk import Office, draft
from chalicelib.forms import lang_or
from chalicelib.links import Links
from chalicelib.ports import Item
from chalicelib.post import Draft
from chalicelib.roster import Roster


class HeldDesk:
    def __init__(self, links: Links, roster: Roster, office: Office) -> None:
        self._links = links
        self._roster = roster
        self._office = office

    def write(self, row: Item, now: datetime) -> Draft | None:
        staff = self._roster.get(row["to"])
        if staff is None:
            return None
        lang = lang_or(staff.lang, "fr")
        told = row["facts"]
        words = load("holds")["reasons"][told["reason"]]
        facts = {"issue": told["issue"], **told["facts"]}
        letter = letters.compose(
            row["letter"],
            lang,
            case=None,
            sender=self._office.sender,
            what=words["what"][lang].format(**facts),
            advice=words["advice"][lang].format(**facts),
            staff_name=staff.name,
            progress_url=self._links.progress(told["issue"], staff.id),
        )
        return draft(row, staff.email, letter)

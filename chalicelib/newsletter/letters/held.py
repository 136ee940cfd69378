"""Writes the letter that tells the admins that an issue stopped, and what to do."""

from datetime import datetime
from typing import Any

from chalicelib.cases.staff import Roster
from chalicelib.content import load
from chalicelib.core.formatting import number
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.links import Links
from chalicelib.core.ports import Item
from chalicelib.mail import letters
from chalicelib.mail.outbox import Draft
from chalicelib.mail.writers.case import Sender
from chalicelib.mail.writers.draft import draft


class HeldWriter:
    def __init__(self, links: Links, roster: Roster, office: Sender) -> None:
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
        facts = {"issue": told["issue"], **{k: _said(v, lang) for k, v in told["facts"].items()}}
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


def _said(value: Any, lang: Lang) -> str:
    """A number, one of our own codes, or what SES said in its own words."""
    if isinstance(value, int | float):
        return number(value, lang)
    found = load("holds")["stopped"].get(value)
    return str(found[lang] if found else value)

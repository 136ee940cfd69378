"""Writes the letters of a form that opens no file: to whoever sent it, and to staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.cases.intake.stored_form import OWNER
from chalicelib.cases.intake.submission import received_text
from chalicelib.cases.staff import Staff
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import moment
from chalicelib.forms import description
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import STAFF, letter
from chalicelib.mail.writers.addressees import check_address
from chalicelib.mail.writers.draft import LetterSender, ToStaff


@dataclass(frozen=True)
class StoredFormLetter:
    """`kept` is the row of the form; `staff` who reads the letter, unless its sender does."""

    kept: Item
    lang: Lang
    staff: Staff | None = None

    @property
    def title(self) -> str:
        return content.form(self.kept["form"])["title"][self.lang]


class FormReceived(TypedDict):
    """`thanks` is what the content says once the form is there."""

    ref: str
    thanks: str


@letter("form_received", to=APPLICANT, unproved=(APPLICANT,))
def form_received(owed: StoredFormLetter) -> FormReceived:
    kept = owed.kept
    return {"ref": kept["ref"], "thanks": received_text(kept["form"], kept["ref"], owed.lang)}


class StaffFormReceived(TypedDict):
    staff_name: str
    form_title: str
    ref: str
    sent_at: datetime
    can_reply: bool
    answers: Sequence[Mapping[str, object]]


@letter("staff_form_received", to=STAFF, spaced=True)
def staff_form_received(owed: StoredFormLetter) -> StaffFormReceived:
    kept = owed.kept
    return {
        "staff_name": owed.staff.name if owed.staff else "",
        "form_title": owed.title,
        "ref": kept["ref"],
        "sent_at": moment(kept["at"]),
        "can_reply": "address" in kept,
        "answers": description.readable(kept["form"], kept["answers"], owed.lang),
    }


class StoredFormLetterWriter:
    def __init__(
        self, store: Store, to_staff: ToStaff, sender: LetterSender, people_key: bytes
    ) -> None:
        self._store = store
        self._to_staff = to_staff
        self._sender = sender
        self._people_key = people_key

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write a letter about a stored form. Raises ValueError for an address that is not the
        sender's."""
        kept = self._store.get(row["pk"], OWNER)
        if kept is None:
            return None
        if row["to"] == APPLICANT:
            check_address(kept["address"], [kept["sender"]], self._people_key)
            lang = lang_or(kept["lang"], "fr")
            return self._sender.draft(row, kept["address"], lang, StoredFormLetter(kept, lang))
        staff = self._to_staff.reader(row)
        if staff is None:
            return None
        owed = StoredFormLetter(kept, staff.reads, staff)
        return self._to_staff.draft(row, staff, owed, reply_to=kept.get("address"))

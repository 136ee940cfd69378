"""Writes the letters of a draft: its link for later, a colleague's own, a reminder before its end."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from chalicelib import content
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links, person_key
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import is_over
from chalicelib.forms.drafts.draft import OPEN, FormDraft, draft_key
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.draft import LetterSender


class DraftLink(TypedDict):
    """`until` is the last day of the draft, as it stands when the letter leaves."""

    form_name: str
    draft_url: str
    days_url: str
    until: date


@dataclass(frozen=True)
class DraftLetter:
    draft: FormDraft
    editor: str
    lang: Lang
    links: Links


@letter("draft_link", "draft_colleague", "draft_ending", to=APPLICANT, unproved=(APPLICANT,))
def draft_link(owed: DraftLetter) -> DraftLink:
    address = owed.links.draft(owed.draft.id, owed.editor)
    return {
        "form_name": content.form(owed.draft.form)["title"][owed.lang],
        "draft_url": address,
        "days_url": f"{address}?days=1",
        "until": owed.draft.until,
    }


class FormDraftWriter:
    def __init__(self, store: Store, links: Links, sender: LetterSender, people_key: bytes) -> None:
        self._store = store
        self._links = links
        self._sender = sender
        self._people_key = people_key

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write a letter about a draft. Raises Overtaken when the draft was sent or deleted, or the
        link taken back; ValueError for an address that the letter was not owed to."""
        found = self._store.get(*draft_key(row["pk"].partition("#")[2]))
        if found is None or found["state"] != OPEN or is_over(found, now):
            raise Overtaken("the draft is gone")
        draft, editor = FormDraft.of(found), row["facts"]["editor"]
        if editor not in draft.editors:
            raise Overtaken("the link was taken back")
        mailbox = row["sk"].split("#")[1].rpartition("-")[2]
        if not person_key(row["address"], self._people_key).startswith(mailbox):
            raise ValueError("the letter is not for this address")
        lang = lang_or(row["facts"]["lang"], "fr")
        owed = DraftLetter(draft, editor, lang, self._links)
        return self._sender.draft(row, row["address"], lang, owed, keep_address=False)

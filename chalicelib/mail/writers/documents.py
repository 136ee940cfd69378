"""The letters about a document that came with a form, once its scan has said something."""

from typing import TypedDict

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item, Store
from chalicelib.forms.attachment import Attachment, attachments_in, label_of
from chalicelib.forms.attachments.minding import THREAT
from chalicelib.mail.letters import STAFF, letter
from chalicelib.mail.writers.context import CaseLetter, StaffLetter


class HeldBack(TypedDict):
    """`document` is what the form calls it, and not the name that somebody gave the file."""

    status_url: str
    document: str
    malware: bool


@letter("document_held_back", to=APPLICANT, unproved=(APPLICANT,))
def document_held_back(owed: CaseLetter) -> HeldBack:
    found = _found(owed.store, owed.case, owed.facts)
    return {
        "status_url": owed.status_url,
        "document": _label(found, owed.lang),
        "malware": found.why == THREAT,
    }


class DocumentChecked(TypedDict):
    staff_name: str
    review_url: str
    document: str
    clean: bool
    malware: bool


@letter("staff_document_checked", to=STAFF)
def staff_document_checked(owed: StaffLetter) -> DocumentChecked:
    found = _found(owed.store, owed.case, owed.facts)
    return {
        "staff_name": owed.staff.name,
        "review_url": owed.review_url,
        "document": _label(found, owed.lang),
        "clean": found.state == "clean",
        "malware": found.why == THREAT,
    }


class AddedDocument(TypedDict):
    """`status` says how far the scan is."""

    document: str
    status: str


class DocumentsAdded(TypedDict):
    staff_name: str
    review_url: str
    documents: list[AddedDocument]


@letter("staff_documents_added", to=STAFF)
def staff_documents_added(owed: StaffLetter) -> DocumentsAdded:
    """Tell what was added since the letter was owed. Raises Overtaken when all of it is gone."""
    found = attachments_in(owed.store, owed.case.key[0], owed.case.attachments)
    fresh = [one for one in found if "added" in one.row and one.at >= owed.facts["since"]]
    if not fresh:
        raise Overtaken("the documents are gone")
    states = content.review()["documents"]
    return {
        "staff_name": owed.staff.name,
        "review_url": owed.review_url,
        "documents": [
            {"document": _label(one, owed.lang), "status": states[one.state][owed.lang]}
            for one in fresh
        ],
    }


def _found(store: Store, case: Case, facts: Item) -> Attachment:
    """Return the document that a letter is about. Raises Overtaken once the file has it no more."""
    for one in attachments_in(store, case.key[0], [str(facts.get("attachment", ""))]):
        return one
    raise Overtaken("the document is gone")


def _label(found: Attachment, lang: Lang) -> str:
    return label_of("application", found.field, lang)

"""Gives somebody everything that is kept of them, and nothing of other people's."""

import io
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from chalicelib.cases.case import case_key
from chalicelib.coaches.messages import TO_COACH
from chalicelib.core import references
from chalicelib.core.csv_table import csv_table
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY
from chalicelib.core.ports import Item, Key, Store
from chalicelib.core.records import STORE_ATTRIBUTES, stamp
from chalicelib.core.shown_words import shown_key
from chalicelib.desk.appraisals import appraisals_in, appraisals_key
from chalicelib.desk.notes import unnamed
from chalicelib.forms.attachment import Attachment, attachments_in
from chalicelib.forms.drafts.draft import FormDraft
from chalicelib.people.finder import (
    ADDRESS_IN_TEXT,
    FoundRow,
    Person,
    PersonFound,
    is_own_draft,
    opened,
    texts,
)

EXPORT_COLUMNS: Final = ("record", "number", "field", "value")

MASKED: Final = "…@…"
FORM_LINE: Final = "stored_form"
"""The line of the table of retention of forms that open no file."""

STAFF: Final = "staff"
"""In place of the name of a member of staff."""

_INNER: Final = STORE_ATTRIBUTES | {
    "salt", "digest", "before", "hash", "head", "person", "sender", "whose", "clocks",
}  # fmt: skip
"""Attributes that only the store needs."""

_OF_STAFF: Final = frozenset({"name", "by", "actor", "owner", "recused", "met_by"})


class Export:
    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, found: PersonFound, now: datetime) -> dict[str, object]:
        """Return the records by their kind, each a list of mappings; letters as they were sent."""
        files = [self._file(id, roles, found) for id, roles in sorted(found.files.items())]
        rest = {
            name: [self._row(row.key, found.person) for row in found.of(*lines) if _to_them(row)]
            for name, lines in _REST.items()
        }
        return {
            "exported_at": stamp(now),
            "addresses": sorted(found.person.addresses),
            "files": files,
            "forms": [self._form(row, found.person) for row in found.of(FORM_LINE)],
            "coach": [coach.model_dump(mode="json") for coach in found.coaches],
            "issues_received": sorted({row.key[0].split("#")[1] for row in found.of("batch")}),
            **rest,
            "draft_documents": [
                document for one in found.of("draft") if _is_kept_at(one)
                for document in self._draft_documents(one.key, found.person)
            ],
        }  # fmt: skip

    def _row(self, key: tuple[str, str], person: Person) -> Item:
        row = opened(self._store.get(*key) or {})
        return {name: _plain(part, person) for name, part in row.items() if _shown(name, part)}

    def _file(self, id: str, roles: set[str], found: PersonFound) -> dict[str, object]:
        """Return one file: whole to its owner, and only their own part to all others."""
        person = found.person
        row = self._store.get(*case_key(id)) or {}
        whole = "owner" in roles
        facts: dict[str, object] = {
            "reference": references.reference("eoi", id),
            "roles": sorted(roles),
            "submitted_at": row.get("submitted_at"),
            "answers": _answers(row.get("answers") or {}, person, whole=whole),
            "application": _answers(row.get("application") or {}, person, whole=whole),
            "letters": list(self._letters(case_key(id)[0], _readers(roles), person)),
        }
        if whole:
            kept = (
                "state",
                "decided",
                "question",
                "conditions",
                "closed",
                "address",
                "lang",
                "mail_faults",
            )
            facts |= {name: _plain(row[name], person, staff=True) for name in kept if name in row}
            facts["consents"] = self._consents(row, person)
            facts["proved"] = _plain(row.get("proved") or {}, person)
            if row.get("attachments"):
                owner = case_key(id)[0]
                facts["documents"] = self._documents(owner, row["attachments"], person)
            # What staff think of somebody's file is information about them, and theirs to read.
            appraised = appraisals_in(self._store.get(*appraisals_key(id)))
            facts["appraisals"] = _plain(appraised, person, staff=True)
            notes = self._store.rows(case_key(id)[0], "NOTE#")
            facts["notes"] = [_plain(unnamed(one), person, staff=True) for one in notes]
            events = self._store.rows(case_key(id)[0], "EVENT#")
            facts["events"] = [_plain(event, person, staff=True) for event in events]
        return facts

    def documents(self, found: PersonFound) -> list[Attachment]:
        """Return the documents that the person sent, or has in a draft of theirs."""
        owners: dict[str, Collection[str]] = {}
        for id, roles in sorted(found.files.items()):
            if "owner" in roles:
                row = self._store.get(*case_key(id)) or {}
                owners[case_key(id)[0]] = row.get("attachments") or ()
        for one in found.of("draft"):
            if _is_kept_at(one) and (kept := self._store.get(*one.key)):
                owners[one.key[0]] = FormDraft.of(kept).attachments
        return [
            document for owner, ids in owners.items()
            for document in attachments_in(self._store, owner, ids)
        ]  # fmt: skip

    def _documents(self, owner: str, ids: Collection[str], person: Person) -> list[object]:
        """Return what is kept of documents, and where the copy has those that may be opened."""
        kept = ("field", "name", "state", "size", "at")
        return [
            _plain({**{name: one.row.get(name) for name in kept}, "place": place_of(one)}, person)
            for one in attachments_in(self._store, owner, ids)
        ]

    def _draft_documents(self, key: Key, person: Person) -> list[object]:
        row = self._store.get(*key)
        return self._documents(key[0], FormDraft.of(row).attachments, person) if row else []

    def _form(self, found: FoundRow, person: Person) -> Item:
        """Return a form that opened no file: whole to its sender, and their own part to others."""
        row = self._store.get(*found.key) or {}
        whole = is_sender(found)
        answers = {"answers": _answers(row.get("answers") or {}, person, whole=whole)}
        if not whole:
            return {"ref": row.get("ref"), **answers}
        letters = self._letters(found.key[0], {APPLICANT}, person)
        return {**self._row(found.key, person), **answers, "letters": list(letters)}

    def _consents(self, row: Item, person: Person) -> Item:
        """Return what was agreed to with each form, in the words that were shown."""
        found = {}
        for form, consent in (row.get("consents") or {}).items():
            words = self._store.get(*shown_key("notice", consent["text_hash"])) or {}
            agreed: Item = {name: _plain(part, person) for name, part in consent.items()}
            found[form] = {**agreed, "words": words.get("text", "")}
        return found

    def _letters(self, pk: str, readers: set[str], person: Person) -> Iterator[Item]:
        """Yield the letters that were sent to the person: with their text to the owner of the file,
        for that of others speaks of its owner."""
        for row in self._store.rows(pk, "LETTER#"):
            copy = opened(row).get("copy") or {}
            if row["to"] in readers and copy:
                sent = {"letter": row["letter"], "sent_at": row.get("sent_at")}
                text = _plain(copy["text"], person) if APPLICANT in readers else MASKED
                yield {**sent, "subject": copy["subject"], "text": text}


_REST: Final[Mapping[str, tuple[str, ...]]] = {
    "subscriptions": ("subscriber",),
    "consents": ("consent",),
    "sign_ups": ("asked",),
    "newsletter_letters": ("subscriber_letter",),
    "messages": ("message",),
    "proposals": ("proposal",),
    "letters_to_the_coach": ("coach_letter", "proposal_letter"),
    "lost_links": ("file_links_letter",),
    "drafts": ("draft",),
    "staff": ("staff",),
    "requests": ("request",),
    "holds": ("person_hold",),
}


def place_of(document: Attachment) -> str:
    """Return where a copy has a document; blank for one that nobody may open."""
    is_open = document.state == "clean"
    return f"documents/{document.id[:8]} {document.saved_as}" if is_open else ""


def zipped(exported: Mapping[str, object], documents: Iterable[tuple[str, bytes]] = ()) -> bytes:
    """Return a zip with everything in JSON, a line a fact in CSV, each letter as a text, and
    documents, each under its place."""
    rows = []
    letters: list[tuple[str, str]] = []
    for record, entries in exported.items():
        listed = entries if isinstance(entries, list) else [entries]
        for number, entry in enumerate(listed, 1):
            rows += [[record, number, place, text] for place, text in texts(entry)]
            if isinstance(entry, dict):
                letters += [(one["subject"], one["text"]) for one in entry.get("letters", ())]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", json.dumps(exported, ensure_ascii=False, indent=1))
        archive.writestr("person.csv", csv_table(EXPORT_COLUMNS, rows))
        for number, (subject, text) in enumerate(letters, 1):
            archive.writestr(f"letters/{number:03d}.txt", f"{subject}\n\n{text}")
        for place, body in documents:
            archive.writestr(place, body, zipfile.ZIP_STORED)
    return out.getvalue()


def own_groups(answers: Mapping[str, object], person: Person) -> tuple[set[str], set[str]]:
    """Return the beginnings of the fields about people, such as `fid_lead_`: own and others'."""
    ours: set[str] = set()
    others: set[str] = set()
    for name, value in answers.items():
        if name.endswith("_email") and isinstance(value, str) and value:
            group = name.removesuffix("email")
            (ours if value.lower() in person.addresses else others).add(group)
    return ours, others


def is_of(row: object, person: Person) -> bool:
    """Say whether a row of a list, such as one of the team, is the person's own."""
    return isinstance(row, dict) and str(row.get("email", "")).lower() in person.addresses


def is_sender(row: FoundRow) -> bool:
    """Say whether a stored form is the person's own, and does not only name them."""
    return bool({"sender", "address"} & set(row.places))


def _readers(roles: set[str]) -> set[str]:
    """Return as whom somebody with these roles in a file gets letters."""
    readers = {APPLICANT} if "owner" in roles else set()
    return readers | ({FIDUCIARY} if "fiduciary" in roles else set())


def _answers(answers: Item, person: Person, *, whole: bool) -> Item:
    ours, others = own_groups(answers, person)
    kept: Item = {}
    for name, value in answers.items():
        listed = isinstance(value, list) and any(
            isinstance(v, dict) and "email" in v for v in value
        )
        if listed:
            kept[name] = [row if is_of(row, person) else MASKED for row in value]
        elif whole and not name.startswith(tuple(others)):
            kept[name] = _plain(value, person)
        elif name.startswith(tuple(ours)) or name in ("collective_name", "org_legal_name"):
            kept[name] = value
    return kept


def _plain(value: object, person: Person, *, staff: bool = False) -> object:
    """Return a value without what only the store needs, and without other people's addresses."""
    if isinstance(value, dict):
        return {
            name: STAFF if staff and name in _OF_STAFF and part not in (APPLICANT, "clock", "post")
            else _plain(part, person, staff=staff)
            for name, part in value.items()
            if _shown(name, part)
        }  # fmt: skip
    if isinstance(value, list | tuple):
        return [_plain(part, person, staff=staff) for part in value]
    if isinstance(value, str):
        own = person.addresses
        return ADDRESS_IN_TEXT.sub(lambda m: m[0] if m[0].lower() in own else MASKED, value)
    return value


def _is_kept_at(draft: FoundRow) -> bool:
    """Say whether the link of a draft went to the person: documents are of nobody else, whatever
    address somebody typed among the answers."""
    return "email" in draft.places


def _to_them(row: FoundRow) -> bool:
    """Say whether a row is the person's own, and not a visitor's message to them, or a letter
    about them to staff."""
    if row.line == "draft":
        return is_own_draft(row.places)
    if row.line == "message":
        return "email" in row.places
    letters = ("coach_letter", "proposal_letter")
    return row.line not in letters or f"#{TO_COACH}" in row.key[1]


def _shown(name: str, value: object) -> bool:
    return (
        name not in _INNER
        and value not in (None, "", [], {})
        and not isinstance(value, bytes | set)
    )

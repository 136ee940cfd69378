"""Writes the letter with the links of somebody's files and of their page, if they have any."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypedDict

from chalicelib import content
from chalicelib.cases.case import Case, case_key
from chalicelib.cases.known import known_state
from chalicelib.cases.lost_link import LETTER
from chalicelib.cases.states import kind, public_name
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.core.records import is_over
from chalicelib.forms.drafts.draft import OPEN, FormDraft, draft_key
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.addressees import check_address
from chalicelib.mail.writers.draft import LetterSender

CoachLink = Callable[[str], str | None]
"""Returns where the coach with this person's key changes their own page, if they have one."""

MAX_LISTED_FILES: Final = 10
"""Files that one letter lists."""

MAX_LISTED_DRAFTS: Final = 5
MAX_DRAFTS_READ: Final = 50
"""The same of drafts."""

MAX_CASES_READ: Final = 100
"""Cases of one address that are looked at: what others send in its name hides no file."""


class FileLine(TypedDict):
    ref: str
    state_name: str
    url: str


class DraftLine(TypedDict):
    """`until` is the last day of the draft."""

    form_name: str
    url: str
    until: date


class FileLinks(TypedDict):
    """`coach_url` is where a coach changes their own page."""

    files: list[FileLine]
    drafts: list[DraftLine]
    coach_url: str | None
    renewed: bool


@dataclass(frozen=True)
class FileLinksLetter:
    cases: list[Case]
    drafts: list[FormDraft]
    lang: Lang
    now: datetime
    store: Store
    links: Links
    coach_url: str | None
    renewed: bool
    """Nobody asked: the links before these open no longer."""


@letter(LETTER, to=APPLICANT, unproved=(APPLICANT,), once_an_hour=True)
def file_links(owed: FileLinksLetter) -> FileLinks:
    return {
        "files": [
            {
                "ref": case.current_ref,
                "state_name": public_name(known_state(owed.store, case, owed.now), owed.lang),
                "url": _url(case, owed.links),
            }
            for case in owed.cases
        ],
        "drafts": [_draft_line(draft, owed.lang, owed.links) for draft in owed.drafts],
        "coach_url": owed.coach_url,
        "renewed": owed.renewed,
    }


def _draft_line(draft: FormDraft, lang: Lang, links: Links) -> DraftLine:
    return {
        "form_name": content.form(draft.form)["title"][lang],
        "url": links.draft(draft.id, draft.owner),
        "until": draft.until,
    }


_KINDS: Final = ("active", "unconfirmed", "terminal")


def _is_listed(case: Case) -> bool:
    """Say whether there is something to see: nothing is, of what its address never confirmed."""
    never = case.closed is not None and kind(case.closed["from"]) == "unconfirmed"
    return kind(case.state) in _KINDS and not never


def _url(case: Case, links: Links) -> str:
    """Return the link of a file, or the page where a declaration waits to be confirmed and has no
    file yet."""
    if kind(case.state) == "unconfirmed":
        return links.declaration(case.id, case.person)
    return links.file(case.id, case.person)


class FileLinksWriter:
    def __init__(
        self,
        store: Store,
        links: Links,
        sender: LetterSender,
        people_key: bytes,
        coach_link: CoachLink,
    ) -> None:
        self._people_key = people_key
        self._coach_link = coach_link
        self._store = store
        self._links = links
        self._sender = sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write the links of an address's files. Raises Overtaken when the address has neither file
        nor page: nobody is written to then; ValueError for an address whose files these are not."""
        person = row["pk"].partition("#")[2]
        check_address(row["address"], [person], self._people_key)
        lang = lang_or(row["facts"]["lang"], "fr")
        ids = self._store.of_person(person, MAX_CASES_READ)
        found = (item for one in ids if (item := self._store.get(*case_key(one))) is not None)
        cases = [case for case in map(Case.of, found) if case.person == person and _is_listed(case)]
        # Open ones first: what others send in somebody's name pushes none of them out.
        cases = sorted(cases, key=lambda case: _KINDS.index(kind(case.state)))[:MAX_LISTED_FILES]
        drafts = self._drafts(person, now)
        renewed = "renewed" in row["facts"]
        # Of renewed links, a coach is told by a letter of their own.
        coach_url = None if renewed else self._coach_link(person)
        if not (cases or drafts or coach_url):
            raise Overtaken("nothing of this address")
        owed = FileLinksLetter(
            cases, drafts, lang, now, self._store, self._links, coach_url, renewed
        )
        return self._sender.draft(row, row["address"], lang, owed, keep_address=False)

    def _drafts(self, person: str, now: datetime) -> list[FormDraft]:
        """Return the drafts whose link was last sent to this address, the last changed first."""
        ids = self._store.of_person(person, MAX_DRAFTS_READ, "DRAFT")
        rows = (row for one in ids if (row := self._store.get(*draft_key(one))) is not None)
        found = [FormDraft.of(r) for r in rows if r["state"] == OPEN and not is_over(r, now)]
        kept = [each for each in found if each.owner]
        kept.sort(key=lambda draft: draft.changed_at, reverse=True)
        return kept[:MAX_LISTED_DRAFTS]

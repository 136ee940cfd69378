"""Writes the letters of a case: from the row that owes one to a draft that can leave."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

# The letters of a case register themselves.
import chalicelib.mail.writers.address
import chalicelib.mail.writers.applicant
import chalicelib.mail.writers.documents
import chalicelib.mail.writers.kept_declarations
import chalicelib.mail.writers.reminders
import chalicelib.mail.writers.staff  # noqa: F401
from chalicelib.cases.case import Case, case_key
from chalicelib.cases.file_roster import FileRoster
from chalicelib.cases.kept_declarations import asked_file
from chalicelib.cases.matching import CaseCandidates
from chalicelib.cases.recipients import Recipients
from chalicelib.cases.staff import Staff
from chalicelib.cases.standing_back import standing_back, stands_back
from chalicelib.cases.states import kind
from chalicelib.core import eastern_time
from chalicelib.core.errors import NotYet, Overtaken
from chalicelib.core.languages import lang_or
from chalicelib.core.letter_row import ADMINS, NEW_ADDRESS, OLD_ADDRESS, OUTSIDE
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.mail.draft import Draft, LetterWriter
from chalicelib.mail.letters import ACTOR, LETTERS, STAFF
from chalicelib.mail.overtaken import check_stands
from chalicelib.mail.writers.addressees import check_address, check_request, people_of_step
from chalicelib.mail.writers.context import CaseLetter, StaffLetter
from chalicelib.mail.writers.draft import ToStaff, check_role


class LetterWriters:
    """Gives each letter to the writer that knows its owner, by how the owner's key begins."""

    def __init__(self, by_kind: Mapping[str, LetterWriter]) -> None:
        self._by_kind = by_kind

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write the letter of a row, for its reader. Raises ValueError for a letter that is not for
        its reader: whoever can write a row must not have a staff's letter sent to somebody outside,
        or the reverse."""
        readers = LETTERS[row["letter"]].readers
        inside = readers & {STAFF, ACTOR, ADMINS}
        if row["to"] not in readers and (not inside or row["to"] in OUTSIDE):
            raise ValueError(f"letter {row['letter']} is not for this reader")
        return self._by_kind[row["pk"].partition("#")[0]].write(row, now)


class CaseLetterWriter:
    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        links: Links,
        to_staff: ToStaff,
        candidates: CaseCandidates,
        people_key: bytes,
    ) -> None:
        self._people_key = people_key
        self._store = store
        self._links = links
        self._to_staff = to_staff
        self._roster = FileRoster(store)
        self._candidates = candidates

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write the letter of a row, for its reader. Raises Overtaken when the case went on, or its
        reader stands back from it."""
        found = self._store.get(*case_key(row["pk"].partition("#")[2]))
        if found is None:
            return None
        case = Case.of(found)
        if kind(case.state) == "gone":
            raise Overtaken("the file was erased")
        check_stands(self._store, row, LETTERS[row["letter"]], case, now)
        if row["to"] in OUTSIDE:
            return self._outside(row, case, now)
        staff = self._reader(row, case, now)
        return None if staff is None else self._inside(row, case, staff, now)

    def _reader(self, row: Item, case: Case, now: datetime) -> Staff | None:
        """Return whom a letter goes to, or who reads it in their place: they are away, or may see
        no file any more. Raises Overtaken when nobody may read it for them, NotYet when nobody at
        all sees files."""
        staff = self._to_staff.roster.get(row["to"])
        if staff is None:
            return None
        if stands_back(case, staff.id, staff.email):
            raise Overtaken("its reader stands back from the file")
        if STAFF not in LETTERS[row["letter"]].readers:
            check_role(row, staff)
            return staff
        if staff.sees_files and staff.here(str(eastern_time.today(now))):
            return staff
        return self._stand_in(staff, case, now)

    def _outside(self, row: Item, case: Case, now: datetime) -> Draft:
        # Of a declaration that its address has not confirmed, nothing typed counts yet.
        known = asked_file(self._store, case) if kind(case.state) == "unconfirmed" else case
        if known is None:
            raise Overtaken("the file beside it is gone")
        lang = lang_or(known.lang, "fr")
        owed = CaseLetter(case, lang, row["facts"], row["to"], now, self._store, self._links)
        address = replace(owed, case=known).address
        if row["to"] in (OLD_ADDRESS, NEW_ADDRESS):
            check_request(row, case)
            people = people_of_step(self._store, row, case, self._people_key)
            check_address(address, people, self._people_key)
        return self._to_staff.sender.draft(row, address, lang, owed, case=case)

    def _inside(self, row: Item, case: Case, staff: Staff, now: datetime) -> Draft:
        owed = StaffLetter(
            case=case,
            staff=staff,
            facts=row["facts"],
            now=now,
            store=self._store,
            links=self._links,
            roster=self._roster,
            candidates=self._candidates,
            sender=self._to_staff.sender,
        )
        return self._to_staff.draft(row, staff, owed, case=case, links=owed.stored_links)

    def _stand_in(self, staff: Staff, case: Case, now: datetime) -> Staff:
        """Return who reads a letter to somebody who is away: themselves when nobody else can."""
        today = str(eastern_time.today(now))
        active = self._roster.active()
        (first, *_) = Recipients(active, staff.id, standing_back(case, active), today).of(["owner"])
        by_id = {one.id: one for one in active}
        found = by_id.get(first) or by_id.get(staff.id)
        if found is None:
            raise NotYet("nobody on the roster may see files")
        return found

"""The letters that ask an address what a declaration is that came in its name."""

from datetime import date, timedelta
from typing import TypedDict

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.intake.declaration import NOT_KEPT
from chalicelib.cases.kept_declarations import asked_file
from chalicelib.cases.ladder import definition
from chalicelib.cases.open_files import OpenFiles, open_key, waiting
from chalicelib.cases.states import clock_of, kind
from chalicelib.core import eastern_time
from chalicelib.core.errors import Overtaken
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.records import moment
from chalicelib.mail.letters import STAFF, letter
from chalicelib.mail.writers.context import CaseLetter, StaffLetter


class DeclarationBeside(TypedDict):
    """`file_ref` is of the file that it was kept beside; `until`, the last day to answer."""

    file_ref: str
    declaration_url: str
    until: date
    reminder: bool


@letter("declaration_beside", to=APPLICANT, unproved=(APPLICANT,))
def declaration_beside(owed: CaseLetter) -> DeclarationBeside:
    """Tell an applicant of a second declaration in their name. Raises Overtaken once somebody has
    answered."""
    case = owed.case
    file = asked_file(owed.store, case)
    if kind(case.state) != "unconfirmed" or file is None:
        raise Overtaken("it was answered already")
    return {
        "file_ref": file.ref,
        "declaration_url": owed.links.declaration(case.id, file.person),
        "until": _until(case),
        "reminder": "clock" in owed.facts,
    }


class WaitingDeclaration(TypedDict):
    ref: str
    url: str


class DeclarationsWaiting(TypedDict):
    waiting_declarations: list[WaitingDeclaration]


@letter(NOT_KEPT, to=APPLICANT, unproved=(APPLICANT,))
def declarations_waiting(owed: CaseLetter) -> DeclarationsWaiting:
    """List the declarations that wait for an answer of their address. Raises Overtaken once none waits any more."""
    person = owed.case.person
    opened = OpenFiles.of(person, owed.store.get(*open_key(person)))

    def case_of(one: str) -> Case | None:
        item = owed.store.get(*case_key(one))
        return None if item is None else Case.of(item)

    kept = waiting(opened, person, case_of)
    if not kept:
        raise Overtaken("no declaration waits for an answer any more")
    return {
        "waiting_declarations": [
            {"ref": one.ref, "url": owed.links.declaration(one.id, person)} for one in kept
        ]
    }


class Disowned(TypedDict):
    staff_name: str
    review_url: str
    file_ref: str


@letter("staff_declaration_disowned", "staff_application_disowned", to=STAFF, stands="state")
def staff_disowned(owed: StaffLetter) -> Disowned:
    return {
        "staff_name": owed.staff.name,
        "review_url": owed.review_url,
        "file_ref": owed.facts["file"],
    }


def _until(case: Case) -> date:
    clock = clock_of(case.state) or ""
    until = (case.clocks or {}).get(clock, {}).get("until")
    if until:
        return date.fromisoformat(until)
    days = definition(clock).get("lasts", 0)
    return eastern_time.today(moment(case.submitted_at)) + timedelta(days=days)

"""A declaration of interest becomes a case; a second one of the same address waits beside it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from chalicelib.cases.case import Case, KeptWarning, kept_warnings
from chalicelib.cases.contact import contact_name
from chalicelib.cases.intake.submission import Arrival, Receipt
from chalicelib.cases.open_files import MAX_KEPT, FoundFiles, OpenFiles, find
from chalicelib.cases.states import NEW, step
from chalicelib.cases.transition import StateChange
from chalicelib.cases.twins import twin_rows
from chalicelib.core.letter_row import APPLICANT, letter
from chalicelib.core.ports import Put, Write
from chalicelib.core.records import stamp

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

NOT_KEPT: Final = "declarations_waiting"
"""The letter that tells an address that one more declaration was not kept: once a day."""


def declaration(visit: Arrival) -> tuple[list[Write], Receipt]:
    """Return what a declaration writes, and its receipt, which is the same whatever becomes of
    it: whoever posts has not proved the address, and learns nothing about its files."""
    spam = visit.held()
    case = Case.begun(visit.now, person=str(visit.person), consents=visit.consents, **_given(visit))
    if spam:
        return _stored(visit, case, "hold", spam), _receipt(visit, case)
    opened = OpenFiles.of(case.person, visit.open)
    found = find(opened, case.person, visit.cases)
    opened = opened.among(found.files, found.kept)
    if same := _same(visit, [*found.open, *found.kept]):
        return [], _receipt(visit, same)._replace(replayed=True)
    if not found.open:
        writes = [*_stored(visit, case, "submit"), opened.with_file(case.id).write()]
    elif len(found.kept) < MAX_KEPT:
        writes = _kept(visit, case, found, opened)
    else:
        visit.is_kept = False
        writes = _not_kept(visit, found.open[-1])
    return writes, _receipt(visit, case)


def _kept(visit: Arrival, case: Case, found: FoundFiles, opened: OpenFiles) -> list[Write]:
    """Keep it beside the newest file: the address of that one is asked, however it was typed."""
    file = found.open[-1]
    case = replace(case, beside=file.id, address=file.mail_to)
    return [*_stored(visit, case, "keep_beside"), opened.with_kept(case.id).write()]


def _not_kept(visit: Arrival, file: Case) -> list[Write]:
    if visit.is_told:
        return []
    since = f"{visit.now:%Y%m%d}"
    owed = letter(file.key[0], since, NOT_KEPT, to=APPLICANT, due=stamp(visit.now))
    return [Put(owed)]


def _stored(visit: Arrival, case: Case, event: str, spam: str | None = None) -> list[Write]:
    data = {"answers": visit.answers_digest, **visit.wording, "spam": spam}
    change = StateChange(case, step(NEW, event), visit.now, APPLICANT, data)
    change.owes_letters()
    counters = visit.mailbox_counters("forms_of_mailbox", case.email)
    twins = [] if spam else twin_rows(case.id, case.answers, visit.people_key, visit.now)
    return [*change.creates(), *visit.box(case.ref, spam), *counters, *twins]


def _same(visit: Arrival, cases: list[Case]) -> Case | None:
    """Return the case that has this very content already; the spelling of the address is none."""
    address = visit.submission.answers["contact_email"]
    for case in cases:
        if visit.digest({**case.answers, "contact_email": address}) == visit.answers_digest:
            return case
    return None


def _receipt(visit: Arrival, case: Case) -> Receipt:
    return visit.receipt(case.ref, case.person)


class _Given(TypedDict):
    answers: "Answers"
    warnings: list[KeptWarning]
    lang: str
    email: str
    contact_name: str
    org: str


def _given(visit: Arrival) -> _Given:
    """Return what a declaration says of its case."""
    answers = visit.submission.answers
    return {
        "answers": answers,
        "warnings": kept_warnings(visit.submission.warnings),
        "lang": answers["contact_language"],
        "email": answers["contact_email"],
        "contact_name": contact_name(answers, "contact"),
        "org": answers["org_legal_name"],
    }

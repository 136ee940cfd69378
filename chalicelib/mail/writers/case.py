"""The desk: from a row that owes a letter to a mail that can leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.cases import turnaround
from chalicelib.cases.case import Case, case_key
from chalicelib.cases.matching import Candidates
from chalicelib.cases.recipients import Recipients
from chalicelib.cases.review.link import review_link
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.states import staff_steps
from chalicelib.content import load
from chalicelib.core import eastern_time
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import lang_or
from chalicelib.core.letter_row import FIDUCIARY, NEW_ADDRESS, OLD_ADDRESS, OUTSIDE
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.forms import assessment
from chalicelib.mail import letters
from chalicelib.mail.outbox import Draft, LetterWriter
from chalicelib.mail.writers.applicant import WRITERS
from chalicelib.mail.writers.draft import draft
from chalicelib.mail.writers.phrases import view
from chalicelib.mail.writers.reminders import ReminderFacts, still_wanted, waiting_facts
from chalicelib.mail.writers.staff import StaffFacts

_WITHOUT_LINK: Final = {"staff_code"}
_TO_NOBODY_ELSE: Final = {"staff_code", "staff_decision_recorded"}
"""What only the one who acts may read."""


@dataclass(frozen=True)
class Sender:
    """Who writes, as the settings say."""

    organization: str
    contact_email: str
    postal_address: str
    stage: str

    @property
    def sender(self) -> dict[str, str]:
        """What the foot of every letter says."""
        return {
            "organization": self.organization,
            "contact_email": self.contact_email,
            "postal_address": self.postal_address,
        }


class LetterWriters:
    """Each letter to the desk that knows its owner: by how the owner's key begins."""

    def __init__(self, usual: LetterWriter, by_kind: Mapping[str, LetterWriter]) -> None:
        self._usual = usual
        self._by_kind = by_kind

    def write(self, row: Item, now: datetime) -> Draft | None:
        kind = row["pk"].partition("#")[0]
        return self._by_kind.get(kind, self._usual).write(row, now)


class CaseLetterWriter:
    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        links: Links,
        roster: Roster,
        office: Sender,
        candidates: Candidates,
    ) -> None:
        self._store = store
        self._links = links
        self._roster = roster
        self._office = office
        self._timed = ReminderFacts(links)
        self._staff_facts = StaffFacts(links, candidates, office.sender)

    def write(self, row: Item, now: datetime) -> Draft | None:
        """The letter that a row owes; None when there is nobody to write to any more."""
        if row["letter"] == "assessment_result":
            return self._assessment(row)
        if row["letter"] == "staff_action_needed":
            return self._incident(row)
        found = self._store.get(row["pk"], case_key("")[1])
        if found is None:
            return None
        case = Case.of(found)
        still_wanted(row, case)
        if row["to"] in OUTSIDE:
            return self._to_applicant(row, case, now)
        staff = self._roster.get(row["to"])
        if staff is None:
            return None
        if staff.id in (case.recused or []):
            raise Overtaken("its reader stands back from the file")
        if row["letter"] not in _TO_NOBODY_ELSE and staff.away(str(eastern_time.today(now))):
            staff = self._stand_in(staff, case, now)
        return self._to_staff(row, case, staff, now)

    def _to_applicant(self, row: Item, case: Case, now: datetime) -> Draft:
        lang = lang_or(case.lang, "fr")
        if row["letter"] in ReminderFacts.NAMES:
            facts = self._timed.of(row, case, lang)
        else:
            facts = WRITERS[row["letter"]](case, lang, row["facts"], self._links, row["to"])
        if "usual" in letters.LETTERS[row["letter"]]:
            form = "eoi" if case.application is None else "application"
            facts = {**facts, "usual": turnaround.usual(self._store, form, now)}
        letter = letters.compose(row["letter"], lang, **self._facts(case), **facts)
        return draft(row, _address(case, row), letter)

    def _to_staff(self, row: Item, case: Case, staff: Staff, now: datetime) -> Draft:
        lang = lang_or(staff.lang, "fr")
        url, token_hash, code = self._links.new_review()
        facts = self._staff_facts.of(row, case, staff, now, url, code)
        if row["letter"] == "staff_waiting":
            owner = self._roster.get(case.owner) if case.owner else None
            facts |= waiting_facts(case, owner, now)
        needed = letters.LETTERS[row["letter"]]
        letter = letters.compose(
            row["letter"],
            lang,
            **self._facts(case),
            **{name: value for name, value in facts.items() if name in needed},
        )
        links = []
        if row["letter"] not in _WITHOUT_LINK:
            undo = row["letter"] == "staff_decision_recorded"
            allowed = ["undo"] if undo else staff_steps(case.state)
            links = [
                review_link(token_hash, case=case, recipient=staff.id, allowed=allowed, now=now)
            ]
        return draft(row, staff.email, letter, links, hide=facts.get("step_code"))

    def _stand_in(self, staff: Staff, case: Case, now: datetime) -> Staff:
        """Who reads a letter to somebody who is away; themselves when nobody else can."""
        today = str(eastern_time.today(now))
        readers = Recipients(self._roster.active(), staff.id, case.recused, today)
        return next((self._roster.get(one) or staff for one in readers.of(["owner"])), staff)

    def _incident(self, row: Item) -> Draft | None:
        staff = self._roster.get(row["to"])
        if staff is None:
            return None
        lang = lang_or(staff.lang, "fr")
        text = load("review")["incidents"][row["facts"]["incident"]]
        letter = letters.compose(
            row["letter"],
            lang,
            case=None,
            sender=self._office.sender,
            staff_name=staff.name,
            what=text["what"][lang],
            command=text["command"].format(stage=self._office.stage),
        )
        return draft(row, staff.email, letter)

    def _assessment(self, row: Item) -> Draft | None:
        found = self._store.get(row["pk"], "ASSESSMENT")
        if found is None or "address" not in row:
            return None
        lang = lang_or(found["lang"], "fr")
        result = assessment.score(found["answers"])
        letter = letters.compose(
            row["letter"],
            lang,
            case=None,
            sender=self._office.sender,
            result=assessment.explain(result, found["answers"], lang),
            links={
                "eoi": self._links.declare(lang),
                "coaches": self._links.coaches(lang),
                "contact": f"mailto:{self._office.contact_email}",
                "ci_101": load("programme")["links"].get(f"ci_101_{lang}"),
            },
        )
        return draft(row, row["address"], letter, keep_address=False)

    def _facts(self, case: Case) -> dict[str, Any]:
        return {"case": view(case), "sender": self._office.sender}


def _address(case: Case, row: Item) -> str:
    if row["to"] == FIDUCIARY:
        return str((case.application or {})["fid_lead_email"])
    if row["to"] in (OLD_ADDRESS, NEW_ADDRESS):
        return str(row["facts"][row["to"]])
    return case.mail_to

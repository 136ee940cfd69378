"""The staff's morning letter: what waits for one of them, as it is when it is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.deadlines.agenda import Agenda, Day
from chalicelib.cases.review.link import review_link
from chalicelib.cases.roles import EVERYBODY
from chalicelib.cases.staff import Staff
from chalicelib.cases.standing_back import stands_back
from chalicelib.cases.states import awaits, choices, kind, staff_name, staff_steps
from chalicelib.core import eastern_time
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Store
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import STAFF, letter
from chalicelib.mail.writers.draft import ToStaff
from chalicelib.mail.writers.waiting import days_waiting


class DigestLine(TypedDict):
    ref: str
    org: str
    state_name: str
    days: int


class HeldLine(TypedDict):
    ref: str
    org: str


class LinkedLine(DigestLine):
    url: str
    code: str | None


class DigestFacts(TypedDict):
    staff_name: str
    decide: list[LinkedLine]
    more: int
    waiting: list[DigestLine]
    more_waiting: int
    failed: int
    unconfirmed: int
    held_forms: list[HeldLine]
    more_held: int
    held_messages: int
    flooded: bool
    desk_url: str


@dataclass(frozen=True)
class DigestLetter:
    """The cases to decide, each with the reader's own link, those that wait for others, and
    those that are held."""

    staff: Staff
    decide: list[LinkedLine]
    waiting: list[DigestLine]
    held: list[HeldLine]
    facts: Item
    desk_url: str


@letter("staff_digest", to=STAFF, roles=EVERYBODY)
def staff_digest(owed: DigestLetter) -> DigestFacts:
    facts = owed.facts
    return {
        "staff_name": owed.staff.name,
        "decide": owed.decide,
        "more": facts["more"],
        "waiting": owed.waiting,
        "more_waiting": facts["more_waiting"],
        "failed": facts["failed"],
        "unconfirmed": facts.get("unconfirmed", 0),
        "held_forms": owed.held,
        "more_held": facts.get("more_held", 0),
        "held_messages": facts.get("held_messages", 0),
        "flooded": facts.get("flooded", False),
        "desk_url": owed.desk_url,
    }


class DigestWriter:
    def __init__(self, store: Store, links: Links, to_staff: ToStaff, desk_url: str) -> None:
        self._desk_url = desk_url
        self._agenda = Agenda(store, to_staff.roster)
        self._store = store
        self._links = links
        self._to_staff = to_staff

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write the digest of a row. Raises Overtaken when nothing waits for the reader any more."""
        staff = self._to_staff.reader(row)
        if staff is None:
            return None
        facts, links = self._facts(row, staff, now), list[Item]()
        decide: list[LinkedLine] = []
        for case in self._still(facts["decide"], staff, to_decide=True):
            link, line = self._linked(case, staff, now)
            links.append(link)
            decide.append(line)
        waiting = self._still(facts["waiting"], staff, to_decide=False)
        held = self._still_held(facts.get("held", []), staff)
        called = (decide, facts["more"], facts["failed"], held, facts.get("held_messages"))
        if not any(called):
            raise Overtaken("nothing waits for its reader any more")
        lines = [_line(case, staff.reads, now) for case in waiting]
        owed = DigestLetter(staff, decide, lines, held, facts, self._desk_url)
        return self._to_staff.draft(row, staff, owed, links=links)

    def _facts(self, row: Item, staff: Staff, now: datetime) -> Item:
        """Return what the row of a morning lists; for the digest of a flood, what waits now."""
        if "decide" in row["facts"]:
            facts: Item = row["facts"]
            return facts
        day = self._agenda.of(eastern_time.today(now)).get(staff.id, Day())
        return {**day.facts(), **row["facts"]}

    def _still(self, ids: list[str], staff: Staff, *, to_decide: bool) -> list[Case]:
        """Return those of the cases that still wait for staff, or for somebody else, and that the
        reader may read."""
        return [
            case
            for case in self._readable(ids, staff)
            if (awaited := awaits(case.state)) is not None and (awaited == "decision") == to_decide
        ]

    def _still_held(self, ids: list[str], staff: Staff) -> list[HeldLine]:
        return [
            {"ref": case.current_ref, "org": case.org}
            for case in self._readable(ids, staff)
            if kind(case.state) == "held"
        ]

    def _readable(self, ids: list[str], staff: Staff) -> list[Case]:
        if not staff.sees_files:
            return []
        items = [self._store.get(*case_key(one)) for one in ids]
        cases = [Case.of(item) for item in items if item is not None]
        return [case for case in cases if not stands_back(case, staff.id, staff.email)]

    def _linked(self, case: Case, staff: Staff, now: datetime) -> tuple[Item, LinkedLine]:
        url, token_hash, code = self._links.new_review()
        asks_code = any(choice.code for choice in choices(case.state))
        allowed = staff_steps(case.state)
        link = review_link(token_hash, case=case, recipient=staff.id, allowed=allowed, now=now)
        line = _line(case, staff.reads, now)
        return link, {**line, "url": url, "code": code if asks_code else None}


def _line(case: Case, lang: Lang, now: datetime) -> DigestLine:
    return {
        "ref": case.current_ref,
        "org": case.org,
        "state_name": staff_name(case.state, lang),
        "days": days_waiting(case, now),
    }

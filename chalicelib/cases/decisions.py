"""What staff do to a case: each step is one transaction, checked against the table."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chalicelib.cases.case import Case, DecisionMade, Vote
from chalicelib.cases.effects import Decider, apply
from chalicelib.cases.guards import (
    NOTHING_GIVEN,
    DecisionInput,
    GuardContext,
    check,
    last_day_to_reopen,
)
from chalicelib.cases.leaving import LeavingTimes
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import index_rows
from chalicelib.cases.open_files import OpenFiles, open_key
from chalicelib.cases.staff import Roster
from chalicelib.cases.standing_back import standing_back
from chalicelib.cases.states import Transition, is_invited, step
from chalicelib.cases.taking_back import decider_is_away, recalled, taken_back, undo_step
from chalicelib.cases.transition import StateChange
from chalicelib.cases.turnaround import seconds_waited
from chalicelib.cases.twins import twin_rows
from chalicelib.cases.votes import voters, votes_on
from chalicelib.core import log_lines, stored_links
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item, Now, Store, Write
from chalicelib.core.records import stamp


class Foretold(NamedTuple):
    """A case as a choice would leave it, and the rows of the letters to its applicant."""

    case: Case
    letters: list[Item]


class Decisions:
    """Each method is one transaction: the case, its audit event, and the letters it owes."""

    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        cases: Cases,
        now: Now,
        *,
        roster: Roster,
        people_key: bytes,
        leaving: LeavingTimes,
        quorum: int,
    ) -> None:
        self._store = store
        self._cases = cases
        self._now = now
        self._roster = roster
        self._people_key = people_key
        self.leaving = leaving
        self._quorum = quorum

    @property
    def quorum(self) -> int:
        """How many votes an application needs."""
        return self._quorum

    def act(
        self,
        case: Case,
        name: str,
        by: Decider,
        given: DecisionInput = NOTHING_GIVEN,
        *,
        link: Item | None = None,
    ) -> Case:
        """Move the case as somebody chose, and return it as it is then; `link` is used up.

        A letter to the applicant about a decision that can be undone waits for that. Raises
        Refused when the table has no such step or a guard does not hold, Conflict when somebody
        was faster.
        """
        with log_lines.event("decision", log_lines.cid()):
            log_lines.note(kind=name)
            if name == "undo":
                return self.undo(case, by)
            return self._act(case, name, by, given, link)

    def _act(
        self, case: Case, name: str, by: Decider, given: DecisionInput, link: Item | None
    ) -> Case:
        change = self._change(case, name, by, given)
        writes = [*change.writes(), *self._index(change)]
        if link is not None:
            event = change.row.event
            writes.append(stored_links.use(link, event, change.now, case_version=case.version))
        self._store.commit(writes)
        waited = seconds_waited(case, change.row, change.now)
        if waited is not None:
            log_lines.count("decisions")
            log_lines.count("decision-seconds", waited)
        return change.after()

    def foretold(self, case: Case, name: str, by: Decider, given: DecisionInput) -> Foretold:
        """Return what a choice would make of the case, and write nothing. Raises Refused."""
        change = self._change(case, name, by, given)
        letters = [row for row in change.letters if row["to"] == APPLICANT]
        return Foretold(change.after(), letters)

    def _change(self, case: Case, name: str, by: Decider, given: DecisionInput) -> StateChange:
        context = self.context(case, by, given)
        row = self.row(context, name)
        check(row, context)
        now = context.now
        change = StateChange(case, row, now, by.id)
        change.votes = context.votes
        apply(change, by, given)
        # A row whose letter cannot wait has refused a moment that was chosen for it.
        decided = self._decided(change, by, given, context.leaves or now)
        voted = {"vote_for": name} if row.event == "vote" else {}
        change.data |= {**decided, **voted, "from": case.state, "to": row.to}
        if not row.quiet:
            change.sets["decided"] = decided
        facts = {**decided, **change.facts}
        change.owes_letters(facts)
        change.owes(row.held_letters, APPLICANT, due=context.leaves, facts=facts)
        return change

    def context(self, case: Case, by: Decider, given: DecisionInput) -> GuardContext:
        """Return a step about to be taken, with the votes weighed as roster and quorum are now."""
        staff = self._roster.get(by.id)
        address = None if staff is None else staff.email
        votes, now = self.votes(case), self._now()
        is_away = decider_is_away(case, self._roster, now)
        leaves = self.leaving.at(given.leaves, now)
        return GuardContext(case, by.id, given, now, self._quorum, address, votes, is_away, leaves)

    def votes(self, case: Case) -> list[Vote]:
        """Return the votes on what is decided now that count: those of people who are on the
        roster still, and do not stand back."""
        votes = votes_on(case)
        if not votes:
            return []
        staff = self._roster.active()
        there = {one.id for one in staff} - {*standing_back(case, staff)}
        return [vote for vote in votes if vote["by"] in there]

    def row(self, context: GuardContext, name: str) -> Transition:
        """Return the row that a choice leads to: what needs a quorum is a vote until enough agree,
        and conditions that one of them asked for are conditions of all. Raises Refused."""
        case, voted = context.case, voters(context.votes)
        row = step(case.state, name, case.came_from)
        if "quorum_app" not in row.guards:
            return row
        if context.by not in voted and len(voted) + 1 < context.quorum:
            return step(case.state, "vote")
        if name == "approve" and any(vote["conditions"] for vote in context.votes):
            return step(case.state, "conditions")
        return row

    def undo(self, case: Case, by: Decider) -> Case:
        """Take a decision back while the applicant has not heard of it.

        Raises Refused, and Conflict when the letter left in the same moment.
        """
        context = self.context(case, by, NOTHING_GIVEN)
        check(undo_step(case), context)
        assert case.decided is not None
        decider, now = case.decided["by"], context.now
        there = [one for one in (by.id, decider) if self._roster.get(one) is not None]
        change = taken_back(case, by, now, list(dict.fromkeys(there)))
        self._store.commit([*change.writes(), *recalled(self._store, case, now)])
        return change.after()

    def release(self, case: Case, by: Decider, beside: Sequence[Write] = ()) -> Case:
        """Let a form that was held as spam take the way of the others, and write what is `beside`
        it. Raises Refused for a form that is not held, and Conflict when somebody was faster."""
        row = release_step(case)
        change = StateChange(case, row, self._now(), by.id, {"name": by.name})
        change.owes_letters()
        found = [self._findable(case)] if case.answers else []
        form = case.answers or case.application or {}
        twins = twin_rows(case.id, form, self._people_key, self._now())
        self._store.commit([*change.writes(), *found, *twins, *beside])
        return change.after()

    def _index(self, change: StateChange) -> list[Write]:
        """Return the writes that let a case be found by what it has become."""
        found: list[Write] = []
        if is_invited(change.row.to):
            found += index_rows(change.case, self._people_key, change.now)
        if change.row.event == "treat_as_eoi":
            found.append(self._findable(change.case))
        return found

    def _findable(self, case: Case) -> Write:
        """Return the write that lets a declaration be found as an open file of its person."""
        row = self._store.get(*open_key(case.person))
        return OpenFiles.of(case.person, row).with_file(case.id).write()

    def _decided(
        self, change: StateChange, by: Decider, given: DecisionInput, leaves: datetime
    ) -> DecisionMade:
        row = change.row
        return {
            "by": by.id,
            "name": by.name,
            "at": stamp(change.now),
            "decision": row.event,
            "reasons": list(given.reasons),
            "message": given.message,
            "before": change.case.state,
            "undo_until": stamp(leaves) if row.undo and leaves > change.now else None,
            "event": change.number,
            "brought": list(change.sets) if row.undo else [],
        }


def release_step(case: Case) -> Transition:
    """Return the row that lets a held form go. Raises Refused for one that is not held."""
    return step(case.state, "release" if case.answers else "release_application")


def reopen_by(case: Case) -> str:
    """Return the last day on which a closed case can be opened again (ISO)."""
    assert case.closed is not None
    return str(last_day_to_reopen(case.closed))

"""What staff do to a case: each step is one transaction, checked against the table."""

from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.cases.case import Case, review_letter
from chalicelib.cases.effects import Decider, apply
from chalicelib.cases.guards import REOPEN, DecisionInput, GuardContext, check, voters
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import index_rows
from chalicelib.cases.states import Transition, step
from chalicelib.cases.transition import StateChange
from chalicelib.core import eastern_time
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT
from chalicelib.core.ports import Change, Item, Now, Store
from chalicelib.core.records import moment, stamp

RECORDED: Final = "staff_decision_recorded"
NO_WORD: Final = DecisionInput()


class Decisions:
    """Each method is one transaction: the case, its audit event, and the letters it owes."""

    def __init__(  # noqa: PLR0913
        self,
        store: Store,
        cases: Cases,
        now: Now,
        *,
        people_key: bytes,
        undo_seconds: int,
        quorum: int,
    ) -> None:
        self._store = store
        self._cases = cases
        self._now = now
        self._people_key = people_key
        self._undo = timedelta(seconds=undo_seconds)
        self._quorum = quorum

    @property
    def quorum(self) -> int:
        return self._quorum

    def act(
        self,
        case: Case,
        name: str,
        by: Decider,
        word: DecisionInput = NO_WORD,
        *,
        link: Item | None = None,
    ) -> Case:
        """Moves the case as somebody chose. A letter to the applicant about a decision that
        can be undone waits for that.

        Raises Refused when the table has no such step or a guard does not hold, Conflict when
        somebody was faster.
        """
        if name == "undo":
            return self.undo(case, by)
        row = self.row(case, name, by, word)
        now = self._now()
        check(row, self.step(case, by, word))
        decided = self._decided(case, row, by, word, now)
        voted = {"vote_for": name} if row.event == "vote" else {}
        move = StateChange(
            case, row, now, by.id, {**decided, **voted, "from": case.state, "to": row.to}
        )
        if not row.quiet:
            move.sets["decided"] = decided
        apply(move, by, word)
        self._owe(move, row, decided, by)
        writes = move.writes()
        if row.to == "EOI_APPROVED":
            writes += index_rows(case, self._people_key, now)
        if link is not None:
            writes.append(_used(link, case, row.event, now))
        self._store.commit(writes)
        return move.after()

    def step(self, case: Case, by: Decider, word: DecisionInput) -> GuardContext:
        return GuardContext(case, by.id, word, self._now(), self._quorum)

    def row(self, case: Case, name: str, by: Decider, word: DecisionInput) -> Transition:
        """The row that a choice leads to: an approval is a vote until enough agree, and
        conditions that one of them asked for are conditions of all."""
        if name in ("approve", "conditions") and case.application is not None:
            step(case.state, name)
            if by.id not in voters(case) and len(voters(case)) + 1 < self._quorum:
                name = "vote"
            elif any(vote["conditions"] for vote in case.votes or []):
                name = "conditions"
        return step(case.state, name, case.closed["from"] if case.closed else None)

    def undo(self, case: Case, by: Decider) -> Case:
        """Takes a decision back while the applicant has not heard of it.

        Raises Refused, and Conflict when the letter left in the same moment.
        """
        decided = case.decided
        row = step(case.state, "undo", decided["before"] if decided else None)
        now = self._now()
        check(row, self.step(case, by, NO_WORD))
        assert decided is not None
        data = {"name": by.name, "from": case.state, "to": row.to}
        move = StateChange(case, row, now, actor=by.id, data=data)
        move.removes = ["decided", *(k for k in decided["brought"] if k != "votes")]
        if "votes" in decided["brought"]:
            move.sets["votes"] = [vote for vote in case.votes or [] if vote["by"] != by.id]
        facts = {**decided, "decision": "undo", "at": stamp(now), "undo_until": None}
        move.owes([RECORDED], by.id, due=now, facts=facts)
        move.owes([review_letter(row.to)], ALL_STAFF, due=now, facts={"again": True})
        self._store.commit([*move.writes(), *self._cases.recalled(case)])
        return move.after()

    def release(self, case: Case, by: Decider) -> Case:
        """Lets a form that was held as spam take the way of the others."""
        row = step(case.state, "release" if case.answers else "release_application")
        now = self._now()
        data = {"name": by.name, "from": case.state, "to": row.to}
        move = StateChange(case, row, now, actor=by.id, data=data)
        move.owes_receipt()
        pointer = Change(
            (f"OPEN#{case.person}#{case.cycle}", "OPEN"), set={"kind": "open", "case": case.id}
        )
        self._store.commit([*move.writes(), pointer] if case.answers else move.writes())
        return move.after()

    def _decided(
        self, case: Case, row: Transition, by: Decider, word: DecisionInput, now: datetime
    ) -> dict[str, Any]:
        until = stamp(now + self._undo) if row.undo and self._undo else None
        return {
            "by": by.id,
            "name": by.name,
            "at": stamp(now),
            "decision": row.event,
            "reasons": list(word.reasons),
            "message": word.message,
            "before": case.state,
            "undo_until": until,
            "event": case.events + 1,
            "brought": list(_BROUGHT.get((row.event, row.to), ())),
        }

    def _owe(
        self, move: StateChange, row: Transition, decided: dict[str, Any], by: Decider
    ) -> None:
        now = move.now
        facts = {**decided, **move.facts}
        for name in row.letters:
            to = APPLICANT
            if name == RECORDED:
                to = by.id
            elif name.startswith("staff_"):
                to = move.reader or ALL_STAFF
            move.owes([name], to, due=now, facts=facts)
        move.owes(row.held_letters, APPLICANT, due=now + self._undo, facts=facts)


_BROUGHT: Final = {
    ("approve", "EOI_APPROVED"): ("apply_by",),
    ("ask", "EOI_INFO_REQUESTED"): ("question",),
    ("ask", "APP_INFO_REQUESTED"): ("question",),
    ("approve", "APP_APPROVED"): ("votes",),
    ("conditions", "APP_CONDITIONAL"): ("votes", "conditions"),
}
"""What a decision adds to the case, and its undo takes away."""


def _used(link: Item, case: Case, name: str, now: datetime) -> Change:
    return Change(
        (link["pk"], link["sk"]),
        expect={"case_version": case.version},
        absent=("used_at",),
        set={"used_at": stamp(now), "used_as": name},
    )


def reopen_by(case: Case) -> str:
    """The last day on which a closed case can be opened again (ISO)."""
    assert case.closed is not None
    return str(eastern_time.today(moment(case.closed["at"]) + REOPEN))

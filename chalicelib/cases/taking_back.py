"""A decision that is taken back before anybody outside has heard of it: by staff, or because its
applicant acts on the file as they know it."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import NOTHING_GIVEN, DecisionInput, GuardContext, check
from chalicelib.cases.known import letters_of
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import Transition, staff_letter, step
from chalicelib.cases.transition import RECORDED, StateChange
from chalicelib.core import eastern_time
from chalicelib.core.letter_row import ALL_STAFF, APPLICANT
from chalicelib.core.ports import Change, Store, Write
from chalicelib.core.records import stamp


def decider_is_away(case: Case, roster: Roster, now: datetime) -> bool:
    """Say whether whoever made a decision that can still be undone is away, or has left, so that
    their colleagues may take it back."""
    decided = case.decided
    if decided is None or not case.undo_open(now):
        return False
    return roster.has_away(decided["by"], str(eastern_time.today(now)))


def undo_step(case: Case) -> Transition:
    """Return the row that takes the decision on a case back. Raises Refused where none stands."""
    decided = case.decided
    return step(case.state, "undo", decided["before"] if decided else None)


def taken_back(
    case: Case, by: Decider, now: datetime, readers: Sequence[str], *, by_name: bool = True
) -> StateChange:
    """Return the step that takes the decision on a case back, and tells `readers` of it; `by_name`
    whoever takes it back is one of the staff."""
    decided = case.decided
    assert decided is not None
    row = undo_step(case)
    change = StateChange(case, row, now, by.id, {"name": by.name} if by_name else {})
    change.removes = ["decided", *(k for k in decided["brought"] if k != "votes")]
    if "votes" in decided["brought"]:
        change.sets["votes"] = [vote for vote in case.votes or [] if vote["by"] != decided["by"]]
    undone = {"decision": "undo", "at": stamp(now), "undo_until": None, "undone_by": by.name}
    for reader in readers:
        change.owes([RECORDED], reader, facts={**decided, **undone})
    change.owes([staff_letter(row.to)], ALL_STAFF, facts={"again": True})
    return change


def recalled(store: Store, case: Case, now: datetime) -> list[Write]:
    """Return the writes that take back the letters a decision held: they fail once somebody sends
    them."""
    if case.decided is None:
        return []
    return [
        Change(
            (row["pk"], row["sk"]),
            expect={"status": "owed", "attempts": 0},
            set={"status": "cancelled", "cancelled_at": stamp(now)},
            remove=("due_shard", "due_at"),
        )
        for row in letters_of(store, case, case.decided.get("event", case.events))
    ]


def as_known(
    store: Store, case: Case, event: str, now: datetime, given: DecisionInput = NOTHING_GIVEN
) -> Case:
    """Return the case as its applicant knows it, for a step of theirs: a decision whose letter
    has not left is taken back, for it was about what they change now.

    Raises Refused where they could not take the step then either, and Conflict when the letter
    left in the same moment.
    """
    if case.decided is None or not case.undo_open(now):
        return case
    decider = Roster(store).get(case.decided["by"])
    readers = [decider.id] if decider else []
    change = taken_back(case, Decider(APPLICANT, ""), now, readers, by_name=False)
    after = change.after()
    check(step(after.state, event), GuardContext(after, APPLICANT, given, now))
    store.commit([*change.writes(), *recalled(store, case, now)])
    return after

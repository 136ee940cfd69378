"""How long decisions take: counted with each decision, summed up in two numbers."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.cases.case import Case
from chalicelib.cases.states import Transition, turnaround_form
from chalicelib.core import eastern_time
from chalicelib.core.business_days import after_months
from chalicelib.core.ports import Change, Store, Write
from chalicelib.core.records import moment

PK: Final = "STATISTICS"
MONTHS_COUNTED: Final = 12
MIN_CASES: Final = 10
"""Two numbers about fewer cases would say more of one of them than of what is usual."""

MAX_DAYS: Final = 400
"""Whatever took longer counts as this, so that a month's row stays small."""

COUNT_RETENTION: Final = timedelta(days=400)

_DECISIONS: Final = ("approve", "decline", "conditions")
"""Events that end the wait for a decision."""


class Turnaround(NamedTuple):
    """Days from a form to its decision: half of the cases took no longer than `median`,
    nine out of ten no longer than `most`."""

    median: int
    most: int
    cases: int


def usual(store: Store, form: str, now: datetime) -> Turnaround | None:
    """Return the turnaround of a form in the last twelve months; None while there are too few
    decisions. Reads once."""
    oldest = f"{after_months(eastern_time.today(now), -MONTHS_COUNTED):%Y-%m}"
    days: dict[int, int] = {}
    for row in store.rows(PK, f"DELAYS#{form}#"):
        if row["sk"].rpartition("#")[2] > oldest:
            for name, cases in row.items():
                if name.startswith("d_") and cases > 0:
                    days[int(name[2:])] = days.get(int(name[2:]), 0) + cases
    total = sum(days.values())
    if total < MIN_CASES:
        return None
    return Turnaround(reached(days, total, 0.5), reached(days, total, 0.9), total)


def counted(case: Case, row: Transition, now: datetime) -> list[Write]:
    """Return what a transition adds to the counts: a decision one more, its undo one less.

    An addition expects nothing of the row and commutes; it stands or falls with the case's
    transaction, so that no decision counts twice.
    """
    form = turnaround_form(row.source)
    if form and row.event in _DECISIONS and row.undo:
        return [_count(case, form, now, 1)]
    decided = case.decided
    if row.event == "undo" and decided is not None and decided["decision"] in _DECISIONS:
        form = turnaround_form(decided["before"])
        return [_count(case, form, moment(decided["at"]), -1)] if form else []
    return []


def seconds_waited(case: Case, row: Transition, now: datetime) -> int | None:
    """Return how long a file waited for the decision that a transition is; None for any other."""
    form = turnaround_form(row.source)
    if not form or row.event not in _DECISIONS:
        return None
    return round((now - moment(_began(case, form))).total_seconds())


def _began(case: Case, form: str) -> str:
    return case.submitted_at if form == "eoi" else case.applied_at or case.submitted_at


def _count(case: Case, form: str, decided_at: datetime, step: int) -> Change:
    began = _began(case, form)
    day = eastern_time.today(decided_at)
    days = min((day - eastern_time.today(moment(began))).days, MAX_DAYS)
    return Change(
        (PK, f"DELAYS#{form}#{day:%Y-%m}"),
        set={"kind": "delays", "expires": int((decided_at + COUNT_RETENTION).timestamp())},
        add={f"d_{days}": step},
    )


def reached(days: dict[int, int], total: int, share: float) -> int:
    """Return the least number of days in which this share of the cases was decided."""
    seen = 0
    for length in sorted(days):
        seen += days[length]
        if seen >= share * total:
            return length
    raise AssertionError("the shares of all cases make up all cases")

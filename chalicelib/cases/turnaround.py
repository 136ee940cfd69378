"""How long decisions usually take, in two numbers: summed up once a day from the figures."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.cases.case import Case
from chalicelib.cases.figures import Span
from chalicelib.cases.states import Transition, turnaround_form
from chalicelib.core.ports import Change, Key, Store
from chalicelib.core.records import is_over, moment

USUAL: Final[Key] = ("STATISTICS", "USUAL")
"""The row of the sums: whoever waits reads it, and not the figures of a year."""

MONTHS_COUNTED: Final = 12
MIN_CASES: Final = 10
"""Two numbers about fewer cases would say more of one of them than of what is usual."""

SUM_RETENTION: Final = timedelta(days=40)
"""How long a sum is told that nobody has made anew."""

STAGES: Final[Mapping[str, Span]] = {"eoi": "declaration", "application": "application"}
"""The stage of the figures that is the wait for a decision on a form."""

_DECISIONS: Final = ("approve", "decline", "conditions")
"""Events that end the wait for a decision."""


class Turnaround(NamedTuple):
    """Days of a stage, such as from a form to its decision: half of the cases took no longer than
    `median`, nine out of ten no longer than `most`."""

    median: int
    most: int
    cases: int


def usual(store: Store, form: str, now: datetime) -> Turnaround | None:
    """Return the turnaround of a form in the last twelve months; None while there are too few
    decisions, or nobody has summed them up for long. Reads once."""
    row = store.get(*USUAL) or {}
    if form not in row or is_over(row, now):
        return None
    return Turnaround(*(int(number) for number in row[form]))


def sum_write(sums: Mapping[str, Turnaround], now: datetime) -> Change:
    """Return the write that keeps these sums; a form without one has too few decisions."""
    kept = {form: [*found] for form, found in sums.items() if found.cases >= MIN_CASES}
    expires = int((now + SUM_RETENTION).timestamp())
    gone = [form for form in STAGES if form not in kept]
    return Change(USUAL, set={"kind": "usual_delay", "expires": expires, **kept}, remove=gone)


def seconds_waited(case: Case, row: Transition, now: datetime) -> int | None:
    """Return how long a file waited for the decision that a transition is; None for any other."""
    form = turnaround_form(row.source)
    if not form or row.event not in _DECISIONS:
        return None
    began = case.submitted_at if form == "eoi" else case.applied_at or case.submitted_at
    return round((now - moment(began)).total_seconds())


def reached(days: dict[int, int], total: int, share: float) -> int:
    """Return the least number of days in which this share of the cases was decided."""
    seen = 0
    for length in sorted(days):
        seen += days[length]
        if seen >= share * total:
            return length
    raise AssertionError("the shares of all cases make up all cases")

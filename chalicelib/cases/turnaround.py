"""How long decisions take: counted with each decision, told in two numbers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.cases.case import Case
from chalicelib.cases.states import Transition
from chalicelib.core import eastern_time
from chalicelib.core.business_days import after_months
from chalicelib.core.ports import Change, Store, Write
from chalicelib.core.records import moment

PK: Final = "STATISTICS"
MONTHS: Final = 12
ENOUGH: Final = 10
"""Two numbers about fewer cases would say more of one of them than of what is usual."""

LONGEST: Final = 400
"""Days; whatever took longer counts as this, so that a month's row stays small."""

_DECIDED: Final = ("approve", "decline", "conditions")
_FORM: Final = {
    "EOI_PENDING": "eoi",
    "APP_PENDING": "application",
    "APP_WAITLISTED": "application",
}
"""Where a decision is made, and on which form."""


@dataclass(frozen=True)
class Turnaround:
    """Days from a form to its decision: half of the cases took no longer than `median`,
    nine out of ten no longer than `most`."""

    median: int
    most: int
    cases: int


def usual(store: Store, form: str, now: datetime) -> Turnaround | None:
    """Of the last twelve months; None while there are too few decisions. One read."""
    oldest = f"{after_months(eastern_time.today(now), -MONTHS):%Y-%m}"
    days: dict[int, int] = {}
    for row in store.rows(PK, f"DELAYS#{form}#"):
        if row["sk"].rpartition("#")[2] > oldest:
            for name, cases in row.items():
                if name.startswith("d_") and cases > 0:
                    days[int(name[2:])] = days.get(int(name[2:]), 0) + cases
    total = sum(days.values())
    if total < ENOUGH:
        return None
    return Turnaround(_reached(days, total, 0.5), _reached(days, total, 0.9), total)


def counted(case: Case, row: Transition, now: datetime) -> list[Write]:
    """What a transition adds to the counts: a decision one more, its undo one less.

    An addition expects nothing of the row and commutes; it stands or falls with the case's
    transaction, so that no decision counts twice.
    """
    if row.event in _DECIDED and row.undo and row.source in _FORM:
        return [_count(case, row.source, now, 1)]
    decided: dict[str, Any] = case.decided or {}
    if row.event == "undo" and decided.get("decision") in _DECIDED and decided["before"] in _FORM:
        return [_count(case, decided["before"], moment(decided["at"]), -1)]
    return []


def _count(case: Case, before: str, decided_at: datetime, step: int) -> Change:
    form = _FORM[before]
    began = case.submitted_at if form == "eoi" else case.applied_at or case.submitted_at
    day = eastern_time.today(decided_at)
    days = min((day - eastern_time.today(moment(began))).days, LONGEST)
    return Change(
        (PK, f"DELAYS#{form}#{day:%Y-%m}"),
        set={"kind": "delays", "expires": int((decided_at + timedelta(days=400)).timestamp())},
        add={f"d_{days}": step},
    )


def _reached(days: dict[int, int], total: int, share: float) -> int:
    """The least number of days in which this share of the cases was decided."""
    seen = 0
    for length in sorted(days):
        seen += days[length]
        if seen >= share * total:
            return length
    raise AssertionError("the shares of all cases make up all cases")

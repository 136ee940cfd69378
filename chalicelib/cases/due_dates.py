"""By when staff are to decide: the one date that every letter and page tells of it."""

from datetime import date

from chalicelib.cases.case import Case
from chalicelib.cases.states import awaits, clock_of, reply_days
from chalicelib.core.business_days import after_business_days


def decision_due(case: Case) -> date | None:
    """Return when a decision is due: so many business days after its clock was started, pauses
    not counted; None where the case waits for nobody's decision."""
    clock = clock_of(case.state)
    if clock is None or awaits(case.state) != "decision":
        return None
    since = (case.clocks or {}).get(clock, {}).get("since")
    if since is None:
        return None
    return after_business_days(date.fromisoformat(since), reply_days(case.state))

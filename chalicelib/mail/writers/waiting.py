"""How long a case has been waiting."""

from datetime import date, datetime

from chalicelib.cases.case import Case
from chalicelib.cases.states import clock_of
from chalicelib.core import eastern_time
from chalicelib.core.records import moment


def days_waiting(case: Case, now: datetime) -> int:
    """Return the days since the clock of the case's state was started."""
    clock = (case.clocks or {}).get(clock_of(case.state) or "", {})
    since = clock.get("since") or str(eastern_time.today(moment(case.updated_at)))
    return (eastern_time.today(now) - date.fromisoformat(since)).days

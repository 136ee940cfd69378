"""How long a case has been waiting, and whether a letter of its clock is still wanted."""

from datetime import date, datetime

from chalicelib.cases.case import Case
from chalicelib.cases.states import clock_of
from chalicelib.core import eastern_time
from chalicelib.core.errors import Overtaken
from chalicelib.core.ports import Item
from chalicelib.core.records import moment


def check_still_wanted(row: Item, case: Case) -> None:
    """Raise Overtaken for a letter of a clock whose case went on since."""
    version = row["facts"].get("version")
    if version is not None and version != case.version:
        raise Overtaken("the file went on")


def days_waiting(case: Case, now: datetime) -> int:
    """Return the days since the clock of the case's state was started."""
    clock = (case.clocks or {}).get(clock_of(case.state) or "", {})
    since = clock.get("since") or str(eastern_time.today(moment(case.updated_at)))
    return (eastern_time.today(now) - date.fromisoformat(since)).days

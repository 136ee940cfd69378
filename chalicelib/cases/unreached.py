"""Time that somebody has while no mail reaches them: their clock waits, and gets its days back."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib import content
from chalicelib.cases.case import Case
from chalicelib.cases.states import awaits, clock_of
from chalicelib.core import eastern_time
from chalicelib.core.ports import Item
from chalicelib.core.records import moment

if TYPE_CHECKING:
    from chalicelib.content.shapes.cases import Awaited

APPLICANTS: Final[tuple["Awaited", ...]] = ("answer", "apply", "conditions")
"""What only the applicant can give, by a day that they were written to about."""


def waits(case: Case, now: datetime) -> bool:
    """Say whether the applicant's clock waits, for no mail reaches the file's address: staff are to
    find another one, but not for ever."""
    lost = _days_lost(case, now)
    return lost is not None and lost < _most()


def days_given_back(case: Case, now: datetime) -> Item:
    """Return the last days of the case once its mail arrives again, each later by as many days as
    none did; nothing where mail arrived, or no clock of the applicant runs."""
    lost = timedelta(days=min(_days_lost(case, now) or 0, _most()))
    if not lost:
        return {}
    match awaits(case.state):
        case "answer" if case.question is not None:
            return {
                "question": {**case.question, "reply_by": _later(case.question["reply_by"], lost)}
            }
        case "apply" if case.apply_by is not None:
            return {"apply_by": _later(case.apply_by, lost)}
        case "conditions":
            return {
                "conditions": [
                    one if "met_at" in one else {**one, "due": _later(one["due"], lost)}
                    for one in case.conditions or []
                ]
            }
    return {}


def _days_lost(case: Case, now: datetime) -> int | None:
    """Return since how many days mail to the file's address comes back, while a clock of the
    applicant runs; None where it does not."""
    fault, clock = case.undeliverable, clock_of(case.state)
    if fault is None or clock is None or awaits(case.state) not in APPLICANTS:
        return None
    started = (case.clocks or {}).get(clock, {}).get("at", fault["at"])
    return (eastern_time.today(now) - eastern_time.today(moment(max(fault["at"], started)))).days


def _later(day: str, lost: timedelta) -> str:
    return str(date.fromisoformat(day) + lost)


def _most() -> int:
    return content.programme()["unreached_days"]

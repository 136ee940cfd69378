"""What a file remembers once it has taken a step: how far it came, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.milestones import Milestone, Passed
from chalicelib.cases.states import (
    Transition,
    end_of,
    form_of,
    invitation_is_over,
    is_counted,
    is_invited,
    kind,
    shows,
)
from chalicelib.core import eastern_time
from chalicelib.core.records import moment

_ANY: Final[tuple[Milestone, ...]] = ("held", "received", "proved")
_INVITED: Final[tuple[Milestone, ...]] = (*_ANY, "decided", "invited")
_APPLIED: Final[tuple[Milestone, ...]] = (*_INVITED, "applied")
_CONDITIONAL: Final[tuple[Milestone, ...]] = (*_APPLIED, "judged", "conditions")


def passed_after(
    before: Case, after: Case, row: Transition, now: datetime, of: Mapping[str, str]
) -> Passed | None:
    """Return what a file remembers after a step; None for one that is not counted: it is part of
    another file, or nobody confirmed it."""
    state = after.state
    if kind(state) == "gone":
        return before.passed
    if not is_counted(state):
        return None
    was = before.passed
    passed: Passed = {"days": dict(was["days"]) if was else {}, "of": of}
    if was and not is_active(state):
        passed |= {"end": was["end"]} if "end" in was else {}
        passed |= {"reasons": was["reasons"]} if "reasons" in was else {}
    if bounced := _by_month(was.get("bounced") if was else None, row.event == "bounce", now):
        passed["bounced"] = bounced
    if spam := _by_month(was.get("complained") if was else None, row.event == "complaint", now):
        passed["complained"] = spam
    day = str(eastern_time.today(now))
    if kind(state) == "held":
        passed["days"].setdefault("held", day)
        return passed
    _arrive(passed["days"], after)
    if not row.quiet:
        _move(passed, after, row, day)
    return passed


def is_active(state: str) -> bool:
    return kind(state) == "active"


def _by_month(was: Mapping[str, int] | None, again: bool, now: datetime) -> dict[str, int]:
    """Return how often something came about in each month, with once more where it is `again`."""
    found = dict(was or {})
    if again:
        month = eastern_time.month(now)
        found[month] = found.get(month, 0) + 1
    return found


def _arrive(days: dict[Milestone, str], after: Case) -> None:
    """Note what the file itself says: when its forms came, and whether an address is proved."""
    days.setdefault("received", _day(after.submitted_at))
    if after.application is not None and after.applied_at:
        days.setdefault("applied", _day(after.applied_at))
    else:
        days.pop("applied", None)
    if after.proved:
        days["proved"] = min(_day(proof["at"]) for proof in after.proved.values())
    else:
        days.pop("proved", None)


def _move(passed: Passed, after: Case, row: Transition, day: str) -> None:
    """Note what a step leads to, and forget what it leads back from."""
    state, days = after.state, passed["days"]
    if is_active(state):
        for name in [name for name in days if name not in _standing(state)]:
            del days[name]
    if is_invited(state):
        days.setdefault("decided", day)
        days.setdefault("invited", day)
    if shows(state, "conditions"):
        days.setdefault("judged", day)
        days.setdefault("conditions", day)
    end = end_of(state)
    if end is None:
        return
    passed["end"] = end
    days["ended"] = day
    if end in ("approved", "declined"):
        days.setdefault("decided" if form_of(state) == "eoi" else "judged", day)
    if end == "approved":
        days["funded"] = day
        if "conditions" in days:
            days["met"] = day
    if end == "declined" and after.decided is not None:
        passed["reasons"] = sorted(set(after.decided["reasons"]))
    else:
        passed.pop("reasons", None)


def _standing(state: str) -> tuple[Milestone, ...]:
    """Return the milestones that may lie behind a file in a state that is not over."""
    if shows(state, "conditions"):
        return _CONDITIONAL
    if form_of(state) == "application":
        return _APPLIED
    return _INVITED if is_invited(state) or invitation_is_over(state) else _ANY


def _day(stamp: str) -> str:
    return str(eastern_time.today(moment(stamp)))

"""What each step changes in a case beside its state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from chalicelib import content
from chalicelib.cases.case import Condition, Question, Vote
from chalicelib.cases.guards import (
    MAX_EXTENSION,
    DecisionInput,
    day_ahead,
    kept_conditions,
    newly_dated,
)
from chalicelib.cases.states import awaits, is_invited, shows
from chalicelib.cases.transition import StateChange
from chalicelib.cases.votes import voters, votes_on
from chalicelib.core import eastern_time
from chalicelib.core.records import stamp

ANSWER_DAYS: Final = 21
"""How long an applicant has to answer a question."""


@dataclass(frozen=True)
class Decider:
    """Who decides: the roster's name, never what was typed."""

    id: str
    name: str


Effect = Callable[[StateChange, Decider, DecisionInput], None]

_EFFECTS: Final[dict[str, Effect]] = {}


def effect(event: str) -> Callable[[Effect], Effect]:
    """Register a function as the effect of this event."""

    def registered(function: Effect) -> Effect:
        _EFFECTS[event] = function
        return function

    return registered


def apply(change: StateChange, by: Decider, given: DecisionInput) -> None:
    """Add to a change what its event brings; most events bring nothing but the state."""
    if found := _EFFECTS.get(change.row.event):
        found(change, by, given)


@effect("approve")
def _approve(change: StateChange, by: Decider, given: DecisionInput) -> None:
    if is_invited(change.row.to):
        change.sets["apply_by"] = _apply_by(change.now)
    else:
        _vote(change, by, given)


@effect("ask")
def _ask(change: StateChange, by: Decider, given: DecisionInput) -> None:
    question: Question = {
        "text": given.message,
        "by": by.id,
        "name": by.name,
        "at": stamp(change.now),
        "reply_by": _in_days(ANSWER_DAYS, change.now),
    }
    change.sets["question"] = question


@effect("vote")
def _vote(change: StateChange, by: Decider, given: DecisionInput) -> None:
    vote: Vote = {
        "by": by.id,
        "name": by.name,
        "at": stamp(change.now),
        "message": given.message,
        "conditions": kept_conditions(given.conditions),
    }
    if shows(change.case.state, "conditions"):
        vote["on"] = "conditions_met"
    on_this = votes_on(change.case)
    others = [other for other in change.case.votes or [] if other not in on_this]
    # Whoever voted before, and decides now that the votes are enough, keeps that vote.
    mine = [] if by.id in voters(change.votes) else [vote]
    change.sets["votes"] = [*others, *change.votes, *mine]


@effect("conditions")
def _conditions(change: StateChange, by: Decider, given: DecisionInput) -> None:
    """Keep the conditions of all who voted, each by a day that is still to come."""
    asked = newly_dated(change.case, change.votes, given, eastern_time.today(change.now))
    _vote(change, by, given)
    change.sets["conditions"] = [*asked, *kept_conditions(given.conditions)]


@effect("postpone")
def _postpone(change: StateChange, by: Decider, given: DecisionInput) -> None:
    today = eastern_time.today(change.now)
    change.sets["conditions"] = newly_dated(change.case, (), given, today)


@effect("conditions_met")
def _conditions_met(change: StateChange, by: Decider, given: DecisionInput) -> None:
    _vote(change, by, given)
    met: list[Condition] = [
        {**condition, "met_at": stamp(change.now), "met_by": by.id}
        for condition in change.case.conditions or []
    ]
    change.sets["conditions"] = met


@effect("waitlist")
def _waitlist(change: StateChange, by: Decider, given: DecisionInput) -> None:
    change.removes.append("votes")


@effect("extend")
def _extend(change: StateChange, by: Decider, given: DecisionInput) -> None:
    today = eastern_time.today(change.now)
    last = max(today, date.fromisoformat(change.case.apply_by or str(today)))
    chosen = day_ahead(given.until, today, MAX_EXTENSION)
    days = content.programme()["extension_days"]
    until = str(chosen or last + timedelta(days=days))
    change.sets |= {"apply_by": until, "extensions": (change.case.extensions or 0) + 1}


@effect("reopen")
def _reopen(change: StateChange, by: Decider, given: DecisionInput) -> None:
    """Give what had a date that passed meanwhile a new one."""
    case, today = change.case, eastern_time.today(change.now)
    change.facts["ended"] = case.closed.get("event") if case.closed else None
    if is_invited(change.row.to) and _is_over(case.apply_by, today):
        change.sets["apply_by"] = _apply_by(change.now)
    if case.question is not None and _is_over(case.question["reply_by"], today):
        change.sets["question"] = {**case.question, "reply_by": _in_days(ANSWER_DAYS, change.now)}
    if awaits(change.row.to) == "conditions":
        change.sets["conditions"] = newly_dated(case, (), given, today)


def _is_over(day: str | None, today: date) -> bool:
    return day is None or date.fromisoformat(day) <= today


@effect("assign")
def _assign(change: StateChange, by: Decider, given: DecisionInput) -> None:
    change.sets["owner"] = given.colleague
    change.reader = given.colleague
    change.facts["assigned_by"] = by.name


@effect("recuse")
def _recuse(change: StateChange, by: Decider, given: DecisionInput) -> None:
    case = change.case
    change.sets["recused"] = [*(case.recused or []), by.id]
    if case.owner == by.id:
        change.removes.append("owner")
    if case.votes:
        change.sets["votes"] = [vote for vote in case.votes if vote["by"] != by.id]


@effect("treat_as_eoi")
def _treat_as_eoi(change: StateChange, by: Decider, given: DecisionInput) -> None:
    from chalicelib.forms import prefill

    application = change.case.application or {}
    change.sets["answers"] = prefill.declared(application)
    change.sets["submitted_at"] = str(change.case.applied_at or change.case.submitted_at)
    change.sets["email"] = str(application["applicant_email"])
    change.data["application"] = application
    if consent := (change.case.consents or {}).get("application"):
        change.sets["consents"] = {"eoi": consent}
    if proof := (change.case.proved or {}).get("application"):
        change.sets["proved"] = {"eoi": proof}
    change.removes += ["application", "application_warnings", "applied_at"]


def _apply_by(now: datetime) -> str:
    return _in_days(content.programme()["application_link_valid_days"], now)


def _in_days(days: int, now: datetime) -> str:
    return str(eastern_time.today(now) + timedelta(days=days))

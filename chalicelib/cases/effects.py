"""What each step changes in a case beside its state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.cases.guards import DecisionInput, day, kept
from chalicelib.cases.transition import StateChange
from chalicelib.content import load
from chalicelib.core import eastern_time
from chalicelib.core.records import stamp

ANSWER_DAYS: Final = 21
"""How long an applicant has to answer a question."""

EXTENSION_DAYS: Final = 60
"""What an extension gives when no date is chosen."""


@dataclass(frozen=True)
class Decider:
    """Who decides: the roster's name, never what was typed."""

    id: str
    name: str


def apply(move: StateChange, by: Decider, word: DecisionInput) -> None:
    """Some steps change nothing more: the state says it all."""
    effect = _EFFECTS.get(move.row.event)
    if effect is not None:
        effect(move, by, word)


def _approve(move: StateChange, by: Decider, word: DecisionInput) -> None:
    if move.row.to == "EOI_APPROVED":
        move.sets["apply_by"] = _apply_by(move.now)
    else:
        _vote(move, by, word)


def _ask(move: StateChange, by: Decider, word: DecisionInput) -> None:
    reply_by = str(eastern_time.today(move.now) + timedelta(days=ANSWER_DAYS))
    move.sets["question"] = {
        "text": word.message,
        "by": by.id,
        "name": by.name,
        "at": stamp(move.now),
        "reply_by": reply_by,
    }
    move.facts["reply_by"] = reply_by


def _vote(move: StateChange, by: Decider, word: DecisionInput) -> None:
    mine = {
        "by": by.id,
        "name": by.name,
        "at": stamp(move.now),
        "message": word.message,
        "conditions": kept(word.conditions),
    }
    move.sets["votes"] = [*(move.case.votes or []), mine]


def _conditions(move: StateChange, by: Decider, word: DecisionInput) -> None:
    _vote(move, by, word)
    asked = [c for vote in move.sets["votes"] for c in vote["conditions"]]
    move.sets["conditions"] = asked
    move.facts["conditions"] = asked


def _conditions_met(move: StateChange, by: Decider, word: DecisionInput) -> None:
    met = {"met_at": stamp(move.now), "met_by": by.id}
    move.sets["conditions"] = [{**c, **met} for c in move.case.conditions or []]


def _waitlist(move: StateChange, by: Decider, word: DecisionInput) -> None:
    move.removes.append("votes")


def _extend(move: StateChange, by: Decider, word: DecisionInput) -> None:
    today = eastern_time.today(move.now)
    last = max(today, day(move.case.apply_by or "") or today)
    until = word.until or str(last + timedelta(days=EXTENSION_DAYS))
    move.sets |= {"apply_by": until, "extensions": (move.case.extensions or 0) + 1}


def _reopen(move: StateChange, by: Decider, word: DecisionInput) -> None:
    """What had a date that passed meanwhile gets a new one."""
    case, today = move.case, str(eastern_time.today(move.now))
    if move.row.to == "EOI_APPROVED" and (case.apply_by or "") <= today:
        move.sets["apply_by"] = _apply_by(move.now)
    if case.question is not None and case.question["reply_by"] <= today:
        reply_by = str(eastern_time.today(move.now) + timedelta(days=ANSWER_DAYS))
        move.sets["question"] = {**case.question, "reply_by": reply_by}


def _assign(move: StateChange, by: Decider, word: DecisionInput) -> None:
    move.sets["owner"] = word.colleague
    move.reader = word.colleague
    move.facts["assigned_by"] = by.name


def _recuse(move: StateChange, by: Decider, word: DecisionInput) -> None:
    case = move.case
    move.sets["recused"] = [*(case.recused or []), by.id]
    if case.owner == by.id:
        move.removes.append("owner")
    if case.votes:
        move.sets["votes"] = [vote for vote in case.votes if vote["by"] != by.id]


def _treat_as_eoi(move: StateChange, by: Decider, word: DecisionInput) -> None:
    from chalicelib.forms import prefill

    application = move.case.application or {}
    move.sets["answers"] = prefill.declared(application)
    move.sets["submitted_at"] = str(move.case.applied_at or move.case.submitted_at)
    move.sets["email"] = str(application["applicant_email"])
    move.data["application"] = application
    move.removes += ["application", "application_warnings", "applied_at"]


def _apply_by(now: datetime) -> str:
    days = load("programme")["application_link_valid_days"]
    return str(eastern_time.today(now) + timedelta(days=days))


_EFFECTS: Final[dict[str, Callable[[StateChange, Decider, DecisionInput], None]]] = {
    "approve": _approve,
    "ask": _ask,
    "vote": _vote,
    "conditions": _conditions,
    "conditions_met": _conditions_met,
    "waitlist": _waitlist,
    "extend": _extend,
    "reopen": _reopen,
    "assign": _assign,
    "recuse": _recuse,
    "treat_as_eoi": _treat_as_eoi,
}

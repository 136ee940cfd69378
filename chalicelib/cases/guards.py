"""What must hold before a row of the table may be taken, each under its name there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from chalicelib.cases.case import Case
from chalicelib.cases.states import Transition
from chalicelib.content import load
from chalicelib.core import eastern_time
from chalicelib.core.errors import Refused
from chalicelib.core.records import moment

EXTENSIONS: Final = 2
REOPEN: Final = timedelta(days=30)
QUORUM_EOI: Final = 1
CONDITIONS: Final = 5
"""How many conditions an approval may have."""

MESSAGE_LIMIT: Final = 3000


@dataclass(frozen=True)
class DecisionInput:
    """What comes with a step, as the form said it; `conditions` are (text, ISO date)."""

    reasons: tuple[str, ...] = ()
    message: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    until: str = ""
    colleague: str = ""
    address: str = ""
    target: str = ""
    met: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuardContext:
    """A step about to be taken: who, with which words, when, by which rules."""

    case: Case
    by: str
    word: DecisionInput
    now: datetime
    quorum: int

    @property
    def today(self) -> date:
        return eastern_time.today(self.now)


def voters(case: Case) -> list[str]:
    """Who has voted for approval on the text as it is; nobody counts twice."""
    return list(dict.fromkeys(vote["by"] for vote in case.votes or []))


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _reason(step: GuardContext) -> bool:
    known = {reason["id"] for reason in load("lists")["decline_reason"]}
    return bool(step.word.reasons) and set(step.word.reasons) <= known


def _conditions(step: GuardContext) -> bool:
    given = step.word.conditions
    asked_before = any(vote.get("conditions") for vote in step.case.votes or [])
    return (bool(given) or asked_before) and len(given) <= CONDITIONS


def _dates(step: GuardContext) -> bool:
    """Every condition says what, and by which day to come."""
    return all(
        text and (due := day(when)) is not None and due > step.today
        for text, when in step.word.conditions
    )


def _until(step: GuardContext) -> bool:
    if not step.word.until:
        return True
    until = day(step.word.until)
    return until is not None and step.today < until <= step.today + timedelta(days=366)


def _reopenable(step: GuardContext) -> bool:
    closed = step.case.closed
    return closed is not None and step.now - moment(closed["at"]) <= REOPEN


def _all_met(step: GuardContext) -> bool:
    wanted = {str(number) for number in range(len(step.case.conditions or []))}
    return wanted <= set(step.word.met)


def _enough(step: GuardContext) -> bool:
    return len({*voters(step.case), step.by}) >= step.quorum


GUARDS: Final[dict[str, Callable[[GuardContext], bool]]] = {
    "not_recused": lambda step: step.by not in (step.case.recused or []),
    "quorum_eoi": lambda step: QUORUM_EOI == 1,
    "quorum_app": _enough,
    "unique_voter": lambda step: step.by not in voters(step.case),
    "reason": _reason,
    "question": lambda step: bool(step.word.message),
    "why": lambda step: bool(step.word.message),
    "short": lambda step: len(step.word.message) <= MESSAGE_LIMIT,
    "conditions": _conditions,
    "dates": _dates,
    "all_met": _all_met,
    "until": _until,
    "extensions_left": lambda step: (step.case.extensions or 0) < EXTENSIONS,
    "thirty_days": _reopenable,
    "decider": lambda step: bool(step.case.decided and step.case.decided["by"] == step.by),
    "undo_open": lambda step: step.case.undo_open(step.now),
    "settled": lambda step: not step.case.undo_open(step.now),
}

ELSEWHERE: Final = {
    "valid": "forms.parse: an invalid form reaches no case",
    "invited": "Cases.invited",
    "in_time": "Cases.invited",
    "code": "Reviews: the code of the mail that brought the link",
    "step_up": "Reviews: the code sent for this very decision",
    "candidate": "Orphans.link: the case it is joined to must be there, and without application",
    "letters_held": "Decisions.undo: the letters are taken back in the same transaction",
    "both_addresses_or_staff": "Files.confirm: the link came to the new address",
    "clock_ended": "the clock of the case, in the same transaction",
    "retention_over": "the clock of the case, in the same transaction",
}
"""Guards that other places keep, and where."""


def unmet(row: Transition, step: GuardContext) -> list[str]:
    """The guards of a row that do not hold, in its order."""
    return [name for name in row.guards if name in GUARDS and not GUARDS[name](step)]


def check(row: Transition, step: GuardContext) -> None:
    """Raises Refused with the name of the first guard that does not hold."""
    for name in unmet(row, step):
        raise Refused(name, state=row.source, event=row.event)


def kept(conditions: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    return [{"text": text, "due": due} for text, due in conditions]

"""What must hold before a row of the table may be taken, each under its name there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from chalicelib import content
from chalicelib.cases.case import Case, Closed, Condition, Vote
from chalicelib.cases.standing_back import stands_back
from chalicelib.cases.states import Transition, awaits
from chalicelib.cases.votes import voters
from chalicelib.core import eastern_time
from chalicelib.core.business_days import after_business_days
from chalicelib.core.errors import Refused
from chalicelib.core.records import moment
from chalicelib.core.typed_dates import FURTHEST, NotADate, read_day, read_day_ahead
from chalicelib.core.typed_text import MESSAGE_LIMIT

MAX_CONDITIONS: Final = 5
"""How many conditions one approval may have."""

MAX_EXTENSION: Final = timedelta(days=366)
"""How far from today an extension may reach."""

REOPEN_GRACE_DAYS: Final = 3
"""Business days that staff have beyond the last day that was told: somebody may ask on its
evening."""


def reopen_window() -> timedelta:
    """Return how long after its end a case can be opened again."""
    return timedelta(days=content.programme()["reopen_days"])


def last_day_to_reopen(closed: Closed) -> date:
    """Return the day until which an applicant may ask for it, as they are told."""
    return eastern_time.today(moment(closed["at"])) + reopen_window()


@dataclass(frozen=True)
class DecisionInput:
    """What comes with a step, as the form gave it; `conditions` are (text, day as
    typed), `new_days` are (number of a condition that stands, day as typed); `leaves` says when the
    letter does, blank for as soon as may be."""

    reasons: tuple[str, ...] = ()
    message: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    until: str = ""
    colleague: str = ""
    address: str = ""
    target: str = ""
    met: tuple[str, ...] = ()
    new_days: tuple[tuple[str, str], ...] = ()
    leaves: str = ""

    def for_event(self, event: str) -> "DecisionInput":
        """Return what this event uses: rows of conditions stand on the form for all choices."""
        return self if event == "conditions" else replace(self, conditions=())


NOTHING_GIVEN: Final = DecisionInput()


@dataclass(frozen=True)
class GuardContext:
    """A step about to be taken: the id of who takes it, what came with it, when, how many votes
    an approval needs, the address of who takes it if they are on the roster, the votes that count,
    whether whoever made the decision that stands is away or left, and when its letter would leave."""

    case: Case
    by: str
    given: DecisionInput
    now: datetime
    quorum: int = 1
    address: str | None = None
    votes: Sequence[Vote] = ()
    decider_is_away: bool = False
    leaves: datetime | None = None

    @property
    def today(self) -> date:
        return eastern_time.today(self.now)


Guard = Callable[[GuardContext], bool]

GUARDS: Final[dict[str, Guard]] = {}
"""Guards by their name in the table: each says whether a step may be taken."""

CALLERS_GUARDS: Final = frozenset(
    (
        "valid",  # forms.parsing: an invalid form reaches no case
        "invited",  # Cases.invited
        "in_time",  # Cases.invited
        "code",  # Reviews: the code of the mail that brought the link
        "step_up",  # Reviews: the code sent for this very decision
        "candidate",  # Orphans.link: the case joined to must be there, without application
        "sent",  # SendingAgain: the letter has left
        "letters_held",  # Decisions.undo: the letters are taken back in the same transaction
        "both_addresses_or_staff",  # the link to confirm came to the new address
        "by_mail",  # KeptDeclarations, Orphans.confirm: the link came to the address of the file
        "clock_ended",  # DeadlineRunner: the clock of the case, in the same transaction
        "retention_over",  # DeadlineRunner: likewise
    )
)
"""Names that the table may use beside those: whoever takes the step keeps them by its way."""


def guard(name: str) -> Callable[[Guard], Guard]:
    """Register a function as the guard of this name."""

    def registered(function: Guard) -> Guard:
        GUARDS[name] = function
        return function

    return registered


def unmet(row: Transition, context: GuardContext) -> list[str]:
    """Return the names of the row's guards that do not hold, in its order."""
    return [name for name in row.guards if name in GUARDS and not GUARDS[name](context)]


def check(row: Transition, context: GuardContext) -> None:
    """Raise Refused with the name of the first guard that does not hold."""
    for name in unmet(row, context):
        raise Refused(name, state=row.source, event=row.event)


def day_ahead(text: str, today: date, furthest: timedelta = FURTHEST) -> date | None:
    """Return the day that somebody typed; None where it is none, past or too far away."""
    try:
        return read_day_ahead(text, today, furthest)
    except NotADate:
        return None


def standing_conditions(case: Case, votes: Sequence[Vote]) -> list[Condition]:
    """Return the conditions that stand: those of the approval, or else those that votes ask for."""
    if case.conditions is not None:
        return case.conditions
    return [condition for vote in votes for condition in vote["conditions"]]


def newly_dated(
    case: Case, votes: Sequence[Vote], given: DecisionInput, today: date
) -> list[Condition]:
    """Return the conditions that stand, each with the new day that it was given, if any."""
    days = {number: day_ahead(text, today) for number, text in given.new_days}
    return [
        {**condition, "due": str(days.get(str(number)) or condition["due"])}
        for number, condition in enumerate(standing_conditions(case, votes))
    ]


def kept_conditions(conditions: tuple[tuple[str, str], ...]) -> list[Condition]:
    """Return conditions as a vote keeps them."""
    return [{"text": text, "due": str(read_day(due))} for text, due in conditions]


@guard("not_recused")
def _not_recused(step: GuardContext) -> bool:
    return not stands_back(step.case, step.by, step.address)


@guard("quorum_app")
def _enough(step: GuardContext) -> bool:
    return len({*voters(step.votes), step.by}) >= step.quorum


@guard("unique_voter")
def _first_vote(step: GuardContext) -> bool:
    """Let nobody vote twice; but once their votes are enough, whoever voted decides by them."""
    voted = voters(step.votes)
    return step.by not in voted or len(voted) >= step.quorum


@guard("reason")
def _reason(step: GuardContext) -> bool:
    known = {reason["id"] for reason in content.lists()["decline_reason"]}
    return bool(step.given.reasons) and set(step.given.reasons) <= known


@guard("explained")
def _explained(step: GuardContext) -> bool:
    """Ask for a message with a reason that says nothing by itself."""
    rows = content.lists()["decline_reason"]
    mute = {row["id"] for row in rows if row.get("needs_message")}
    return bool(step.given.message) or not mute & set(step.given.reasons)


@guard("question")
@guard("why")
def _message(step: GuardContext) -> bool:
    return bool(step.given.message)


@guard("short")
def _short(step: GuardContext) -> bool:
    return len(step.given.message) <= MESSAGE_LIMIT


@guard("conditions")
def _conditions(step: GuardContext) -> bool:
    given = step.given.conditions
    asked_before = any(vote["conditions"] for vote in step.votes)
    return (bool(given) or asked_before) and len(given) <= MAX_CONDITIONS


@guard("dates")
def _dates(step: GuardContext) -> bool:
    """Hold when every condition says what, and by which day to come."""
    return all(text and day_ahead(when, step.today) for text, when in step.given.conditions)


@guard("new_days")
def _new_days(step: GuardContext) -> bool:
    """Hold when every day that was typed is one, and no condition that stands has a day that is
    over."""
    if step.case.closed is not None and awaits(step.case.closed["from"]) != "conditions":
        return True
    if not all(day_ahead(text, step.today) for _, text in step.given.new_days):
        return False
    standing = newly_dated(step.case, step.votes, step.given, step.today)
    return all(
        "met_at" in condition or date.fromisoformat(condition["due"]) > step.today
        for condition in standing
    )


@guard("any_day")
def _any_day(step: GuardContext) -> bool:
    """Hold when at least one condition is given a new day."""
    return bool(step.given.new_days)


@guard("all_met")
def _all_met(step: GuardContext) -> bool:
    wanted = {str(number) for number in range(len(step.case.conditions or []))}
    return wanted <= set(step.given.met)


@guard("until")
def _until(step: GuardContext) -> bool:
    if not step.given.until:
        return True
    until = day_ahead(step.given.until, step.today, MAX_EXTENSION)
    # More time is never less: a date that was promised stands.
    return until is not None and str(until) > (step.case.apply_by or "")


@guard("extensions_left")
def _extensions_left(step: GuardContext) -> bool:
    return (step.case.extensions or 0) < content.programme()["extensions_max"]


@guard("thirty_days")
def _reopenable(step: GuardContext) -> bool:
    closed = step.case.closed
    if closed is None:
        return False
    return step.today <= after_business_days(last_day_to_reopen(closed), REOPEN_GRACE_DAYS)


@guard("leaves")
def _leaves(step: GuardContext) -> bool:
    """Hold when the letter may leave at the moment that was chosen."""
    return step.leaves is not None


@guard("leaves_at_once")
def _leaves_at_once(step: GuardContext) -> bool:
    """Hold where no moment was chosen for a letter that nothing can hold back."""
    return not step.given.leaves


@guard("decider")
def _decider(step: GuardContext) -> bool:
    """Let nobody take a decision back but who made it; while they are away, any colleague."""
    decided = step.case.decided
    return decided is not None and (decided["by"] == step.by or step.decider_is_away)


@guard("undo_open")
def _undo_open(step: GuardContext) -> bool:
    return step.case.undo_open(step.now)


@guard("settled")
def _settled(step: GuardContext) -> bool:
    return not step.case.undo_open(step.now)

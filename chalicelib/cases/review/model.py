"""A review link that was opened, what its form said, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from chalicelib.cases.case import Case, DecisionMade
from chalicelib.cases.guards import NOTHING_GIVEN, DecisionInput
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.states import beside
from chalicelib.cases.taking_back import decider_is_away
from chalicelib.core import eastern_time
from chalicelib.core.ports import Item
from chalicelib.core.records import stamp

Standing = Literal["open", "undo", "voted", "decided", "stale", "away", "expired", "unknown"]
"""What a link can still do. `open`: decide; `undo`: take back; `voted`: wait for the others;
`decided`: it is done; `stale`: the file went on since the link was sent; `away`: its owner is
away; `unknown`: also for somebody who left or stands back from this file."""

OutcomeKind = Literal[
    "decided", "undone", "noted", "recused", "code_sent", "already", "refused", "invalid",
    "fresh", "expired", "away", "back",
]  # fmt: skip
"""What became of a POST. `noted`: a step beside the decision was taken."""


FIELDS: Final = {
    "reason": ("reasons", "choose_reason"),
    "explained": ("message", "write_reason"),
    "question": ("message", "write_question"),
    "why": ("message", "write_why"),
    "short": ("message", "too_long"),
    "conditions": ("conditions", "write_condition"),
    "dates": ("conditions", "condition_date"),
    "new_days": ("new_days", "new_day"),
    "any_day": ("new_days", "new_day"),
    "all_met": ("met", "tick_all"),
    "until": ("until", "choose_date"),
    "leaves": ("leaves", "leaves_over"),
    "leaves_at_once": ("leaves", "leaves_at_once"),
}
"""Guards that a person mends on the page: the field, and the message beside it."""

PROOFS: Final = ("nonce", "code", "confirm")
"""Fields that prove that a person means it."""

FieldErrors = tuple[tuple[str, str], ...]
"""The field and the code of the message of each thing that is missing or wrong."""


@dataclass(frozen=True)
class OpenedReview:
    """A link with what it leads to; `decision` is the one that the link was for."""

    standing: Standing
    token: str
    case: Case | None = None
    staff: Staff | None = None
    link: Item | None = None
    decision: DecisionMade | None = None
    history: tuple[Item, ...] = ()

    @property
    def whole(self) -> tuple[Case, Staff, Item]:
        """The case, the reader and the link, of a link that is one."""
        assert self.case is not None
        assert self.staff is not None
        assert self.link is not None
        return self.case, self.staff, self.link


@dataclass(frozen=True)
class Decision:
    """A decision as it was posted: the event chosen, what comes with it, and the proofs that a
    person means it."""

    name: str = ""
    given: DecisionInput = NOTHING_GIVEN
    confirm: bool = False
    code: str = ""
    nonce: str = ""
    step_code: str = ""


@dataclass(frozen=True)
class DecisionOutcome:
    """What became of a POST; `errors` are (field, code of the message)."""

    kind: OutcomeKind
    opened: OpenedReview
    case: Case | None = None
    errors: FieldErrors = ()
    facts: Mapping[str, object] = field(default_factory=dict)


def standing(  # noqa: PLR0913
    link: Item,
    case: Case,
    staff: Staff,
    decision: DecisionMade | None,
    now: datetime,
    roster: Roster,
) -> Standing:
    """Return what a link of a case can still do for its owner."""
    today = str(eastern_time.today(now))
    if staff.away(today):
        return "away"
    if _can_undo(link, case, staff, now, roster):
        return "undo"
    if link["allowed"] == ["undo"]:
        return "decided"
    if link.get("used_as") == "vote" and case.version == link["case_version"]:
        return "voted"
    if decision is not None:
        return "decided"
    if case.version != link["case_version"]:
        return "stale"
    return "expired" if stamp(now) >= link["expires_at"] else "open"


def decision_since(link: Item, history: tuple[Item, ...]) -> DecisionMade | None:
    """Return the decision that the link was for, or that ended it: the first one made since the
    link was issued that was not undone. An undone decision is nobody's."""
    issued = link.get("case_events", link["case_version"])
    found: DecisionMade | None = None
    for row in history:
        if row["number"] <= issued or row["event"] in ("vote", "assign", "recuse"):
            continue
        if row["event"] == "undo":
            found = None
        elif found is None and "decision" in row["data"]:
            found = row["data"]
    return found


def _can_undo(link: Item, case: Case, staff: Staff, now: datetime, roster: Roster) -> bool:
    """Let a link undo only the decision that this link made, or that it was sent to take back;
    that of somebody who is away, also the links of others to the same version."""
    if case.decided is None or not case.undo_open(now):
        return False
    if case.decided["by"] != staff.id and not decider_is_away(case, roster, now):
        return False
    return case.version - link["case_version"] in (0, 1)


def became(event: str) -> OutcomeKind:
    """Return what a step was that staff took."""
    if event == "recuse":
        return "recused"
    return "noted" if event in beside() else "decided"

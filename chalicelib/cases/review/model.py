"""A review link that was opened, what its form said, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.cases.case import Case
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.staff import Staff
from chalicelib.core.ports import Item
from chalicelib.core.records import stamp


@dataclass(frozen=True)
class OpenedReview:
    """`standing` says what the link can still do:

    `open`: decide; `undo`: take back; `voted`: wait for the others; `decided`: it is done;
    `stale`: the file went on since the link was sent; `away`: its owner is away; `expired`;
    `unknown`: also for somebody who left or stands back from this file.
    """

    standing: str
    token: str
    case: Case | None = None
    staff: Staff | None = None
    link: Item | None = None
    decision: dict[str, Any] | None = None
    history: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What the form said, as typed."""

    name: str = ""
    reasons: tuple[str, ...] = ()
    message: str = ""
    confirm: bool = False
    code: str = ""
    nonce: str = ""
    step_code: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    until: str = ""
    colleague: str = ""
    address: str = ""
    target: str = ""
    met: tuple[str, ...] = ()

    @property
    def word(self) -> DecisionInput:
        return DecisionInput(
            reasons=self.reasons,
            message=self.message,
            conditions=self.conditions if self.name == "conditions" else (),
            until=self.until,
            colleague=self.colleague,
            address=self.address,
            target=self.target,
            met=self.met,
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a POST: `decided`, `undone`, `noted` (a step beside the decision),
    `recused`, `code_sent`, `already`, `refused`, `invalid`, `fresh`, `expired`, `away`, `back`."""

    kind: str
    opened: OpenedReview
    case: Case | None = None
    errors: tuple[tuple[str, str], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def standing(
    link: Item, case: Case, staff: Staff, decision: dict[str, Any] | None, now: datetime, today: str
) -> str:
    if staff.away(today):
        return "away"
    if _can_undo(link, case, staff, now):
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


def decision_since(link: Item, history: tuple[Item, ...]) -> dict[str, Any] | None:
    """The decision that the link was for, or that ended it: the first one made since the link
    was issued that was not undone. An undone decision is nobody's."""
    issued = link.get("case_events", link["case_version"])
    found: dict[str, Any] | None = None
    for row in history:
        if row["number"] <= issued or row["event"] in ("vote", "assign", "recuse"):
            continue
        if row["event"] == "undo":
            found = None
        elif found is None and "decision" in row["data"]:
            found = row["data"]
    return found


def _can_undo(link: Item, case: Case, staff: Staff, now: datetime) -> bool:
    if case.decided is None or case.decided["by"] != staff.id or not case.undo_open(now):
        return False
    return case.version - link["case_version"] in (0, 1)


def masked(address: str) -> str:
    """`rita.roy@example.org` → `r***@example.org`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"

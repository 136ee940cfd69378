"""The table of states: which event moves a case where, which letters and clocks go with it."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from chalicelib import content
from chalicelib.content import load
from chalicelib.core.errors import Refused
from chalicelib.core.languages import Lang

NEW: Final = "NEW"
"""Where a case comes from before it exists."""

SAME: Final = "SAME"
"""The case stays where it is."""

BEFORE: Final = "BEFORE"
"""The case goes back to where it was: one of the row's `back_to`."""


@dataclass(frozen=True)
class Transition:
    """One row: `event` in `source` leads to `to`.

    `letters` leave at once; `held_letters` wait until the decision can no longer
    be undone. `clocks` are told in words: `start A`, `pause A`, `stop all`; `start own`
    is the clock of the state that the case goes to, `restore` gives back what an undone
    decision stopped. A `quiet` row leaves the version, and so the links of others, alone.
    `reason` and `code` say what the decision form must carry; `choice` rows stand on it.
    """

    event: str
    source: str
    to: str
    actor: str
    guards: tuple[str, ...]
    letters: tuple[str, ...]
    held_letters: tuple[str, ...]
    clocks: tuple[str, ...]
    undo: bool
    reason: bool
    code: bool
    quiet: bool
    choice: bool
    back_to: tuple[str, ...]


@cache
def table() -> dict[tuple[str, str], Transition]:
    """(state, event) → transition. What is not here is refused."""
    rows: dict[tuple[str, str], Transition] = {}
    for row in load("states")["transitions"]:
        for source in row["from"]:
            rows[source, row["event"]] = Transition(
                event=row["event"],
                source=source,
                to=source if row["to"] == SAME else row["to"],
                actor=row["actor"],
                guards=tuple(row["guards"]),
                letters=tuple(row["letters"]),
                held_letters=tuple(row.get("held_letters", ())),
                clocks=tuple(row["clocks"]),
                undo=row.get("undo", False),
                reason=row.get("reason", False),
                code=row.get("code", False),
                quiet=row.get("quiet", False),
                choice=row.get("choice", False),
                back_to=tuple(row.get("back_to", ())),
            )
    return rows


def step(state: str, event: str, before: str | None = None) -> Transition:
    """The transition, or Refused: nothing moves that the table does not name.

    `before` is where the case came from, for an event that leads back.
    """
    row = table().get((state, event))
    if row is None:
        raise Refused("not_now", state=state, event=event)
    if row.to != BEFORE:
        return row
    if before is None or before not in row.back_to:
        raise Refused("not_now", state=state, event=event)
    return replace(row, to=before)


def events() -> list[str]:
    return list(dict.fromkeys(event for _, event in table()))


def choices(state: str) -> list[Transition]:
    """What staff can choose on the review page in a state, in the order of the table."""
    return [row for (source, _), row in table().items() if source == state and row.choice]


def staff_steps(state: str) -> list[str]:
    """What a staff link allows in a state: the choices, and the steps beside them."""
    beside = [e for e in ("assign", "recuse", "correct_address") if (state, e) in table()]
    return [row.event for row in choices(state)] + beside


def kind(state: str) -> str:
    """`active`, `terminal`, `held` or `gone`."""
    return str(load("states")["states"][state]["kind"])


def clock_of(state: str) -> str | None:
    """The clock that runs while a case is in a state."""
    states: dict[str, dict[str, str]] = load("states")["states"]
    return states[state].get("clock") if state != NEW else None


def next_step(state: str, lang: Lang) -> str:
    """Return what an applicant whose file is in this state may expect."""
    days = content.programme()["reply_target_business_days"]
    return content.review()["next_steps"][state][lang].format(reply_days=days)


def public_name(state: str, lang: str) -> str:
    """The state in the applicant's words."""
    names: dict[str, Any] = load("states")["states"][state]
    return str(names[lang])

"""The table of states: which event moves a case where, and which letters it owes."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from chalicelib.content import load
from chalicelib.errors import Refused

NEW: Final = "NEW"
"""Where a case comes from before it exists."""


@dataclass(frozen=True)
class Transition:
    """One row: `event` in `source` leads to `to`.

    `letters` leave at once; `held_letters` wait until the decision can no longer
    be undone. `reason` and `code` say what the decision form must carry.
    """

    event: str
    source: str
    to: str
    actor: str
    letters: tuple[str, ...]
    held_letters: tuple[str, ...]
    undo: bool
    reason: bool
    code: bool


@cache
def table() -> dict[tuple[str, str], Transition]:
    """(state, event) → transition. What is not here is refused."""
    rows: dict[tuple[str, str], Transition] = {}
    for row in load("states")["transitions"]:
        for source in row["from"]:
            rows[source, row["event"]] = Transition(
                event=row["event"],
                source=source,
                to=row["to"],
                actor=row["actor"],
                letters=tuple(row["letters"]),
                held_letters=tuple(row.get("held_letters", ())),
                undo=row.get("undo", False),
                reason=row.get("reason", False),
                code=row.get("code", False),
            )
    return rows


def step(state: str, event: str) -> Transition:
    """The transition, or Refused: nothing moves that the table does not name."""
    try:
        return table()[state, event]
    except KeyError:
        raise Refused("not_now", state=state, event=event) from None


def choices(state: str) -> list[Transition]:
    """What staff can decide in a state, in the order of the table; undo is not a choice."""
    return [
        row
        for (source, event), row in table().items()
        if source == state and row.actor == "staff" and event not in ("undo", "release")
    ]


def public_name(state: str, lang: str) -> str:
    """The state in the applicant's words."""
    names: dict[str, Any] = load("states")["states"][state]
    return str(names[lang])

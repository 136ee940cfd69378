"""Letters that the file has left behind: found when they are written, and noted in its history."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.cases.case import Case
from chalicelib.cases.known import known_state
from chalicelib.cases.states import table
from chalicelib.cases.transition import StateChange
from chalicelib.core.errors import Overtaken, Undecided
from chalicelib.core.letter_row import OUTSIDE
from chalicelib.core.ports import Item, Store, Write

if TYPE_CHECKING:
    from chalicelib.mail.letters import RegisteredLetter

EVENT: Final = "letter_overtaken"


def check_stands(
    store: Store, row: Item, letter: "RegisteredLetter", case: Case, now: datetime
) -> None:
    """Raise Overtaken for a letter that says what its file, as its reader may know it, says no
    longer, and Undecided for one that a decision may yet overtake. A letter that carries neither
    state nor version tells of no step."""
    if letter.stands == "always" or "version" not in row:
        return
    outside = row["to"] in OUTSIDE
    if letter.stands == "state":
        state = known_state(store, case, now) if outside else case.state
        if state != row["state"]:
            raise Overtaken("the file is in another state")
        return
    steps = [] if case.version == row["version"] else _steps_since(store, case, row["version"])
    by_step = row["sk"].split("#")[1].isdecimal()
    if steps and case.decided is not None and case.undo_open(now):
        if by_step and outside:
            # For its reader, a decision that can still be undone was never made.
            steps.pop()
        elif not by_step and len(steps) == 1:
            assert case.decided["undo_until"] is not None
            raise Undecided(case.decided["undo_until"])
    if steps and not (by_step and letter.survives.issuperset(steps)):
        raise Overtaken("the file went on")


def _steps_since(store: Store, case: Case, version: int) -> list[str]:
    """Return the events that a case took since it had this version: steps, and no notes. What was
    undone never was."""
    quiet = {row.event for row in table().values() if row.quiet}
    events = [row["event"] for row in store.rows(case.key[0], "EVENT#")]
    found: list[str] = []
    for name in [one for one in events if one not in quiet][version:]:
        if name == "undo" and found:
            found.pop()
        else:
            found.append(name)
    return found


def note(item: Item | None, row: Item, why: str, now: datetime) -> list[Write]:
    """Return what a letter that is dropped writes in the history of its file, if `item` is the
    row of that file: nothing for a letter to staff, who see the file itself."""
    if item is None or item.get("kind") != "case" or row["to"] not in OUTSIDE:
        return []
    case = Case.of(item)
    step = table().get((case.state, EVENT))
    if step is None:
        return []
    data = {"letter": row["letter"], "to": row["to"], "why": why}
    return StateChange(case, step, now, "post", data).writes()

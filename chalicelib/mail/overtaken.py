"""Letters that the file has left behind: found when they are written, and noted in its history."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.cases.case import Case
from chalicelib.cases.known import known_state, known_version
from chalicelib.cases.states import table
from chalicelib.cases.transition import StateChange
from chalicelib.core.errors import Overtaken
from chalicelib.core.letter_row import OUTSIDE
from chalicelib.core.ports import Item, Store, Write

if TYPE_CHECKING:
    from chalicelib.mail.letters import RegisteredLetter

EVENT: Final = "letter_overtaken"


def check_stands(
    store: Store, row: Item, letter: "RegisteredLetter", case: Case, now: datetime
) -> None:
    """Raise Overtaken for a letter that says what its file, as its reader may know it, says no
    longer. A letter that carries neither state nor version tells of no step."""
    if letter.stands == "always" or "version" not in row:
        return
    outside = row["to"] in OUTSIDE
    if letter.stands == "state":
        state = known_state(store, case, now) if outside else case.state
        if state != row["state"]:
            raise Overtaken("the file is in another state")
        return
    since = row["sk"].split("#")[1]
    by_step = since.isdecimal()
    # A clock reminds of what is, also of what may be undone: its letter gives way to any step.
    version = known_version(case, now) if outside and by_step else case.version
    if version == row["version"]:
        return
    if not by_step or not _steps_since(store, case, int(since)) <= letter.survives:
        raise Overtaken("the file went on")


def _steps_since(store: Store, case: Case, number: int) -> set[str]:
    """Return the events of a case after one of them that were steps, and no notes."""
    quiet = {row.event for row in table().values() if row.quiet}
    rows = store.rows(case.key[0], "EVENT#")
    return {row["event"] for row in rows if row["number"] > number} - quiet


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

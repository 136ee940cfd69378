"""What an applicant may know of a file now: nothing of a decision before its letter has left."""

from datetime import datetime

from chalicelib.cases.case import Case
from chalicelib.cases.states import shown_as, table
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item, Store


def known_state(store: Store, case: Case, now: datetime) -> str:
    """Return the state that the applicant may know: while the decision that stands is held back,
    the one before."""
    if case.decided is not None and is_held_back(store, case, now):
        return case.decided["before"]
    return shown_as(case.state)


def is_held_back(store: Store, case: Case, now: datetime) -> bool:
    """Say whether the decision that stands can still be undone, or its letter waits: for the sweep
    that follows, or for the morning."""
    decided = case.decided
    if decided is None:
        return False
    if case.undo_open(now):
        return True
    row = table().get((decided["before"], decided["decision"]))
    if row is None or not row.held_letters:
        return False
    letters = letters_of(store, case, decided.get("event", case.events))
    return any(map(_waits, letters))


def letters_of(store: Store, case: Case, event: int) -> list[Item]:
    """Return the rows of the letters to the applicant that an event owed."""
    rows = store.rows(case.key[0], f"LETTER#{event:06d}#")
    return [row for row in rows if row["to"] == APPLICANT]


def _waits(row: Item) -> bool:
    """Say whether a letter was never tried: what was tried may have arrived."""
    return row["status"] == "owed" and not row["attempts"]

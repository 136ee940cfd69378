"""A mail to an applicant that bounced: the case keeps it, and staff are asked to telephone."""

from datetime import datetime
from typing import Final

from chalicelib.cases.case import Case, Undeliverable
from chalicelib.cases.states import table
from chalicelib.cases.transition import StateChange
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY
from chalicelib.core.ports import Item, Write
from chalicelib.core.records import stamp

_READERS: Final = (APPLICANT, FIDUCIARY)


def _reader_of(sk: str) -> str:
    """Return the reader that the key of a letter names."""
    return sk.split("#")[3]


def writes(item: Item | None, sk: str, why: str, now: datetime) -> list[Write]:
    """Return what a bounce writes beside the letter, if `item` is the row of its case.

    Nothing for a letter to staff, for a state that has no such event, or the second time.
    """
    if item is None or item.get("kind") != "case" or _reader_of(sk) not in _READERS:
        return []
    case = Case.of(item)
    row = table().get((case.state, "bounce"))
    if row is None or case.undeliverable is not None:
        return []
    facts = {"to": _reader_of(sk), "why": why}
    change = StateChange(case, row, now, "post", facts)
    undeliverable: Undeliverable = {"to": _reader_of(sk), "why": why, "at": stamp(now)}
    change.sets = {"undeliverable": undeliverable}
    change.owes_letters(facts)
    return change.writes()

"""A mail to an applicant that came back: the case says so, and the staff get a phone task."""

from datetime import datetime
from typing import Final

from chalicelib.cases.case import Case, Undeliverable
from chalicelib.cases.states import table
from chalicelib.cases.transition import StateChange
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY
from chalicelib.core.ports import Item, Write
from chalicelib.core.records import stamp

_OURS: Final = (APPLICANT, FIDUCIARY)


def to_whom(sk: str) -> str:
    """The reader in the key of a letter."""
    return sk.split("#")[3]


def writes(item: Item | None, sk: str, why: str, now: datetime) -> list[Write]:
    """What else a bounce writes; nothing for staff, for a closed case, or the second time."""
    if item is None or item.get("kind") != "case" or to_whom(sk) not in _OURS:
        return []
    case = Case.of(item)
    row = table().get((case.state, "bounce"))
    if row is None or case.undeliverable is not None:
        return []
    facts = {"to": to_whom(sk), "why": why}
    change = StateChange(case, row, now, "post", facts)
    undeliverable: Undeliverable = {"to": to_whom(sk), "why": why, "at": stamp(now)}
    change.sets = {"undeliverable": undeliverable}
    change.owes_letters(facts)
    return change.writes()

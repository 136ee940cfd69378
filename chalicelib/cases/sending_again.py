"""The letter that says where a file stands, sent again: to a corrected address, or once more."""

from collections.abc import Sequence
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.faults import faults_besides
from chalicelib.cases.guards import DecisionInput, GuardContext, check
from chalicelib.cases.lookup import Cases
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import step
from chalicelib.cases.transition import StateChange
from chalicelib.cases.unreached import days_given_back
from chalicelib.core.errors import Refused
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.ports import Item, Now, Store

EVENT_DIGITS: Final = 6
"""A letter of an event has its number, with so many digits, in its key; that of a clock has not."""

_LEFT: Final = ("sent", "delivered", "bounced", "complained", "dead")
"""What a letter is once it has left, or was tried to the end."""

_WAITS: Final = ("owed", "claimed")


def last_letter(letters: Sequence[Item]) -> Item | None:
    """Return the row of the letter that told the applicant of the last step of their file; None
    while it has not left, and where there was none."""
    of_steps = [
        row
        for row in letters
        if row["to"] == APPLICANT and len(row["sk"].split("#")[1]) == EVENT_DIGITS
    ]
    standing = [row for row in of_steps if row["status"] in (*_LEFT, *_WAITS)]
    last = standing[-1] if standing else None
    return last if last is not None and last["status"] in _LEFT else None


class SendingAgain:
    def __init__(self, store: Store, cases: Cases, roster: Roster, now: Now) -> None:
        self._store = store
        self._cases = cases
        self._now = now
        self._roster = roster

    def send(self, case: Case, by: Decider) -> Case:
        """Owe the last letter once more, to the address that the file has now. What befell mail to
        that address is forgotten: it is told anew.

        Raises Refused, and Conflict when the file moved meanwhile.
        """
        row, staff = step(case.state, "send_again"), self._roster.get(by.id)
        address = None if staff is None else staff.email
        check(row, GuardContext(case, by.id, DecisionInput(), self._now(), address=address))
        last = last_letter(self._cases.letters(case))
        if last is None:
            raise Refused("sent")
        data = {"name": by.name, "letter": last["letter"]}
        change = StateChange(case, row, self._now(), by.id, data)
        change.sets = {
            "mail_faults": faults_besides(case, case.mail_to),
            **days_given_back(case, change.now),
        }
        change.owes([last["letter"]], APPLICANT, facts=last["facts"])
        self._store.commit(change.writes())
        return change.after()

"""Mail that comes back or is reported as spam: facts of an address, told to whoever can help.

A file keeps what befell the addresses that it writes to, the roster what befell its members'.
Each is told once: of a file to its staff, of a member of staff to the admins.
"""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.faults import FaultKind, MailFault
from chalicelib.cases.lost_link import FILE_LINKS
from chalicelib.cases.staff import Roster
from chalicelib.cases.states import kind, table
from chalicelib.cases.transition import StateChange
from chalicelib.core.conflicts import retry_on_conflict
from chalicelib.core.email_address import is_same_address
from chalicelib.core.letter_row import (
    APPLICANT,
    FIDUCIARY,
    NEW_ADDRESS,
    OLD_ADDRESS,
    OUTSIDE,
    kept_copy,
)
from chalicelib.core.ports import Item, Key, Now, Store
from chalicelib.core.records import stamp
from chalicelib.mail import alerts

FAULT_ATTEMPTS: Final = 5
"""How often a fault is kept anew because the case changed in between."""

MAX_FAULTED_FILES: Final = 10
"""Files of one address that are told of a letter with their links that came back."""

FAULTY: Final = ("bounced", "complained")
"""What a letter is once its fault was kept: SES may tell the same twice."""

ACCOUNT_LIST: Final = "OnAccountSuppressionList"
SUPPRESSION_LISTS: Final = (ACCOUNT_LIST, "Suppressed")
"""How SES names its lists of addresses that it does not mail: the account's own, and that of all."""


class MailFaults:
    def __init__(self, store: Store, roster: Roster, now: Now) -> None:
        self._store = store
        self._now = now
        self._roster = roster

    def keep(self, key: Key, report: Mapping[str, object]) -> None:
        """Keep what a report says of the address that a letter went to, and owe the letter about
        it. Twice does no harm."""
        found = _fault_of(report)
        row = self._store.get(*key) if found else None
        if found is None or row is None or row["status"] in FAULTY:
            return
        fault, why = found
        if row["to"] not in OUTSIDE:
            self._of_staff(row, fault, why)
        elif key[0].startswith("CASE#"):
            self._of_file(key[0].removeprefix("CASE#"), row, fault, why)
        elif key[0].startswith(f"{FILE_LINKS}#"):
            person = key[0].partition("#")[2]
            for case_id in self._store.of_person(person, MAX_FAULTED_FILES):
                self._of_file(case_id, row, fault, why, of=person)

    def _of_file(
        self, case_id: str, row: Item, fault: FaultKind, why: str, of: str | None = None
    ) -> None:
        """Keep a fault in a file; with `of`, if the file is still that person's."""

        def kept() -> None:
            case = self._file(case_id)
            if case is None or (of is not None and case.person != of):
                return
            address = _address(row, case)
            to = _recipient(case, row["to"], address)
            step = table().get((case.state, fault))
            if to is None or step is None or _is_known(case, fault, address):
                return
            now = self._now()
            change = StateChange(case, step, now, "post", {"to": to, "why": why})
            one: MailFault = {
                "kind": fault, "to": to, "address": address, "why": why, "at": stamp(now),
                "event": change.number,
            }  # fmt: skip
            change.sets = {"mail_faults": [*(case.mail_faults or []), one]}
            change.owes_letters({"kind": fault, "to": to, "why": why, "event": one["event"]})
            self._store.commit(change.writes())

        retry_on_conflict(kept, FAULT_ATTEMPTS, "the case changed too often")

    def _file(self, case_id: str) -> Case | None:
        """Return the file that a case is part of by now: what joined another one, or waits beside
        it, is no file of its own. None once it is erased."""
        case = self._case(case_id)
        if case is None:
            return None
        waits = kind(case.closed["from"] if case.closed else case.state) == "unconfirmed"
        if joined := case.linked_to or (case.beside if waits else None):
            case = self._case(joined)
        return case

    def _case(self, case_id: str) -> Case | None:
        item = self._store.get(*case_key(case_id))
        return None if item is None else Case.of(item)

    def _of_staff(self, row: Item, fault: FaultKind, why: str) -> None:
        """Keep a fault beside a member of staff, whoever the letter was meant for at first."""
        address = (kept_copy(row) or {}).get("to", "")
        staff = next((s for s in self._roster.active() if is_same_address(s.email, address)), None)
        if staff is None:
            return

        def kept() -> None:
            change = self._roster.faulty(staff, fault, why, self._now())
            if change is not None:
                alerts.commit_with_alert(
                    self._store, [change], alerts.STAFF_MAIL, self._now(), who=staff.id
                )

        retry_on_conflict(kept, FAULT_ATTEMPTS, "the case changed too often")


def _address(row: Item, case: Case) -> str:
    """Return the address that a letter went to; once its copy is gone, the one it goes to now."""
    address = (kept_copy(row) or {}).get("to")
    if address:
        return address
    if row["to"] in (OLD_ADDRESS, NEW_ADDRESS):
        return str(row["facts"][row["to"]])
    if row["to"] == FIDUCIARY:
        return case.fiduciary_email
    return case.mail_to


def _recipient(case: Case, reader: str, address: str) -> str | None:
    """Return whom an address stands for in the file as it is now; None for one that the file has
    left, whose owner was only told so."""
    if is_same_address(address, case.mail_to):
        return APPLICANT
    if is_same_address(address, case.fiduciary_email):
        return FIDUCIARY
    return None if reader == OLD_ADDRESS else reader


def _is_known(case: Case, fault: FaultKind, address: str) -> bool:
    return any(
        one["kind"] == fault and is_same_address(one["address"], address)
        for one in case.mail_faults or []
    )


def _fault_of(report: Mapping[str, Any]) -> tuple[FaultKind, str] | None:
    """Return what an address has done, and the receiver's words; None for what is no fault."""
    if is_permanent(report):
        return "bounce", why_of(report["bounce"])
    if "complaint" in report and not is_pardon(report):
        return "complaint", str(report["complaint"].get("complaintFeedbackType") or "")
    return None


def is_permanent(report: Mapping[str, Any]) -> bool:
    """Say whether a mail came back for good. A full mailbox is none."""
    return str(report.get("bounce", {}).get("bounceType", "")).lower() == "permanent"


def is_suppressed(report: Mapping[str, Any], lists: Container[str] = SUPPRESSION_LISTS) -> bool:
    """Say whether SES did not even try, for the address is on one of its lists."""
    return report.get("bounce", {}).get("bounceSubType") in lists


def is_pardon(report: Mapping[str, Any]) -> bool:
    """Say whether somebody took a mail out of their spam, which SES reports as a complaint too."""
    return bool(report.get("complaint", {}).get("complaintFeedbackType") == "not-spam")


def why_of(bounce: Mapping[str, Any]) -> str:
    """Return why a mail came back, without the addresses in it."""
    recipients: Iterable[Mapping[str, Any]] = bounce.get("bouncedRecipients", [])
    codes = [str(r.get("diagnosticCode") or r.get("status") or "") for r in recipients]
    plain = re.sub(r"[^ <]+@[^ >]+", "…", "; ".join(filter(None, codes)))
    return f"{bounce.get('bounceType', '')}: {plain}"[:500]

"""What befell mail to the addresses of a file: a fault goes with its address."""

from collections.abc import Sequence
from typing import Literal, Protocol, TypedDict

from chalicelib.core.letter_row import APPLICANT, FIDUCIARY, NEW_ADDRESS

FaultKind = Literal["bounce", "complaint"]


class MailFault(TypedDict):
    """What befell mail to an address: it came back, or was reported as spam, and `why` (the
    receiver's words). `to` is whom the address stood for then, `event` the number of its event."""

    kind: FaultKind
    to: str
    address: str
    why: str
    at: str
    event: int


class WritesTo(Protocol):
    """A file, as far as its addresses go."""

    @property
    def mail_faults(self) -> Sequence[MailFault] | None: ...

    @property
    def mail_to(self) -> str: ...

    @property
    def fiduciary_email(self) -> str: ...


def faults_now(case: WritesTo, kind: FaultKind = "bounce") -> list[MailFault]:
    """Return the faults of the addresses that a file writes to now, or was asked to; `to` says
    whom each stands for."""
    now = {case.fiduciary_email.lower(): FIDUCIARY, case.mail_to.lower(): APPLICANT}
    found: list[MailFault] = []
    for one in case.mail_faults or []:
        to = now.get(one["address"].lower(), one["to"])
        has_left = to in (APPLICANT, FIDUCIARY) and one["address"].lower() not in now
        if one["kind"] == kind and not has_left:
            found.append({**one, "to": to})
    return found


def faults_besides(case: WritesTo, address: str) -> list[MailFault]:
    """Return the faults of all other addresses, once this is the one that is written to: what
    befell those that were asked instead is over."""
    return [
        one
        for one in case.mail_faults or []
        if one["address"].lower() != address.lower() and one["to"] != NEW_ADDRESS
    ]

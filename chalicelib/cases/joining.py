"""Whom an application writes to beside the file's own address, once it has joined a file."""

from typing import TYPE_CHECKING, Final

from chalicelib.cases.transition import StateChange
from chalicelib.core.email_address import is_same_address
from chalicelib.core.letter_row import FIDUCIARY, NEW_ADDRESS, OLD_ADDRESS

if TYPE_CHECKING:
    from chalicelib.forms.rules import Answers

ADDRESS_REQUEST: Final = "address_confirm"
"""The letter that asks an address whether it is to be the file's."""


def owe_joined(change: StateChange, application: "Answers", *, fiduciary: bool) -> None:
    """Owe the letters of the step, and what the addresses in the application are told.

    No form moves the address of a file: another one that is given here is asked to confirm, and
    the file's own is told of it.
    """
    change.owes_letters()
    applicant, lead = application["applicant_email"], application["fid_lead_email"]
    if not is_same_address(applicant, change.case.mail_to):
        owe_address_request(change, applicant)
    if fiduciary and not any(
        is_same_address(lead, one) for one in (applicant, change.case.mail_to)
    ):
        change.owes(["fiduciary_named"], FIDUCIARY)


def owe_address_request(change: StateChange, address: str) -> None:
    """Owe a letter that asks an address whether it is to be the file's, and one that tells the
    file's own address."""
    facts = {"new_address": address, "old_address": change.case.mail_to}
    change.owes([ADDRESS_REQUEST], NEW_ADDRESS, facts=facts)
    change.owes(["address_requested"], OLD_ADDRESS, facts=facts)

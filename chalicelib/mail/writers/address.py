"""The letters of a corrected address, to the old one and the new."""

from typing import TypedDict

from chalicelib.cases.states import is_invited
from chalicelib.core.letter_row import NEW_ADDRESS, OLD_ADDRESS
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.context import CaseLetter


class AddressChanged(TypedDict):
    old_address: str
    new_address: str
    status_url: str | None
    apply_url: str | None


@letter("address_changed", to=(OLD_ADDRESS, NEW_ADDRESS))
def address_changed(owed: CaseLetter) -> AddressChanged:
    """Write of the change, with links to the file's own address alone: the other one may be
    somebody else's."""
    may_apply = owed.owns_file and is_invited(owed.known_state)
    return {
        "old_address": owed.facts["old_address"],
        "new_address": owed.facts["new_address"],
        "status_url": owed.status_url if owed.owns_file else None,
        "apply_url": owed.apply_url if may_apply else None,
    }


class AddressConfirm(TypedDict):
    confirm_url: str


@letter("address_confirm", to=NEW_ADDRESS, unproved=(NEW_ADDRESS,))
def address_confirm(owed: CaseLetter) -> AddressConfirm:
    case, address = owed.case, owed.facts["new_address"]
    return {"confirm_url": owed.links.address(case.id, case.person, address)}


class AddressRequested(TypedDict):
    new_address: str


@letter("address_requested", to=OLD_ADDRESS)
def address_requested(owed: CaseLetter) -> AddressRequested:
    return {"new_address": owed.facts["new_address"]}

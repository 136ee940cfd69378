"""Whether an address that a row gives is one that it may be sent to.

Whoever can write a row must not have a letter, with its links, sent to an address of their own:
none of them has the key of the people's hashes.
"""

from collections.abc import Collection
from typing import Final

from chalicelib.cases.case import Case
from chalicelib.core.email_address import is_same_address
from chalicelib.core.errors import Overtaken
from chalicelib.core.links import person_key
from chalicelib.core.ports import Item, Store

REQUESTS: Final = ("address_confirm", "address_requested")
"""Letters about an address that a file was asked to write to."""


def check_request(row: Item, case: Case) -> None:
    """Raise Overtaken for a request that was made of the file while it had another address: it
    ends with that one."""
    asked_of = str(row["facts"].get("old_address", ""))
    if row["letter"] in REQUESTS and not is_same_address(asked_of, case.mail_to):
        raise Overtaken("the file has another address")


def check_address(address: str, people: Collection[str], people_key: bytes) -> None:
    """Raise ValueError for an address of somebody who is none of `people` (their keys)."""
    if person_key(address, people_key) not in people:
        raise ValueError("the letter is not for this address")


def people_of_step(store: Store, row: Item, case: Case, people_key: bytes) -> set[str]:
    """Return whom the step that owes a letter may write to about an address: the file's own, the
    two that the step names, and the one that its application gave."""
    number = row["sk"].split("#")[1]
    event = store.get(row["pk"], f"EVENT#{number}") or {}
    data = event.get("data") or {}
    given = (case.application or {}).get("applicant_email")
    found = {case.person, data.get("before"), data.get("address")}
    if given:
        found.add(person_key(given, people_key))
    return {one for one in found if one}

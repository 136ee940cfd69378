"""Gathers everything that is kept of one person, as proof of consent or as their own copy."""

from typing import Final, NotRequired, TypedDict

from chalicelib.core.ports import Item
from chalicelib.core.records import STORE_ATTRIBUTES
from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import EarlierAddress

_INNER: Final = STORE_ATTRIBUTES | {"copy", "moved_to", "moved_from"}
"""Attributes that only the store needs, or that lead to another address."""


class KeptOfPerson(TypedDict):
    """Everything kept of a person: rows without what only the store needs, oldest first.

    Of an address that they moved from it is what was there at the move; of one that was `joined`
    it is kept apart, for it was another subscription.
    """

    person: str
    subscription: Item
    consents: list[Item]
    letters: list[Item]
    sign_ups: NotRequired[list[Item]]
    before_the_change_of_address: NotRequired["KeptOfPerson"]
    joined: NotRequired[list["KeptOfPerson"]]


class ConsentProof:
    def __init__(self, repository: SubscriberRepository) -> None:
        self._repository = repository

    def of(self, person: str) -> KeptOfPerson | None:
        """Return everything kept of a person by their own links, with that of the addresses before
        if they changed it; None when the address is unknown."""
        found = self._repository.get(person)
        if found is None:
            here = self._one(person, {})
            return here if here["letters"] or "sign_ups" in here else None
        whole: KeptOfPerson | None = None
        for earlier in found.moved_from:
            if not earlier["joined"]:
                whole = _after(self._moved(earlier), whole)
        return _after(self._one(person, _plain(found.item())), whole)

    def of_all_addresses(self, person: str) -> KeptOfPerson | None:
        """Return the same of whoever has this address, whichever of theirs it is, with what they
        joined to their subscription."""
        last = self._repository.latest(person)
        whole = self.of(last.person if last else person)
        if whole is not None and last is not None:
            joined = [self._moved(one) for one in last.moved_from if one["joined"]]
            if joined:
                whole["joined"] = joined
        return whole

    def _moved(self, earlier: EarlierAddress) -> KeptOfPerson:
        return self._one(earlier["person"], {"moved_at": earlier["at"]}, earlier["at"])

    def _one(self, person: str, subscription: Item, until: str | None = None) -> KeptOfPerson:
        repository = self._repository
        found: KeptOfPerson = {
            "person": person,
            "subscription": subscription,
            "consents": [_plain(row) for row in repository.consents(person, until)],
            "letters": [_letter(row) for row in repository.letters(person, until)],
        }
        if sign_ups := [_plain(row) for row in repository.sign_ups(person, until)]:
            found["sign_ups"] = sign_ups
        return found


def _after(found: KeptOfPerson, before: KeptOfPerson | None) -> KeptOfPerson:
    if before is not None:
        found["before_the_change_of_address"] = before
    return found


def _plain(row: Item) -> Item:
    if row.get("moving"):
        # Who has the new address is their own affair until they say that it is the same person.
        asked = {name: row["moving"][name] for name in ("email", "asked_at")}
        row = {**row, "moving": asked}
    return {k: v for k, v in row.items() if k not in _INNER and v not in (None, "", [], {})}


def _letter(row: Item) -> Item:
    wanted = ("letter", "status", "sent_at", "delivered_at", "bounced_at", "message_id", "lang")
    return {k: row[k] for k in wanted if k in row}

"""Gathers everything that is kept of one person, as proof of consent or as their own copy."""

from typing import Final, NotRequired, TypedDict

from chalicelib.core.ports import Item
from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import Subscriber

_INNER: Final = {
    "pk",
    "sk",
    "kind",
    "due_at",
    "due_shard",
    "state_key",
    "audience",
    "copy",
    "expires",
}
"""Attributes that only the store needs."""


class KeptOfPerson(TypedDict):
    """Everything kept of a person: rows without what only the store needs, oldest first."""

    person: str
    subscription: Item
    consents: list[Item]
    letters: list[Item]
    before_the_change_of_address: NotRequired["KeptOfPerson"]


class ConsentProof:
    def __init__(self, repository: SubscriberRepository) -> None:
        self._repository = repository

    def of(self, person: str) -> KeptOfPerson | None:
        """Return everything kept of a person, with that of the address before if they changed it;
        None when the address is unknown."""
        found = self._repository.get(person)
        if found is None:
            return None
        whole: KeptOfPerson | None = None
        for one in reversed(self._repository.earlier(found)):
            row = self._repository.get(one)
            if row is not None:
                found_here = self._one(row)
                if whole is not None:
                    found_here["before_the_change_of_address"] = whole
                whole = found_here
        return whole

    def _one(self, found: Subscriber) -> KeptOfPerson:
        return {
            "person": found.person,
            "subscription": _plain(found.item()),
            "consents": [_plain(row) for row in self._repository.consents(found.person)],
            "letters": [_letter(row) for row in self._repository.letters(found.person)],
        }


def _plain(row: Item) -> Item:
    return {k: v for k, v in row.items() if k not in _INNER and v not in (None, "", [], {})}


def _letter(row: Item) -> Item:
    wanted = ("letter", "status", "sent_at", "delivered_at", "bounced_at", "message_id", "lang")
    return {k: row[k] for k in wanted if k in row}

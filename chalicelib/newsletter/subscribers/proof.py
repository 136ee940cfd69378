"""Everything that is kept of one person, as proof of consent or as a copy for themselves."""

from typing import Any, Final

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
"""What only the store needs to know."""


class ConsentProof:
    def __init__(self, repository: SubscriberRepository) -> None:
        self._repository = repository

    def of(self, person: str) -> dict[str, Any] | None:
        """The subscription, its consents with their words, and the letters; None when the
        address is unknown. An address that was changed brings along the one before."""
        found = self._repository.get(person)
        if found is None:
            return None
        whole: dict[str, Any] = {}
        for one in reversed(self._repository.earlier(found)):
            row = self._repository.get(one)
            if row is not None:
                told = {"before_the_change_of_address": whole} if whole else {}
                whole = {**self._one(row), **told}
        return whole

    def _one(self, found: Subscriber) -> dict[str, Any]:
        return {
            "person": found.person,
            "subscription": _plain(found.item()),
            "consents": [_plain(row) for row in self._repository.consents(found.person)],
            "letters": [_letter(row) for row in self._repository.letters(found.person)],
        }


def _plain(row: Item) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in _INNER and v not in (None, "", [], {})}


def _letter(row: Item) -> dict[str, Any]:
    wanted = ("letter", "status", "sent_at", "delivered_at", "bounced_at", "message_id", "lang")
    return {k: row[k] for k in wanted if k in row}

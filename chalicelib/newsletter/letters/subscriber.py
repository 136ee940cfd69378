"""Writes the letters of the newsletter: to confirm, to remind, to move, to keep."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Protocol, cast

from chalicelib.core import eastern_time
from chalicelib.core.errors import NotYet, Overtaken
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.mail import letters
from chalicelib.mail.outbox import Draft
from chalicelib.mail.writers.case import Sender
from chalicelib.mail.writers.draft import draft
from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from chalicelib.newsletter.subscribers.signup import seconds
from chalicelib.newsletter.subscribers.subscriber import Subscriber

CONFIRMS: Final = {"newsletter_confirm", "newsletter_reminder"}


class Suppression(Protocol):
    """The account's list of addresses that are not mailed, whoever asks."""

    def lift(self, address: str) -> None:
        """Takes off an address that bounced; one that is not on the list does no harm, and one
        that complained stays."""


NEWS: Final = "NEWS"
"""How the keys of a subscriber's letters begin."""


class SubscriberLetterWriter:
    def __init__(
        self,
        repository: SubscriberRepository,
        links: Links,
        office: Sender,
        suppression: Callable[[], Suppression],
    ) -> None:
        """`suppression` is asked for when it is needed: by letters to an unproven address."""
        self._repository = repository
        self._links = links
        self._office = office
        self._suppression = suppression

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Raises Overtaken when the letter has lost its reason, and NotYet while the sender
        has no postal address: without one, nothing of the newsletter may leave."""
        if not self._office.postal_address:
            raise NotYet("POSTAL_ADDRESS is not set: the newsletter may not be sent without it")
        name, facts = row["letter"], row["facts"]
        person = row["pk"].partition("#")[2]
        subscriber = self._repository.get(person)
        # A letter that died gave its address up; an operator may owe it again all the same.
        address = row.get("address") or _address(subscriber)
        if not address:
            return None
        if name in CONFIRMS and (subscriber is None or subscriber.request is None):
            raise Overtaken("confirmed or cancelled meanwhile")
        if name in (*CONFIRMS, "newsletter_move"):
            # The account's own list would swallow the one mail that can end a bounce, were it
            # of a letter about a file, of somebody who was forgotten, or never known.
            self._suppression().lift(address)
        if name == "newsletter_keep" and (subscriber is None or not subscriber.expires_at):
            raise Overtaken("the consent is express, or gone")
        lang = cast(Lang, facts["lang"])
        said = self._said(name, person, {**facts, **_valid(name, subscriber)})
        letter = letters.compose(name, lang, case=None, sender=self._office.sender, **said)
        return draft(row, address, letter, keep_address=False)

    def _said(self, name: str, person: str, facts: dict[str, Any]) -> dict[str, Any]:
        links = self._links
        asked = facts.get("asked", 0)
        if name in CONFIRMS:
            return {
                "confirm_url": links.confirm(
                    person, facts["valid"], facts["lang"], facts["topics"]
                ),
                "cancel_url": links.unsubscribe(person),
                "asked_at": eastern_time.today(datetime.fromtimestamp(asked, UTC)),
            }
        if name == "newsletter_move":
            return {"confirm_url": links.move(facts["person"], asked)}
        if name == "newsletter_keep":
            return {
                "confirm_url": links.keep(person),
                "unsubscribe_url": links.unsubscribe(person),
                "until": eastern_time.today(moment(facts["until"])),
            }
        return {"preferences_url": links.preferences(person)}


def _valid(name: str, subscriber: Subscriber | None) -> dict[str, int]:
    """From when the link of a letter counts: one that had to wait is not over when it comes."""
    if name not in CONFIRMS or subscriber is None or subscriber.request is None:
        return {}
    return {"valid": seconds(subscriber.request["since"])}


def _address(subscriber: Subscriber | None) -> str:
    if subscriber is None:
        return ""
    return str(subscriber.request["email"]) if subscriber.request else subscriber.email

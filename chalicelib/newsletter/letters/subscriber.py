"""Writes the letters of the newsletter: to confirm, to remind, to move, to keep."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, TypedDict

from chalicelib.core import eastern_time
from chalicelib.core.errors import NotYet, Overtaken
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.links import Links
from chalicelib.core.ports import Item
from chalicelib.core.records import moment
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import letter
from chalicelib.mail.writers.addressees import check_address
from chalicelib.mail.writers.draft import LetterSender
from chalicelib.newsletter.subscribers.repository import SUBSCRIBER, SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import ACTIVE, Subscriber, seconds

NEWS: Final = "NEWS"
"""How the keys of a subscriber's letters begin."""


@dataclass(frozen=True)
class SubscriberLetter:
    """What a letter to a subscriber, or to who may become one, is written from. `facts` are those of the row that owes it."""

    person: str
    subscriber: Subscriber | None
    facts: Item
    links: Links


class Confirmation(TypedDict):
    confirm_url: str
    cancel_url: str
    asked_at: date


@letter("newsletter_confirm", "newsletter_reminder", to=SUBSCRIBER, unproved=(SUBSCRIBER,))
def newsletter_confirm(owed: SubscriberLetter) -> Confirmation:
    """Write with a link of the very request that the letter tells of. It counts from the time that
    the letter could leave: one that had to wait is not over when it comes."""
    asked: int = owed.facts["asked"]
    request = owed.subscriber.request_of(asked) if owed.subscriber else None
    if request is None:
        raise Overtaken("confirmed or cancelled meanwhile")
    since = seconds(request["since"])
    return {
        "confirm_url": owed.links.confirm(
            owed.person, asked, since, request["lang"], request["topics"]
        ),
        "cancel_url": owed.links.cancel(owed.person, asked),
        "asked_at": eastern_time.today(datetime.fromtimestamp(asked, UTC)),
    }


class AddressMoveFacts(TypedDict):
    confirm_url: str


@letter("newsletter_move", to=SUBSCRIBER, unproved=(SUBSCRIBER,))
def newsletter_move(owed: SubscriberLetter) -> AddressMoveFacts:
    if owed.subscriber is not None and owed.subscriber.refuses_mail:
        raise Overtaken("complained meanwhile")
    link = owed.links.move(owed.facts["person"], owed.person, owed.facts["asked"])
    return {"confirm_url": link}


class Keep(TypedDict):
    confirm_url: str
    unsubscribe_url: str
    until: date


@letter("newsletter_keep", to=SUBSCRIBER)
def newsletter_keep(owed: SubscriberLetter) -> Keep:
    if owed.subscriber is None or not owed.subscriber.expires_at:
        raise Overtaken("the consent is express, or gone")
    return {
        "confirm_url": owed.links.keep(owed.person, seconds(owed.facts["until"])),
        "unsubscribe_url": owed.links.unsubscribe(owed.person),
        "until": eastern_time.today(moment(owed.facts["until"])),
    }


class ToPreferences(TypedDict):
    preferences_url: str


@letter("newsletter_already", "newsletter_moving", to=SUBSCRIBER)
def to_preferences(owed: SubscriberLetter) -> ToPreferences:
    return {"preferences_url": owed.links.preferences(owed.person)}


class LinksRenewed(ToPreferences):
    unsubscribe_url: str


@letter("newsletter_links_renewed", to=SUBSCRIBER)
def newsletter_links_renewed(owed: SubscriberLetter) -> LinksRenewed:
    if owed.subscriber is None or owed.subscriber.status != ACTIVE:
        raise Overtaken("no subscriber any more")
    return {**to_preferences(owed), "unsubscribe_url": owed.links.unsubscribe(owed.person)}


class SubscriberLetterWriter:
    def __init__(
        self,
        repository: SubscriberRepository,
        links: Links,
        sender: LetterSender,
        people_key: bytes,
    ) -> None:
        self._people_key = people_key
        self._repository = repository
        self._links = links
        self._sender = sender

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write a letter to a subscriber. Raises Overtaken when the letter has lost its reason, and
        NotYet while the sender has no postal address: without one, nothing of the newsletter may
        leave; ValueError for another person's address."""
        if not self._sender.postal_address:
            raise NotYet("POSTAL_ADDRESS is not set: the newsletter may not be sent without it")
        person = row["pk"].partition("#")[2]
        subscriber = self._repository.get(person)
        # A letter that died gave its address up; an operator may owe it again all the same.
        address = row.get("address") or _address(subscriber)
        if not address:
            return None
        check_address(address, [person], self._people_key)
        owed = SubscriberLetter(person, subscriber, row["facts"], self._links)
        lang: Lang = lang_or(row["facts"]["lang"], "fr")
        return self._sender.draft(row, address, lang, owed, keep_address=False)


def _address(subscriber: Subscriber | None) -> str:
    if subscriber is None:
        return ""
    return str(subscriber.request["email"]) if subscriber.request else subscriber.email

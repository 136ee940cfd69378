"""The parts of a subscription: signing up, confirming, choosing, leaving, proving."""

from functools import cached_property, partial
from typing import TYPE_CHECKING

from chalicelib.newsletter.subscribers.repository import SubscriberRepository
from chalicelib.newsletter.subscribers.signup import SignUps
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.newsletter.subscribers.expiry import SubscriberExpiry
    from chalicelib.newsletter.subscribers.feedback import SubscriberFeedback
    from chalicelib.newsletter.subscribers.imports import Imports
    from chalicelib.newsletter.subscribers.preferences import Preferences
    from chalicelib.newsletter.subscribers.proof import ConsentProof
    from chalicelib.newsletter.subscribers.subscriptions import Subscriptions


class SubscriberServices:
    """The use cases of subscribers. A declaration with the box ticked loads the first two."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def repository(self) -> SubscriberRepository:
        return SubscriberRepository(self._parts.store, self._parts.now)

    @cached_property
    def sign_ups(self) -> SignUps:
        return SignUps(self.repository, self._parts.settings, self._parts.people_key)

    @cached_property
    def subscriptions(self) -> "Subscriptions":
        from chalicelib.newsletter.sending.recipients import counted_with
        from chalicelib.newsletter.subscribers.subscriptions import Subscriptions

        return Subscriptions(
            self.repository,
            self.sign_ups.texts,
            self._parts.people_key,
            partial(counted_with, self._parts.store),
        )

    @cached_property
    def feedback(self) -> "SubscriberFeedback":
        from chalicelib.newsletter.subscribers.feedback import SubscriberFeedback
        from chalicelib.newsletter.subscribers.suppressed import SuppressedLetters

        parts = self._parts
        suppressed = SuppressedLetters(self.repository, parts.suppression, parts.people_key)
        return SubscriberFeedback(self.repository, suppressed)

    @cached_property
    def preferences(self) -> "Preferences":
        from chalicelib.newsletter.subscribers.preferences import Preferences

        return Preferences(self.repository, self.sign_ups.texts, self._parts.people_key)

    @cached_property
    def imports(self) -> "Imports":
        from chalicelib.newsletter.subscribers.imports import Imports

        return Imports(self.repository, self._parts.people_key)

    @cached_property
    def proof(self) -> "ConsentProof":
        from chalicelib.newsletter.subscribers.proof import ConsentProof

        return ConsentProof(self.repository)

    @cached_property
    def expiry(self) -> "SubscriberExpiry":
        from chalicelib.newsletter.subscribers.expiry import SubscriberExpiry

        return SubscriberExpiry(self.repository, self.sign_ups)

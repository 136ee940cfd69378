"""Moves a subscription to another address: what is left at the one, and taken over at the other."""

from dataclasses import dataclass
from typing import Final

from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.subscriber import AddressMove, EarlierAddress, Subscriber

_CONSENT: Final = ("basis", "expires_at", "asks")


@dataclass(frozen=True)
class AddressChange:
    """A subscription that moves to an address which has proved itself, and who was `there` before.

    An address that had records of its own, and is not one of the same person that they come back
    to, is joined: its choices stay, and neither's links open the other's records.
    """

    old: Subscriber
    there: Subscriber | None
    moving: AddressMove
    at: str

    @property
    def to(self) -> str:
        return self.moving["person"]

    @property
    def joined(self) -> bool:
        came_from = {one["person"] for one in self.old.moved_from if not one["joined"]}
        comes_back = (
            self.there is not None
            and self.there.person in came_from
            and self.there.moved_to == self.old.person
        )
        return self.there is not None and not comes_back

    def left_behind(self) -> Subscriber:
        """Return what stays at the old address: where the subscription went. One that was joined
        keeps its records for itself, as long as those of somebody who leaves."""
        return Subscriber(
            self.old.person,
            subscriber.UNSUBSCRIBED,
            self.old.version + 1,
            self.at,
            lang=self.old.lang,
            moved_to=self.to,
            left_at=self.at if self.joined else None,
        )

    def taken_over(self) -> Subscriber:
        """Return the subscription at the new address."""
        base = self.there or Subscriber(self.to, subscriber.PENDING, 0, self.at)
        active = base.status == subscriber.ACTIVE
        consent = self._better(base) if active else self.old
        confirmed = consent.basis == subscriber.EXPRESS
        return subscriber.changed(
            base,
            self.at,
            status=subscriber.ACTIVE,
            email=self.moving["email"],
            confirmed_at=self.at,
            # The address may still say itself what the other one did not.
            request=None if confirmed else base.request,
            superseded=[] if confirmed else base.superseded,
            soft_bounces=[],
            left_at=None,
            moved_to=None,
            moved_from=self._earlier(base),
            **self._wishes(base),
            **{name: getattr(consent, name) for name in _CONSENT},
        )

    def _better(self, base: Subscriber) -> Subscriber:
        """Return which of two active subscriptions has the better consent: an express one, or the
        implied one that ends later."""
        if self.old.basis != base.basis:
            return self.old if self.old.basis == subscriber.EXPRESS else base
        return self.old if (self.old.expires_at or "9") > (base.expires_at or "9") else base

    def _wishes(self, base: Subscriber) -> dict[str, object]:
        """Return the choices of both: those of the new address where the two differ, for it has
        confirmed this, and what it never said from the old one. A pause of either holds."""
        old = self.old
        if base.status != subscriber.ACTIVE:
            chosen, topics = old, old.topics
        else:
            chosen = base
            topics = [*base.topics, *(one for one in old.topics if one not in base.topics)]
        return {
            "lang": chosen.lang,
            "topics": topics,
            "name": chosen.name or old.name or base.name,
            "province": chosen.province or old.province or base.province,
            "paused_until": max(old.paused_until or "", chosen.paused_until or "") or None,
        }

    def _earlier(self, base: Subscriber) -> list[EarlierAddress]:
        """Return every address before the new one, once, with its last move."""
        brought: list[EarlierAddress] = [
            {**one, "joined": one["joined"] or self.joined} for one in self.old.moved_from
        ]
        last: EarlierAddress = {"person": self.old.person, "at": self.at, "joined": self.joined}
        found = {one["person"]: one for one in [*base.moved_from, *brought, last]}
        return [one for person, one in found.items() if person != self.to]

"""What its owner does with a subscription after signing up: confirms, keeps, and leaves it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.languages import Lang
from chalicelib.core.links import person_key
from chalicelib.core.records import stamp
from chalicelib.newsletter.issue_counts import COUNTED, count
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.ending import ended, withdrawn_again
from chalicelib.newsletter.subscribers.repository import SubscriberChange, SubscriberRepository
from chalicelib.newsletter.subscribers.signup import Evidence
from chalicelib.newsletter.subscribers.subscriber import Contact, Subscriber

PAUSE_LENGTH: Final = timedelta(days=92)
"""How long somebody gets no issue who pauses."""

MAX_REASON_LENGTH: Final = 500

NO_EVIDENCE: Final = Evidence()

ConsentTexts = Callable[[Lang], consent_text.ConsentText]
"""Returns the consent in a language, as it stands on our pages now."""


@dataclass(frozen=True)
class Leaving:
    """How somebody leaves: by which channel, by the link of which issue, and why."""

    channel: str
    issue: str
    reason: str
    evidence: Evidence

    def proof(self) -> dict[str, object]:
        return {
            "channel": self.channel,
            "issue": self.issue or None,
            "reason": self.reason[:MAX_REASON_LENGTH] or None,
            **asdict(self.evidence),
        }


class Subscriptions:
    """Every call may come twice, and from two sides at once: the second changes nothing."""

    def __init__(
        self, repository: SubscriberRepository, texts: ConsentTexts, people_key: bytes
    ) -> None:
        self.repository = repository
        self._texts = texts
        self._key = people_key

    def get(self, person: str) -> Subscriber | None:
        return self.repository.get(person)

    def standing(self, person: str, asked: datetime) -> str:
        """Return what a confirmation link would do now: `confirm`, `already`, `retype` (the request was
        purged, and the address with it), `over` (too old), or `gone` (cancelled since)."""
        return _standing(self.repository.get(person), asked, self.repository.now())

    def confirm(  # noqa: PLR0913
        self,
        person: str,
        asked: datetime,
        evidence: Evidence = NO_EVIDENCE,
        *,
        retyped: str = "",
        lang: Lang = "fr",
        topics: Sequence[str] = (),
        shown: Lang | None = None,
    ) -> str:
        """Confirm a request; return `confirmed`, or what `standing` returns instead.

        After a purge the link holds the `lang` and the `topics`, and `retyped` the address.
        `shown` is the language of the page, whose words are what was agreed to.
        """

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            standing = _standing(old, asked, now)
            if standing == "retype" and person_key(retyped, self._key) == person:
                contact: Contact = {
                    "email": retyped.strip(),
                    "lang": lang,
                    "topics": list(topics) or consent_text.topics(),
                    "name": None,
                    "province": None,
                }
                # Asked anew and confirmed in one: the link proves the address.
                return self._confirmed(None, person, contact, stamp(asked), now, evidence, shown)
            if standing != "confirm" or old is None or old.request is None:
                return SubscriberChange(standing)
            asked_at = old.request["asked_at"]
            return self._confirmed(old, person, old.request, asked_at, now, evidence, shown)

        return self.repository.take(person, decide)

    def keep(self, person: str, evidence: Evidence = NO_EVIDENCE, shown: Lang | None = None) -> str:
        """Put an express consent in place of an implied one; return `confirmed`, `already` or
        `gone`."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.status != subscriber.ACTIVE:
                return SubscriberChange("gone")
            if old.basis == subscriber.EXPRESS:
                return SubscriberChange("already")
            return self._confirmed(old, person, old.contact, stamp(now), now, evidence, shown)

        return self.repository.take(person, decide)

    def leave(  # noqa: PLR0913
        self,
        person: str,
        *,
        channel: str,
        issue: str = "",
        reason: str = "",
        evidence: Evidence = NO_EVIDENCE,
    ) -> str:
        """End a subscription, at once; return `left`, `cancelled` (a request), or `already`.

        `channel` is `header`, `page`, `mailto` or `staff`; `issue` the one whose link was used.
        """
        moved: list[str] = []

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            moved[:] = [old.moved_to] if old is not None and old.moved_to else []
            if old is None or old.status in (subscriber.COMPLAINED, subscriber.ERASED):
                return SubscriberChange("already")
            return self._left(old, now, Leaving(channel, issue, reason, evidence))

        outcome = self.repository.take(person, decide)
        if moved:
            return self.leave(
                moved[0], channel=channel, issue=issue, reason=reason, evidence=evidence
            )
        return outcome

    def _confirmed(  # noqa: PLR0913
        self,
        old: Subscriber | None,
        person: str,
        contact: Contact,
        asked_at: str,
        now: datetime,
        evidence: Evidence,
        shown: Lang | None,
    ) -> SubscriberChange:
        """Make somebody a subscriber by express consent. `asked_at` is when they signed up, `shown`
        the language of the words that they agreed to."""
        before = old or Subscriber(person, subscriber.PENDING, 0, stamp(now))
        after = subscriber.changed(
            before,
            stamp(now),
            status=subscriber.ACTIVE,
            basis=subscriber.EXPRESS,
            confirmed_at=stamp(now),
            email=contact["email"],
            lang=contact["lang"],
            topics=contact["topics"],
            name=contact["name"],
            province=contact["province"],
            request=None,
            paused_until=None,
            soft_bounces=[],
            expires_at=None,
            asks=0,
            left_at=None,
            moved_to=None,
        )
        agreed = {
            "consent": subscriber.EXPRESS,
            "method": "confirmed",
            "asked_at": asked_at,
            "lang": after.lang,
            "topics": after.topics,
            "text_lang": shown or after.lang,
            **self._texts(shown or after.lang).facts(),
            **asdict(evidence),
        }
        return SubscriberChange("confirmed", after, [subscriber.consent(after, agreed)])

    def _left(self, old: Subscriber, now: datetime, leaving: Leaving) -> SubscriberChange:
        proof = leaving.proof()
        withdrawn = {"consent": "withdrawn", **proof}
        if old.status == subscriber.PENDING:
            return SubscriberChange("cancelled", None, self.repository.without_trace(old))
        if old.status == subscriber.UNSUBSCRIBED and old.request is None:
            return withdrawn_again(self.repository, old, now, proof)
        if old.status == subscriber.UNSUBSCRIBED:
            after = subscriber.changed(old, stamp(now), request=None)
            return SubscriberChange("cancelled", after, [subscriber.consent(after, withdrawn)])
        change = ended(old, subscriber.UNSUBSCRIBED, now, withdrawn, "left")
        counter = f"left_{leaving.channel}"
        if leaving.issue and counter in COUNTED:
            counts = count(leaving.issue, old.lang, old.person, {counter: 1})
            return replace(change, writes=[*change.writes, counts])
        return change


def _standing(old: Subscriber | None, asked: datetime, now: datetime) -> str:
    if old is not None and old.request is None and old.status == subscriber.ACTIVE:
        return "already"
    if now - asked > subscriber.LINK_VALID:
        return "over"
    if old is None:
        return "retype"
    return "confirm" if old.request is not None else "gone"

"""What its owner does with a subscription after signing up: confirms, keeps, and leaves it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.languages import Lang
from chalicelib.core.links import person_key
from chalicelib.core.ports import Write
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.issue_counts import COUNTED, Readership, count, left_row
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.ending import ended, withdrawn_again
from chalicelib.newsletter.subscribers.repository import (
    SubscriberChange,
    SubscriberOutcome,
    SubscriberRepository,
)
from chalicelib.newsletter.subscribers.signup import Evidence
from chalicelib.newsletter.subscribers.subscriber import Contact, Subscriber

PAUSE_LENGTH: Final = timedelta(days=92)
"""How long somebody gets no issue who pauses."""

MAX_REASON_LENGTH: Final = 500

NO_EVIDENCE: Final = Evidence()


CountedWith = Callable[[str, str], Readership | None]
"""Takes an issue and a person, and returns the language of the mail that they have of it; None
when the issue was not for them: a test of it has links to leave too."""


@dataclass(frozen=True)
class Leaving:
    """How somebody leaves: by which channel, by the link of which issue, and why."""

    channel: str
    issue: str
    reason: str
    evidence: Evidence
    person: str = ""
    """Whose link it was; the subscription may be at another address by now."""

    def proof(self) -> dict[str, object]:
        return {
            "channel": self.channel,
            "issue": self.issue or None,
            "reason": self.reason[:MAX_REASON_LENGTH] or None,
            **self.evidence._asdict(),
        }


class Subscriptions:
    """Every call may come twice, and from two sides at once: the second changes nothing."""

    def __init__(
        self,
        repository: SubscriberRepository,
        texts: consent_text.ConsentTexts,
        people_key: bytes,
        counted_with: CountedWith,
    ) -> None:
        self.repository = repository
        self._counted_with = counted_with
        self._texts = texts
        self._key = people_key

    def get(self, person: str) -> Subscriber | None:
        return self.repository.get(person)

    def standing(
        self, person: str, asked: datetime, since: datetime | None = None
    ) -> SubscriberOutcome:
        """Return what the link of a request would do now: `confirm`, `already`, `retype` (it was
        purged, and the address with it), `over` (too old), or `gone` (cancelled since).

        `asked` is when the request was made, `since` when its time began to count, where that is
        not the same.
        """
        found = self.repository.get(person)
        return _standing(found, asked, since or asked, self.repository.now())

    def confirm(  # noqa: PLR0913
        self,
        person: str,
        asked: datetime,
        evidence: Evidence = NO_EVIDENCE,
        *,
        since: datetime | None = None,
        retyped: str = "",
        lang: Lang = "fr",
        topics: Sequence[str] = (),
        words: consent_text.ConsentText | None = None,
    ) -> SubscriberOutcome:
        """Confirm the very request that was made at `asked`, with the language, the topics and the
        name that were given with it; return `confirmed`, or what `standing` returns instead.

        After a purge the link holds the `lang` and the `topics`, and `retyped` the address.
        `words` are those that the page showed, which are what was agreed to.
        """

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            standing = _standing(old, asked, since or asked, now)
            if standing == "retype" and person_key(retyped, self._key) == person:
                contact: Contact = {
                    "email": retyped.strip(),
                    "lang": lang,
                    "topics": list(topics) or consent_text.topics(),
                    "name": None,
                    "province": None,
                }
                # Asked anew and confirmed in one: the link proves the address.
                return self._confirmed(None, person, contact, stamp(asked), now, evidence, words)
            request = old.request_of(_seconds(asked)) if old is not None else None
            if standing != "confirm" or request is None:
                return SubscriberChange(standing)
            asked_at = request["asked_at"]
            return self._confirmed(old, person, request, asked_at, now, evidence, words)

        return self.repository.take(person, decide)

    def cancel(self, person: str, asked: datetime) -> SubscriberOutcome:
        """Drop the very request that was made at `asked`, and nothing else; return `cancelled`, or
        `already` when there is none."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.request_of(_seconds(asked)) is None:
                return SubscriberChange("already")
            after = subscriber.changed(old.without_request(_seconds(asked)), stamp(now))
            if after.request is None and old.status == subscriber.PENDING:
                gone = self.repository.without_trace(old)
                return SubscriberChange("cancelled", None, gone)
            return SubscriberChange("cancelled", after)

        return self.repository.take(person, decide)

    def keeping(self, person: str, until: datetime) -> SubscriberOutcome:
        """Return what a link to keep an implied consent would do now: `confirm`, `already` or
        `gone`. It is of the consent that ends at `until`, or was renewed since."""
        return _keeping(self.repository.current(person), until)

    def keep(
        self,
        person: str,
        until: datetime,
        evidence: Evidence = NO_EVIDENCE,
        words: consent_text.ConsentText | None = None,
    ) -> SubscriberOutcome:
        """Put an express consent in place of the implied one that ends at `until`; return
        `confirmed`, `already` or `gone`."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            standing = _keeping(old, until)
            if old is None or standing != "confirm":
                return SubscriberChange(standing)
            return self._confirmed(old, old.person, old.contact, stamp(now), now, evidence, words)

        return self.repository.take_current(person, decide)

    def leave(  # noqa: PLR0913
        self,
        person: str,
        *,
        channel: str,
        issue: str = "",
        reason: str = "",
        evidence: Evidence = NO_EVIDENCE,
    ) -> SubscriberOutcome:
        """End a subscription, at once; return `left`, `cancelled` (a request), or `already`.

        `channel` is `header`, `page`, `mailto` or `staff`; `issue` the one whose link was used.
        """
        leaving = Leaving(channel, issue, reason, evidence, person)

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.refuses_mail or old.status == subscriber.ERASED:
                return _without_requests(old, now)
            return self._left(old, now, leaving)

        outcome = self.repository.take(person, decide)
        # An old mail still unsubscribes whoever moved to another address.
        current = self.repository.current(person)
        if current is None or current.person == person:
            return outcome
        return self.repository.take(current.person, decide)

    def _confirmed(  # noqa: PLR0913
        self,
        old: Subscriber | None,
        person: str,
        contact: Contact,
        asked_at: str,
        now: datetime,
        evidence: Evidence,
        words: consent_text.ConsentText | None,
    ) -> SubscriberChange:
        """Make somebody a subscriber by express consent. `asked_at` is when they signed up, `words`
        what they agreed to."""
        before = old or Subscriber(person, subscriber.PENDING, 0, stamp(now))
        after = _active(before, contact, now)
        agreed = {
            "consent": subscriber.EXPRESS,
            "method": "confirmed",
            "asked_at": asked_at,
            "lang": after.lang,
            "topics": after.topics,
            **(words or self._texts.current(after.lang)).facts(),
            **evidence._asdict(),
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
            after = subscriber.changed(old, stamp(now), request=None, superseded=[])
            return SubscriberChange("cancelled", after, [subscriber.consent(after, withdrawn)])
        change = ended(old, subscriber.UNSUBSCRIBED, now, withdrawn, "left")
        return change._replace(writes=[*change.writes, *self._counted(old, now, leaving)])

    def _counted(self, old: Subscriber, now: datetime, leaving: Leaving) -> list[Write]:
        """Return the writes that count an unsubscribe for an issue: once a reader, in the language
        of the mail that brought the link."""
        counter = f"left_{leaving.channel}"
        if not leaving.issue or counter not in COUNTED:
            return []
        once = left_row(leaving.issue, leaving.person or old.person, now)
        if self.repository.store.get(once.item["pk"], once.item["sk"]):
            return []
        readers = self._counted_with(leaving.issue, leaving.person or old.person)
        if readers is None:
            return []
        return [once, count(leaving.issue, readers, old.person, {counter: 1})]


def _without_requests(old: Subscriber | None, now: datetime) -> SubscriberChange:
    if old is None or old.request is None:
        return SubscriberChange("already")
    after = subscriber.changed(old, stamp(now), request=None, superseded=[])
    return SubscriberChange("cancelled", after)


def _standing(
    old: Subscriber | None, asked: datetime, since: datetime, now: datetime
) -> SubscriberOutcome:
    if old is not None and old.status == subscriber.ACTIVE and old.basis == subscriber.EXPRESS:
        return "already"
    if now - since > subscriber.LINK_VALID:
        return "over"
    if old is None:
        return "retype"
    return "confirm" if old.request_of(_seconds(asked)) else "gone"


def _keeping(old: Subscriber | None, until: datetime) -> SubscriberOutcome:
    if old is None or old.status != subscriber.ACTIVE:
        return "gone"
    if old.basis == subscriber.EXPRESS:
        return "already"
    return "confirm" if old.expires_at and moment(old.expires_at) >= until else "gone"


def _seconds(asked: datetime) -> int:
    return int(asked.timestamp())


def _active(before: Subscriber, contact: Contact, now: datetime) -> Subscriber:
    """Return somebody as a subscriber by express consent: nothing of before holds on but the
    addresses that they moved from."""
    return subscriber.changed(
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
        superseded=[],
        paused_until=None,
        soft_bounces=[],
        expires_at=None,
        asks=0,
        left_at=None,
        moved_to=None,
        # What was erased is no part of what comes after it.
        moved_from=[] if before.status == subscriber.ERASED else before.moved_from,
    )

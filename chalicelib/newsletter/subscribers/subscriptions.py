"""What happens to a subscription after its sign-up: confirmed, changed, left, bounced, erased."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core.links import person_key
from chalicelib.core.ports import Key, Write
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.issue_counts import COUNTED, count
from chalicelib.newsletter.subscribers import consent_text, subscriber
from chalicelib.newsletter.subscribers.repository import (
    SubscriberChange,
    SubscriberRepository,
    again,
)
from chalicelib.newsletter.subscribers.signup import Evidence
from chalicelib.newsletter.subscribers.subscriber import Subscriber

PAUSE_LENGTH: Final = timedelta(days=92)

SOFT_ALLOWED: Final = 2
SOFT_SPAN: Final = timedelta(days=14)
MAILS_LOOKED_AT: Final = 5
CLOCK_TOLERANCE: Final = timedelta(seconds=5)

NO_EVIDENCE: Final = Evidence()

Words = Callable[[str], consent_text.ConsentText]
"""The consent in a language, as it stands on our pages now."""


class Subscriptions:
    """Every call may come twice, and from two sides at once: the second changes nothing."""

    def __init__(self, repository: SubscriberRepository, words: Words, people_key: bytes) -> None:
        self.repository = repository
        self._words = words
        self._key = people_key

    def get(self, person: str) -> Subscriber | None:
        return self.repository.get(person)

    def standing(self, person: str, asked: datetime) -> str:
        """What a confirmation link would do now: `confirm`, `already`, `retype` (the request was
        purged, and the address with it), `over` (too old), or `gone` (cancelled since)."""
        return _standing(self.repository.get(person), asked, self.repository.now())

    def confirm(  # noqa: PLR0913
        self,
        person: str,
        asked: datetime,
        evidence: Evidence = NO_EVIDENCE,
        *,
        retyped: str = "",
        lang: str = "fr",
        topics: Sequence[str] = (),
        shown: str = "",
    ) -> str:
        """Says yes to a request: `confirmed`, or what `standing` says instead.

        After a purge the link holds the `lang` and the `topics`, and `retyped` the address.
        `shown`: the language of the page, whose words are what was agreed to.
        """

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            standing = _standing(old, asked, now)
            if standing == "retype" and person_key(retyped, self._key) == person:
                request = {
                    "email": retyped.strip(),
                    "lang": lang,
                    "topics": list(topics) or consent_text.topics(),
                    "name": None,
                    "province": None,
                }
                # Asked anew and confirmed in one: the link proves the address.
                return self._confirmed(None, person, request, asked, now, evidence, shown)
            if standing != "confirm" or old is None or old.request is None:
                return SubscriberChange(standing)
            return self._confirmed(old, person, old.request, asked, now, evidence, shown)

        return self.repository.take(person, decide)

    def keep(self, person: str, evidence: Evidence = NO_EVIDENCE, shown: str = "") -> str:
        """Express consent in place of an implied one: `confirmed`, `already` or `gone`."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.status != subscriber.ACTIVE:
                return SubscriberChange("gone")
            if old.basis == subscriber.EXPRESS:
                return SubscriberChange("already")
            request = {k: getattr(old, k) for k in ("email", "lang", "topics", "name", "province")}
            return self._confirmed(old, person, request, now, now, evidence, shown)

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
        """Out, at once: `left`, `cancelled` (a request), or `already`.

        `channel`: header, page, mailto, staff; `issue`: the one whose link was used.
        """
        moved: list[str] = []

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            moved[:] = [old.moved_to] if old is not None and old.moved_to else []
            if old is None or old.status in (subscriber.COMPLAINED, subscriber.ERASED):
                return SubscriberChange("already")
            told = {"channel": channel, "issue": issue or None, "reason": reason[:500] or None}
            return self._left(old, now, {**told, **asdict(evidence)})

        outcome = self.repository.take(person, decide)
        if moved:
            return self.leave(
                moved[0], channel=channel, issue=issue, reason=reason, evidence=evidence
            )
        return outcome

    def bounced(self, person: str, *, hard: bool, at: str, sent_at: str = "") -> str:
        """A mail came back: `bounced` when that ends the subscription, `noted`, or `already`.

        News of a mail that was sent before they signed up anew is no news of that.
        """

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or _of_before(old, sent_at):
                return SubscriberChange("already")
            if old.status != subscriber.ACTIVE:
                return self._undeliverable(old, now) if hard else SubscriberChange("already")
            return self._returned(old, {"at": at, "soft": True}, now, over=hard)

        return self.repository.take(person, decide)

    def delivered(self, person: str, at: str) -> str:
        """A mail arrived: counts only after one that did not."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.status != subscriber.ACTIVE or not old.soft_bounces:
                return SubscriberChange("already")
            return self._returned(old, {"at": at, "soft": False}, now)

        return self.repository.take(person, decide)

    def heard(self, key: Key, kind: str, report: Mapping[str, Any]) -> str:
        """What SES says of a letter of the newsletter, said of its reader."""
        person = key[0].removeprefix(subscriber.letters_pk(""))
        if kind == "complaint":
            # "Not spam" comes in the same format.
            wanted = report["complaint"].get("complaintFeedbackType") == "not-spam"
            return "already" if wanted else self.complained(person)
        if kind == "bounce":
            hard = report["bounce"].get("bounceType") == "Permanent"
            sent_at = str(report["mail"].get("timestamp") or "")
            at = report["bounce"]["timestamp"]
            return self.bounced(person, hard=hard, at=at, sent_at=sent_at)
        if kind == "delivery":
            return self.delivered(person, report["delivery"]["timestamp"])
        return "already"

    def complained(self, person: str) -> str:
        """They told their provider that our mail is spam: `complained` or `already`."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.status in (subscriber.COMPLAINED, subscriber.ERASED):
                return SubscriberChange("already")
            return self._ended(old, subscriber.COMPLAINED, now, {"consent": "complaint"})

        return self.repository.take(person, decide)

    def _confirmed(  # noqa: PLR0913
        self,
        old: Subscriber | None,
        person: str,
        request: Mapping[str, Any],
        asked: datetime,
        now: datetime,
        evidence: Evidence,
        shown: str,
    ) -> SubscriberChange:
        before = old or Subscriber(person, subscriber.PENDING, 0, stamp(now))
        after = subscriber.changed(
            before,
            stamp(now),
            status=subscriber.ACTIVE,
            basis=subscriber.EXPRESS,
            confirmed_at=stamp(now),
            **{k: request[k] for k in ("email", "lang", "topics", "name", "province")},
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
            "asked_at": request.get("asked_at") or stamp(asked),
            "lang": after.lang,
            "topics": after.topics,
            "text_lang": shown or after.lang,
            **self._words(shown or after.lang).facts(),
            **asdict(evidence),
        }
        return SubscriberChange("confirmed", after, [subscriber.consent(after, agreed)])

    def _left(self, old: Subscriber, now: datetime, told: dict[str, Any]) -> SubscriberChange:
        if old.status == subscriber.PENDING:
            return SubscriberChange("cancelled", None, self.repository.without_trace(old))
        if old.status == subscriber.UNSUBSCRIBED and old.request is None:
            return again(self.repository, old, now, told)
        if old.status == subscriber.UNSUBSCRIBED:
            after = subscriber.changed(old, stamp(now), request=None)
            return SubscriberChange(
                "cancelled", after, [subscriber.consent(after, {"consent": "withdrawn", **told})]
            )
        step = self._ended(
            old, subscriber.UNSUBSCRIBED, now, {"consent": "withdrawn", **told}, "left"
        )
        way = f"left_{told['channel']}"
        if told["issue"] and way in COUNTED:
            counts = count(told["issue"], old.lang, old.person, {way: 1})
            return replace(step, writes=[*step.writes, counts])
        return step

    def _undeliverable(self, old: Subscriber, now: datetime) -> SubscriberChange:
        """A confirmation that came back: the address does not exist, the request is dropped."""
        if old.request is None:
            return SubscriberChange("already")
        if old.status == subscriber.PENDING:
            return SubscriberChange("cancelled", None, self.repository.without_trace(old))
        return SubscriberChange("cancelled", subscriber.changed(old, stamp(now), request=None))

    def _returned(
        self, old: Subscriber, told: dict[str, Any], now: datetime, *, over: bool = False
    ) -> SubscriberChange:
        known = any(b["at"] == told["at"] and b["soft"] == told["soft"] for b in old.soft_bounces)
        if known and not over:
            return SubscriberChange("already")
        last = [*old.soft_bounces, told][-MAILS_LOOKED_AT:]
        if over or _too_soft(last):
            why = {"consent": "bounce", "hard": over, "bounces": last}
            return self._ended(old, subscriber.BOUNCED, now, why)
        if not any(b["soft"] for b in last):
            last = []
        return SubscriberChange("noted", subscriber.changed(old, stamp(now), soft_bounces=last))

    def _ended(
        self, old: Subscriber, status: str, now: datetime, told: dict[str, Any], outcome: str = ""
    ) -> SubscriberChange:
        """No more mail. The address goes with the subscription, but for staff who want to
        learn why it bounced."""
        kept = {} if status == subscriber.BOUNCED else {"email": "", "name": None, "province": None}
        after = subscriber.changed(
            old,
            stamp(now),
            status=status,
            request=None,
            moving=None,
            paused_until=None,
            soft_bounces=[],
            expires_at=None,
            left_at=stamp(now),
            **kept,
        )
        writes: list[Write] = [subscriber.consent(after, told)]
        return SubscriberChange(outcome or status.lower(), after, writes)


def _of_before(old: Subscriber, sent_at: str) -> bool:
    """Whether a mail left before there was what its bounce can end: a subscription, or a request
    for one. Two clocks tell, and some only to the second."""
    asked_at = old.request["asked_at"] if old.request else None
    began = old.confirmed_at if old.status == subscriber.ACTIVE else asked_at
    return bool(began and sent_at) and moment(sent_at) + CLOCK_TOLERANCE < moment(str(began))


def _standing(old: Subscriber | None, asked: datetime, now: datetime) -> str:
    if old is not None and old.request is None and old.status == subscriber.ACTIVE:
        return "already"
    if now - asked > subscriber.LINK_VALID:
        return "over"
    if old is None:
        return "retype"
    return "confirm" if old.request is not None else "gone"


def _too_soft(last: Sequence[Mapping[str, Any]]) -> bool:
    """Three soft bounces of the last five, or nothing else for fourteen days."""
    if sum(b["soft"] for b in last) > SOFT_ALLOWED:
        return True
    times = [moment(b["at"]) for b in last]
    return all(b["soft"] for b in last) and max(times) - min(times) >= SOFT_SPAN

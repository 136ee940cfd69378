"""What becomes of a subscription when mail comes back, arrives, or is called spam."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core.ports import Key
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.ending import ended
from chalicelib.newsletter.subscribers.repository import SubscriberChange, SubscriberRepository
from chalicelib.newsletter.subscribers.subscriber import Bounce, Subscriber
from chalicelib.newsletter.subscribers.suppressed import SuppressedLetters

SOFT_ALLOWED: Final = 2
"""How many of the mails looked at may bounce softly."""

MAILS_LOOKED_AT: Final = 5
SOFT_SPAN: Final = timedelta(days=14)
"""How long every mail may bounce softly."""

CLOCK_TOLERANCE: Final = timedelta(seconds=5)
"""How far the clocks of SES and ours may lie apart; some of its times are to the second."""


class SubscriberFeedback:
    """Every call may come twice, and from two sides at once: the second changes nothing."""

    def __init__(self, repository: SubscriberRepository, suppressed: SuppressedLetters) -> None:
        self._repository = repository
        self._suppressed = suppressed

    def bounced(  # noqa: PLR0913
        self,
        person: str,
        *,
        hard: bool,
        at: str,
        sent_at: str = "",
        mail: str = "",
        arrived: bool = False,
    ) -> str:
        """Note that a mail came back; return `bounced` when that ends the subscription, `cancelled`
        when it ends a request, `noted`, or `already`.

        News of a mail that was sent before they signed up anew is no news of that. A mail that
        `arrived` did not bounce softly: what comes back then is an answering machine.
        """
        if arrived and not hard:
            return "already"

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or _of_before(old, sent_at):
                return SubscriberChange("already")
            if old.status != subscriber.ACTIVE:
                return self._undeliverable(old, now) if hard else SubscriberChange("already")
            return self._returned(old, _bounce(at, mail, soft=True), now, over=hard)

        return self._repository.take(person, decide)

    def delivered(self, person: str, at: str, mail: str = "") -> str:
        """Note that a mail arrived, which counts only after one that did not; return `noted` or
        `already`."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if old is None or old.status != subscriber.ACTIVE or not old.soft_bounces:
                return SubscriberChange("already")
            return self._returned(old, _bounce(at, mail, soft=False), now)

        return self._repository.take(person, decide)

    def settle_letter(self, key: Key, kind: str, report: Mapping[str, Any]) -> str:
        """Do what an event of SES about a letter of the newsletter means for its reader.

        A letter that only the account's own list held back is `lifted`, and comes once more: no
        word of the address.
        """
        person = key[0].removeprefix(subscriber.letters_pk(""))
        mail = str(report["mail"].get("messageId") or "")
        if kind == "complaint":
            # "Not spam" comes in the same format.
            wanted = report["complaint"].get("complaintFeedbackType") == "not-spam"
            return "already" if wanted else self._complained(person, was_mailed=True)
        if kind == "bounce":
            hard = report["bounce"].get("bounceType") == "Permanent"
            if hard and self._suppressed.resend(key, person, report):
                return "lifted"
            sent_at = str(report["mail"].get("timestamp") or "")
            at = report["bounce"]["timestamp"]
            arrived = "delivered_at" in (self._repository.store.get(*key) or {})
            return self.bounced(
                person, hard=hard, at=at, sent_at=sent_at, mail=mail, arrived=arrived
            )
        if kind == "delivery":
            return self.delivered(person, report["delivery"]["timestamp"], mail)
        return "already"

    def complained(self, person: str) -> str:
        """End the subscription of who told their provider that our mail is spam; return
        `complained` or `already`. It is for good: who was erased gets no mail again either.

        Who has moved to another address since gets nothing there either.
        """
        return self._complained(person)

    def _complained(self, person: str, *, was_mailed: bool = False) -> str:
        """End a subscription after a complaint; `was_mailed` when a letter proves that we wrote to
        them, whatever is known of them now: nobody who types their address has us write to them
        again."""

        def decide(old: Subscriber | None, now: datetime) -> SubscriberChange:
            if (old is None and not was_mailed) or (old is not None and old.refuses_mail):
                return SubscriberChange("already")
            before = old or Subscriber(person, subscriber.PENDING, 0, stamp(now))
            if before.status == subscriber.ERASED:
                erased = replace(before, request=None, superseded=[])
                return SubscriberChange(
                    "complained", subscriber.changed(erased, stamp(now), complained=True)
                )
            return ended(before, subscriber.COMPLAINED, now, {"consent": "complaint"}, "complained")

        # First where the subscription is now: dying before the stub is marked is mended by the
        # next try, and the other way round would leave the new address written to.
        current = self._repository.current(person)
        there = "already"
        if current is not None and current.person != person:
            there = self._repository.take(current.person, decide)
        here = self._repository.take(person, decide)
        return "complained" if "complained" in (here, there) else "already"

    def _undeliverable(self, old: Subscriber, now: datetime) -> SubscriberChange:
        """Drop a request whose confirmation came back: the address does not exist."""
        if old.request is None:
            return SubscriberChange("already")
        if old.status == subscriber.PENDING:
            return SubscriberChange("cancelled", None, self._repository.without_trace(old))
        dropped = subscriber.changed(old, stamp(now), request=None, superseded=[])
        return SubscriberChange("cancelled", dropped)

    def _returned(
        self, old: Subscriber, mail: Bounce, now: datetime, *, over: bool = False
    ) -> SubscriberChange:
        """Add what became of a mail to the last few; `over` ends the subscription at once."""
        # Events belong to a mail: its delivery outweighs what came back of it, in any order.
        others = [one for one in old.soft_bounces if not _is_same(one, mail)]
        same = [one for one in old.soft_bounces if _is_same(one, mail)]
        if same and not over and (mail["soft"] or not any(one["soft"] for one in same)):
            return SubscriberChange("already")
        last = [*others, mail][-MAILS_LOOKED_AT:]
        if over or _too_soft(last):
            why = {"consent": "bounce", "hard": over, "bounces": last}
            return ended(old, subscriber.BOUNCED, now, why, "bounced")
        if not any(b["soft"] for b in last):
            last = []
        return SubscriberChange("noted", subscriber.changed(old, stamp(now), soft_bounces=last))


def _bounce(at: str, mail: str, *, soft: bool) -> Bounce:
    return {"at": at, "soft": soft, "mail": mail} if mail else {"at": at, "soft": soft}


def _is_same(one: Bounce, other: Bounce) -> bool:
    """Return whether two pieces of news are of one mail."""
    named = one.get("mail"), other.get("mail")
    return named[0] == named[1] if all(named) else one == other


def _of_before(old: Subscriber, sent_at: str) -> bool:
    """Return whether a mail left before there was what its bounce can end: a subscription, or a
    request for one."""
    asked_at = old.request["asked_at"] if old.request else None
    began = old.confirmed_at if old.status == subscriber.ACTIVE else asked_at
    return bool(began and sent_at) and moment(sent_at) + CLOCK_TOLERANCE < moment(str(began))


def _too_soft(last: Sequence[Bounce]) -> bool:
    """Return whether three of the last five bounced softly, or all that came in fourteen days."""
    if sum(b["soft"] for b in last) > SOFT_ALLOWED:
        return True
    times = [moment(b["at"]) for b in last]
    return all(b["soft"] for b in last) and max(times) - min(times) >= SOFT_SPAN

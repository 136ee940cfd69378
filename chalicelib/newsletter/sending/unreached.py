"""Finds everybody whom an issue did not reach: who they are now, and whether they can be reached."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Now, Store
from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.issue import CANCELLED, SENT, Issue
from chalicelib.newsletter.sending.ledger import (
    FAILED,
    LEASED,
    QUEUED,
    RETRY,
    SKIPPED,
    STATES,
    UNKNOWN,
)
from chalicelib.newsletter.sending.outcomes import unwanted
from chalicelib.newsletter.sending.recipients import Recipient, counted_with, missed
from chalicelib.newsletter.subscribers.subscriber import profile_key


@dataclass(frozen=True)
class UnreachedReader:
    """Somebody whom an issue did not reach.

    `email` is empty when it is no longer known; `why` is a key of `missed` in
    content/newsroom.json, `detail` the words of SES or of the other mail service, if any;
    `again` says whether another try may reach them.
    """

    person: str
    email: str
    lang: str
    why: str
    detail: str
    again: bool

    def reason(self, lang: Lang) -> str:
        text = content.newsroom()["missed"][self.why][lang]
        return f"{text} ({self.detail})" if self.detail else text


UNREACHED_COLUMNS: Final = ("person", "email", "lang", "why", "told", "reason")


def row_of(one: UnreachedReader, lang: Lang) -> tuple[str, ...]:
    """Return what a sheet says of a reader, by UNREACHED_COLUMNS."""
    return one.person, one.email, one.lang, one.why, one.detail, one.reason(lang)


class MovedReaders:
    """Finds where whoever changed address while an issue was sent gets the follow-up."""

    def __init__(self, store: Store, issue: str) -> None:
        self._store = store
        self._issue = issue

    def now(self, person: str, profile: Item | None) -> tuple[str, Item | None]:
        """Return the person and profile to write to: their own, or those of the subscription that
        they moved to, unless the issue was meant for that one too."""
        seen = {person}
        to, found = person, profile
        while found is not None and found.get("moved_to") and found["moved_to"] not in seen:
            to = found["moved_to"]
            seen.add(to)
            found = self._store.get(*profile_key(to))
        if to == person or found is None or self._meant(to):
            return person, profile
        return to, found

    def _meant(self, person: str) -> bool:
        return counted_with(self._store, self._issue, person) is not None


class Unreached:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def __call__(self, issue: Issue) -> Iterator[UnreachedReader]:
        now = stamp(self._now())
        moves = MovedReaders(self._store, issue.id)
        over = issue.status in (SENT, CANCELLED)
        for one in missed(self._store, issue.id):
            if not over and one.state in _WAITING:
                # While it is sent, who has not been written to is not missed: they wait.
                continue
            person, profile = moves.now(one.person, self._store.get(*profile_key(one.person)))
            moved = person != one.person or bool((profile or {}).get("moved_to"))
            why = "skipped_moved" if moved and _left_behind(one) else _why(one)
            yield UnreachedReader(
                person=person,
                email=str((profile or {}).get("email") or ""),
                lang=one.lang,
                why=why,
                detail="" if why.startswith("skipped") else one.why,
                again=not unwanted(profile, issue.topics, now),
            )


_WAITING: Final = frozenset(STATES[state] for state in (QUEUED, LEASED, RETRY, UNKNOWN))


def _left_behind(one: Recipient) -> bool:
    return one.state == STATES[SKIPPED] and one.why == "unsubscribed"


def _why(one: Recipient) -> str:
    """Return the reason: what came back says more than that it was handed over."""
    for event in ("complained", "bounced", "rejected"):
        if event in one.events:
            return event
    if "soft" in one.events:
        return "soft"
    if one.state == STATES[SKIPPED]:
        return f"skipped_{one.why}"
    return {STATES[FAILED]: "failed", STATES[UNKNOWN]: "unknown"}.get(one.state, "not_sent")

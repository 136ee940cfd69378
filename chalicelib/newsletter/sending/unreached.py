"""Finds everybody whom an issue did not reach: who they are now, and whether they can be reached."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib import content
from chalicelib.core.languages import Lang
from chalicelib.core.ports import Item, Now, Store
from chalicelib.core.records import stamp
from chalicelib.newsletter.issues.issue import Issue, freeze_key
from chalicelib.newsletter.sending import counts
from chalicelib.newsletter.sending.ledger import FAILED, SKIPPED, STATES, UNKNOWN
from chalicelib.newsletter.sending.outcomes import unwanted
from chalicelib.newsletter.sending.recipients import Recipient, missed
from chalicelib.newsletter.subscribers.subscriber import BUCKETS, bucket_of, profile_key


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
        """Return whether the issue was meant for this person: only the shards of their bucket can
        have them."""
        wide = (self._store.get(*freeze_key(self._issue)) or {}).get("wide", BUCKETS)
        unit = f"SHARD#{int(bucket_of(person)) // wide:02d}-"
        return any(
            person in batch.people
            for row in self._store.rows(f"ISSUE#{self._issue}", unit)
            for batch, _ in counts.read(self._store, self._issue, row["sk"].partition("#")[2])
        )


class Unreached:
    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def __call__(self, issue: Issue) -> Iterator[UnreachedReader]:
        now = stamp(self._now())
        moves = MovedReaders(self._store, issue.id)
        for one in missed(self._store, issue.id):
            person, profile = moves.now(one.person, self._store.get(*profile_key(one.person)))
            why = _why(one)
            yield UnreachedReader(
                person=person,
                email=str((profile or {}).get("email") or ""),
                lang=one.lang,
                why=why,
                detail="" if why.startswith("skipped") else one.why,
                again=not unwanted(profile, issue.topics, now),
            )


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

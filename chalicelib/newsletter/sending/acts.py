"""What staff do with an issue that is scheduled or sent: whether it may be done, and how."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from chalicelib.core.errors import Conflict, Refused
from chalicelib.core.ports import Store
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues.issue import (
    APPROVED,
    AUTO_PAUSED,
    PAUSED,
    SCHEDULED,
    SENDING,
    SENT,
    Issue,
    SentBy,
    issue_of,
    unaddressed,
)
from chalicelib.newsletter.issues.newsroom import Newsroom, followed_by
from chalicelib.newsletter.sending.unreached import UnreachedReader

AGAIN: Final = "send_again"

LEDGER_READING_TIME: Final = timedelta(seconds=15)
"""How long the ledger is read for a page: API Gateway waits for 29 seconds."""

ActError = Literal["", "moved", "no_postal_address", "sender_changed", "nobody_missed"]
"""Why a step is not taken; empty when it is."""

_ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    SCHEDULED: ("unschedule", "cancel"),
    SENDING: ("pause", "cancel"),
    PAUSED: ("resume", "cancel"),
    AUTO_PAUSED: ("resume", "cancel"),
    SENT: (AGAIN,),
}

Missed = Callable[[Issue], Iterable[UnreachedReader]]


@dataclass(frozen=True)
class IssueActs:
    store: Store
    newsroom: Newsroom
    settings: Settings
    missed: Missed

    def offered(self, issue: Issue) -> tuple[str, ...]:
        """Return what may be done with an issue now."""
        acts = _ACTS.get(issue.status, ())
        if acts == (AGAIN,):
            again = issue_of(self.store, followed_by(issue.id))
            return acts if again is None or again.status == APPROVED else ()
        return acts

    def knows(self, act: str) -> bool:
        return act == AGAIN or act in self._changes()

    def act(self, issue: Issue, by: str, act: str) -> ActError:
        """Do one of the acts that are known, for one of the staff."""
        if act in ("resume", AGAIN) and (wrong := self.wrong_sender(issue)):
            return wrong
        try:
            if act == AGAIN:
                return self._again(issue, by)
            self._changes()[act](issue, by)
        except (Conflict, Refused):
            return "moved"
        return ""

    def wrong_sender(self, issue: Issue) -> ActError:
        """Return why an issue may not be sent for the sender that it names; empty when it may."""
        wrong = unaddressed(issue, SentBy.of(self.settings))
        return "no_postal_address" if wrong == "postal_address" else wrong or ""

    def _changes(self) -> dict[str, Callable[[Issue, str], object]]:
        lifecycle = self.newsroom.lifecycle
        return {
            "unschedule": self.newsroom.unschedule,
            "pause": lifecycle.pause,
            "resume": lifecycle.resume,
            "cancel": lifecycle.cancel,
        }

    def _again(self, issue: Issue, by: str) -> ActError:
        """Make another issue for those who can still be reached, which leaves within a minute."""
        if issue.status != SENT:
            return "moved"
        # Whoever died between the two steps finds the second one still to do.
        again = issue_of(self.store, followed_by(issue.id))
        if again is None:
            if not self._anybody(issue):
                return "nobody_missed"
            again = self.newsroom.follow_up(issue, by)
        if again.status != APPROVED:
            return "moved"
        self.newsroom.schedule(again, by, self.newsroom.now())
        return ""

    def _anybody(self, issue: Issue) -> bool:
        """Tell whether somebody can be sent to again, or may: not all were looked at in time."""
        until = self.newsroom.now() + LEDGER_READING_TIME
        return any(one.again or self.newsroom.now() > until for one in self.missed(issue))

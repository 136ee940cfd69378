"""A test of an issue: the mail as a subscriber gets it, to addresses that are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.core.errors import Conflict, DeliveryFailed, OutcomeUnknown, Refused
from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Store
from chalicelib.newsletter.issues.issue import Issue, issue_of, rendered_of, status_after
from chalicelib.newsletter.issues.newsroom import Newsroom
from chalicelib.newsletter.issues.rendered import Rendered

PREFIX: Final = {"fr": "[Essai] ", "en": "[Test] "}

Deliver = Callable[[Rendered, str, str], None]
"""(text, address, issue): one mail as a subscriber gets it. Raises DeliveryFailed."""

MOVED: Final = "moved"


def send(
    store: Store, newsroom: Newsroom, issue: Issue, to: Sequence[str], by: str, deliver: Deliver
) -> Issue:
    """Send an issue in both languages, its subject marked. Raises Refused for one that was not
    checked, before anything is sent; Conflict; and what `deliver` raises."""
    status_after(issue.status, "test")
    _send(store, issue, to, deliver)
    return newsroom.tested(issue, by, to)


def _send(store: Store, issue: Issue, to: Sequence[str], deliver: Deliver) -> None:
    for lang in LANGS:
        text = rendered_of(store, issue, lang)
        assert text is not None
        marked = replace(text, subject=PREFIX[lang] + text.subject)
        for address in to:
            deliver(marked, address, issue.id)


@dataclass(frozen=True)
class Trials:
    """The same, an address at a time; each returns why it was not done: MOVED, or what SES says."""

    store: Store
    newsroom: Newsroom
    deliver: Callable[[], Deliver]

    def send(self, issue_id: str, version: int, address: str) -> str:
        issue = self._still(issue_id, version)
        if issue is None:
            return MOVED
        try:
            _send(self.store, issue, [address], self.deliver())
        except (DeliveryFailed, OutcomeUnknown) as error:
            return str(error) or type(error).__name__
        return ""

    def note(self, issue_id: str, version: int, by: str, to: Sequence[str]) -> str:
        """Note that all of them were sent."""
        issue = self._still(issue_id, version)
        if issue is None:
            return MOVED
        try:
            self.newsroom.tested(issue, by, to)
        except (Conflict, Refused):
            return MOVED
        return ""

    def _still(self, issue_id: str, version: int) -> Issue | None:
        """Return the issue while it is of that version and may be tested."""
        issue = issue_of(self.store, issue_id)
        if issue is None or issue.version != version:
            return None
        try:
            status_after(issue.status, "test")
        except Refused:
            return None
        return issue

"""A test of an issue: the mail as a subscriber gets it, to addresses that are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Store
from chalicelib.newsletter.issues.issue import Issue, rendered_of, status_after
from chalicelib.newsletter.issues.newsroom import Newsroom
from chalicelib.newsletter.issues.rendered import Rendered

PREFIX: Final = {"fr": "[Essai] ", "en": "[Test] "}

Deliver = Callable[[Rendered, str, str], None]
"""(text, address, issue): one mail as a subscriber gets it. Raises DeliveryFailed."""


def send(
    store: Store, newsroom: Newsroom, issue: Issue, to: Sequence[str], by: str, deliver: Deliver
) -> Issue:
    """Send an issue in both languages, its subject marked. Raises Refused for one that was not
    checked, before anything is sent; Conflict; and what `deliver` raises."""
    status_after(issue.status, "test")
    for lang in LANGS:
        text = rendered_of(store, issue, lang)
        assert text is not None
        marked = replace(text, subject=PREFIX[lang] + text.subject)
        for address in to:
            deliver(marked, address, issue.id)
    return newsroom.tested(issue, by, to)

"""Checks and saves what was written of an issue: for the desk, and for the operator's commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Store
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues import preflight
from chalicelib.newsletter.issues.compiler import Compiled, Imprint
from chalicelib.newsletter.issues.findings import Finding, blocking
from chalicelib.newsletter.issues.image import with_images
from chalicelib.newsletter.issues.issue import (
    APPROVED,
    CHECKED,
    DRAFT,
    SCHEDULED,
    TESTED,
    Issue,
    IssueStatus,
    SentBy,
    issue_of,
)
from chalicelib.newsletter.issues.newsroom import IssueFacts, Newsroom, Texts
from chalicelib.newsletter.issues.preflight import Audience, PreflightContext, SendingAccount, Try
from chalicelib.newsletter.issues.source import Source

WRITABLE: Final[tuple[IssueStatus, ...]] = (DRAFT, CHECKED, TESTED)
"""States in which an edit ends no approval."""

APPROVED_ALREADY: Final[tuple[IssueStatus, ...]] = (APPROVED, SCHEDULED)
"""States in which an edit says so, and ends the approval."""

Standing = Literal["open", "approved", "begun"]
"""Whether texts may be saved: freely, as an edit that ends an approval, or no more."""


@dataclass(frozen=True)
class Drafting:
    """`tries` looks whether links answer."""

    store: Store
    newsroom: Newsroom
    settings: Settings
    account: SendingAccount
    audience: Audience
    tries: Try

    def check(
        self,
        sources: Mapping[str, Source],
        faults: Sequence[Finding],
        *,
        offline: bool = False,
        over_days: bool = False,
    ) -> tuple[dict[str, Compiled], list[Finding]]:
        """Return the compiled texts by language, and everything that was found, what blocks first."""
        settings = self.settings
        sources = with_images(self.store, settings.public_url, sources)
        context = PreflightContext(
            imprint=Imprint.of(settings),
            sender=settings.sender,
            images_from=settings.image_origins,
            account=self.account,
            audience=self.audience,
            now=self.newsroom.now(),
            at_most=settings.issue_rate,
            tries=None if offline else self.tries,
            over_days=over_days,
            local=settings.stage == "local",
        )
        return preflight.check(sources, faults, context)

    def standing(self, facts: IssueFacts, made: Mapping[str, Compiled]) -> Standing:
        """Return how these texts may be saved; what changes nothing may always be."""
        issue = issue_of(self.store, facts["id"])
        if issue is None or not self.newsroom.differs(issue, texts_of(made), facts):
            return "open"
        return standing_of(issue)

    def save(
        self, facts: IssueFacts, made: Mapping[str, Compiled], by: str, *, edit: bool = False
    ) -> Issue:
        """Keep both languages. Raises Refused, and Conflict."""
        return self.newsroom.save(texts_of(made), facts, by, edit=edit)

    def note(self, issue: Issue, found: Sequence[Finding], by: str) -> Issue:
        """Note that nothing blocks an issue, where that brings it on. Raises Refused, and
        Conflict."""
        if blocking(found) or issue.status not in (DRAFT, CHECKED):
            return issue
        return self.newsroom.checked(issue, found, by, SentBy.of(self.settings))


def standing_of(issue: Issue) -> Standing:
    if issue.status in WRITABLE:
        return "open"
    return "approved" if issue.status in APPROVED_ALREADY else "begun"


def texts_of(made: Mapping[str, Compiled]) -> Texts:
    return {lang: made[lang].kept() for lang in LANGS}


def facts_of(source: Source) -> IssueFacts:
    """Return what the head of a source says of its issue."""
    return {
        "id": source.slug,
        "topics": source.topics,
        "date": source.date,
        "archive": source.archive,
    }

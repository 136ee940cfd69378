"""The parts of an issue: its life, its approval, its sending, and what SES reports of it."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.cases.staff import Roster
from chalicelib.mail.delivery_events import DeliveryEvents
from chalicelib.newsletter.issues.issue import SentBy
from chalicelib.newsletter.issues.lifecycle import IssueLifecycle
from chalicelib.newsletter.pace import RATE_SHARE
from chalicelib.newsletter.sending.auto_pause import AutoPause
from chalicelib.newsletter.sending.pacing import Pace
from chalicelib.newsletter.sending.ports import BulkMailer, Queue
from chalicelib.newsletter.sending.scheduler import Scheduler, Worker
from chalicelib.newsletter.sending.sender import IssueSender
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.newsletter.issues.approval import Approvals
    from chalicelib.newsletter.issues.drafting import Drafting
    from chalicelib.newsletter.issues.editing import Editing
    from chalicelib.newsletter.issues.images import IssueImages
    from chalicelib.newsletter.issues.newsroom import Newsroom
    from chalicelib.newsletter.sending.acts import IssueActs
    from chalicelib.newsletter.sending.feedback import Feedback
    from chalicelib.newsletter.sending.unreached import Unreached
    from chalicelib.newsletter.subscribers.feedback import SubscriberFeedback
    from chalicelib.views.issue_figures import IssueFigures


class IssueServices:
    """The use cases of an issue.

    `wait` sleeps for so many seconds, `share` is the part of the permitted rate that one
    worker takes, and `name` names a worker: measurements give their own.
    """

    def __init__(
        self,
        parts: Parts,
        roster: Roster,
        *,
        wait: Callable[[float], None] = time.sleep,
        share: float = RATE_SHARE,
        name: Callable[[], str] | None = None,
    ) -> None:
        self._parts = parts
        self._roster = roster
        self._wait = wait
        self._share = share
        self._name = name

    @cached_property
    def lifecycle(self) -> IssueLifecycle:
        return IssueLifecycle(self._parts.store, self._parts.now)

    @cached_property
    def newsroom(self) -> "Newsroom":
        from chalicelib.newsletter.issues.newsroom import Newsroom

        return Newsroom(self._parts.store, self._parts.now, self._roster)

    @cached_property
    def approvals(self) -> "Approvals":
        from chalicelib.newsletter.issues.approval import Approvals

        parts = self._parts
        return Approvals(parts.store, self._roster, parts.links, parts.now)

    @cached_property
    def unreached(self) -> "Unreached":
        from chalicelib.newsletter.sending.unreached import Unreached

        return Unreached(self._parts.store, self._parts.now)

    @cached_property
    def drafting(self) -> "Drafting":
        """What saves and checks texts, with the account and the links asked in a bounded time."""
        from chalicelib.newsletter.issues.drafting import Drafting
        from chalicelib.newsletter.sending.audience import reader_counts

        parts, outside = self._parts, self._parts.outside()
        return Drafting(
            parts.store,
            self.newsroom,
            parts.settings,
            outside.account,
            lambda topics: reader_counts(parts.store, topics, parts.now()),
            outside.tries,
        )

    @cached_property
    def acts(self) -> "IssueActs":
        from chalicelib.newsletter.sending.acts import IssueActs

        parts = self._parts
        return IssueActs(parts.store, self.newsroom, parts.settings, self.unreached)

    @cached_property
    def figures(self) -> "IssueFigures":
        from chalicelib.views.issue_figures import IssueFigures

        parts = self._parts
        return IssueFigures(parts.store, self._roster, self.unreached, parts.now)

    @cached_property
    def editing(self) -> "Editing":
        from chalicelib.newsletter.issues.editing import Editing

        return Editing(self._parts.store, self.drafting)

    @cached_property
    def images(self) -> "IssueImages":
        from chalicelib.newsletter.issues.images import IssueImages

        parts = self._parts
        return IssueImages(parts.store, parts.images, self.editing, parts.now)

    def sweep_images(self) -> int:
        """Delete the images that no issue has, and return how many there were."""
        from chalicelib.newsletter.issues.images import sweep

        return sweep(self._parts.store, self._parts.images(), self._parts.now())

    @cached_property
    def auto_pause(self) -> AutoPause:
        return AutoPause(self._parts.store, self.lifecycle, self._parts.now)

    @cached_property
    def scheduler(self) -> Scheduler:
        parts = self._parts
        return Scheduler(
            parts.store,
            self.lifecycle,
            self._queue,
            self.auto_pause,
            parts.now,
            sent_by=SentBy.of(parts.settings),
        )

    @cached_property
    def pace(self) -> Pace:
        parts = self._parts
        return Pace(
            parts.store,
            self._mailer,
            parts.now,
            self._wait,
            at_most=parts.settings.issue_rate,
            share=self._share,
        )

    @cached_property
    def sender(self) -> IssueSender:
        from chalicelib.newsletter.sending.envelopes import Envelopes

        parts = self._parts
        envelopes = Envelopes(parts.links, parts.settings)
        named = {"name": self._name} if self._name else {}
        return IssueSender(parts.store, self._mailer, self.pace, envelopes, parts.now, **named)

    @cached_property
    def worker(self) -> Worker:
        from chalicelib.newsletter.sending.audience import Audience

        parts = self._parts
        return Worker(
            parts.store,
            Audience(parts.store, parts.now),
            self.sender,
            self.scheduler,
            self.auto_pause,
            self._queue,
            parts.now,
            sent_by=SentBy.of(parts.settings),
        )

    def feedback(self, events: DeliveryEvents, subscribers: "SubscriberFeedback") -> "Feedback":
        """Join what SES reports of issues with what it reports of letters and of people."""
        from chalicelib.newsletter.sending.feedback import Feedback

        parts = self._parts
        return Feedback(
            events.settle,
            parts.store,
            subscribers,
            self.auto_pause,
            parts.now,
            people_key=parts.people_key,
            topic=parts.settings.mail_topic,
        )

    @property
    def _mailer(self) -> BulkMailer:
        return self._parts.bulk()[0]

    @property
    def _queue(self) -> Queue:
        return self._parts.bulk()[1]

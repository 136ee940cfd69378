"""The wiring: the one place that picks the adapters."""

import logging
import os
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from chalicelib.aws import keys
from chalicelib.aws.lists import DynamoLists
from chalicelib.cases.intake.receive import Intake
from chalicelib.cases.lookup import Cases
from chalicelib.core import settings as environment
from chalicelib.core.links import Links
from chalicelib.core.ports import Clock, Mailer
from chalicelib.core.settings import Settings
from chalicelib.views.forms import Front
from chalicelib.web.responses import Problems

if TYPE_CHECKING:
    from chalicelib.cases.applicant import Files
    from chalicelib.cases.deadlines.digest import Mornings
    from chalicelib.cases.deadlines.runner import Clocks
    from chalicelib.cases.decisions import Decisions
    from chalicelib.cases.staff import Roster
    from chalicelib.cases.turnaround import Usual
    from chalicelib.coaches.editions import Shelf
    from chalicelib.coaches.proposals import Proposals
    from chalicelib.coaches.upkeep import Upkeep
    from chalicelib.core.business_days import Quiet
    from chalicelib.mail.delivery_events import Reports
    from chalicelib.mail.outbox import Post
    from chalicelib.newsletter.letters.subscriber import Suppression
    from chalicelib.newsletter.sending.feedback import Feedback
    from chalicelib.newsletter.sending.ports import Carrier, Lists, Queue
    from chalicelib.newsletter.sending.wiring import Press
    from chalicelib.newsletter.subscribers.consent_text import Wording
    from chalicelib.newsletter.subscribers.imports import Imports
    from chalicelib.newsletter.subscribers.preferences import Preferences
    from chalicelib.newsletter.subscribers.proof import Proof
    from chalicelib.newsletter.subscribers.repository import Register
    from chalicelib.newsletter.subscribers.signup import SignUps
    from chalicelib.newsletter.subscribers.subscriptions import Subscriptions
    from chalicelib.views.coach_contact import Writing
    from chalicelib.views.coach_links import CoachDoor, ProposalDoor
    from chalicelib.views.coaches import Finder
    from chalicelib.views.file import FileDoor
    from chalicelib.views.lost_link import LostLinks
    from chalicelib.views.newsletter import NewsletterDoor
    from chalicelib.views.newsletter_archive import ReaderDoor
    from chalicelib.views.newsletter_confirm import ConfirmDoor
    from chalicelib.views.newsletter_preferences import PreferencesDoor
    from chalicelib.views.newsletter_progress import ProgressDoor
    from chalicelib.views.newsletter_review import NewsroomDoor
    from chalicelib.views.review import StaffDoor

QUICK = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
)
"""The store is asked thrice within API Gateway's patience; then the visitor hears of it.

The client's own validation is off: it walks every attribute to repeat what DynamoDB checks
anyway, a fifth of a submission's CPU, for requests that one function encodes.
"""

ONCE = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1}
)
"""Mail is never offered twice by the client: see SesMailer."""

FIFTY_ONCE = Config(
    connect_timeout=3,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 1},
    parameter_validation=False,
)
"""An issue goes to fifty at a time; SES may think longer about them."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Services:
    """Built on the first request, and in a test with other parts."""

    def __init__(
        self,
        settings: Settings,
        store: "Lists",
        secret: keys.Keys,
        mailer: Mailer | None = None,
        clock: Clock = utc_now,
        suppression: "Suppression | None" = None,
        bulk: "tuple[Carrier, Queue] | None" = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self._secret = secret
        self._mailer = mailer
        self._suppression = suppression
        self._bulk = bulk
        self.links = Links(secret.links, settings.public_url, settings.website_url)
        self.problems = Problems(settings)
        self.cases = Cases(store, self.links, clock)

    @cached_property
    def front(self) -> Front:
        intake = Intake(
            self.store,
            self.links,
            self.clock,
            self.cases,
            people_key=self._secret.people,
            posts_per_hour=self.settings.posts_per_hour,
            newsletter=lambda *told: self.sign_ups.by_declaration(*told),
        )
        return Front(intake, self.cases, self.links, self.settings, self.problems)

    @cached_property
    def finder(self) -> "Finder":
        from chalicelib.coaches.cache import Reader
        from chalicelib.views.coaches import Finder

        reader = Reader(self.shelf, self.clock)
        return Finder(reader, self.settings, self.problems, self.clock)

    @cached_property
    def shelf(self) -> "Shelf":
        from chalicelib.coaches.editions import Shelf

        return Shelf(self.store, self.clock)

    @cached_property
    def writing(self) -> "Writing":
        from chalicelib.coaches.messages import Messages
        from chalicelib.views.coach_contact import Writing

        messages = Messages(
            self.store,
            self.clock,
            people_key=self._secret.people,
            per_hour=self.settings.posts_per_hour,
        )
        finder = self.finder
        return Writing(finder.reader, messages, self.settings, self.problems, self.clock)

    @cached_property
    def upkeep(self) -> "Upkeep":
        from chalicelib.coaches.upkeep import Upkeep

        return Upkeep(
            self.store,
            self.shelf,
            self.roster,
            self.links,
            self.clock,
            people_key=self._secret.people,
        )

    @cached_property
    def _proposals(self) -> "Proposals":
        from chalicelib.coaches.proposals import Proposals

        return Proposals(self.store, self.upkeep, self.roster, self.links, self.clock)

    @cached_property
    def coach_door(self) -> "CoachDoor":
        from chalicelib.views.coach_links import CoachDoor

        return CoachDoor(self.upkeep, self._proposals, self.links, self.settings, self.problems)

    @cached_property
    def proposals(self) -> "ProposalDoor":
        from chalicelib.views.coach_links import ProposalDoor

        return ProposalDoor(self._proposals, self.links, self.settings, self.problems)

    @cached_property
    def roster(self) -> "Roster":
        from chalicelib.cases.staff import Roster

        return Roster(self.store)

    @cached_property
    def staff(self) -> "StaffDoor":
        # A cold start for a form need not load what only staff use.
        from chalicelib.cases.matching import Candidates
        from chalicelib.cases.review.reviews import Reviews
        from chalicelib.views.review import StaffDoor

        reviews = Reviews(
            self.store,
            self.cases,
            self.decisions,
            self.files,
            self.roster,
            self.links,
            self.clock,
            step_up=self.settings.step_up,
        )
        candidates = Candidates(self.store, self._secret.people)
        return StaffDoor(reviews, self.cases, candidates, self.links, self.settings, self.problems)

    @cached_property
    def decisions(self) -> "Decisions":
        from chalicelib.cases.decisions import Decisions

        return Decisions(
            self.store,
            self.cases,
            self.clock,
            people_key=self._secret.people,
            undo_seconds=self.settings.undo_seconds,
            quorum=self.settings.quorum_application,
        )

    @cached_property
    def own(self) -> "FileDoor":
        from chalicelib.views.file import FileDoor
        from chalicelib.views.file_pages import FilePages

        pages = FilePages(
            self.cases,
            self.links,
            self.settings,
            self.problems,
            self.clock,
            self._usual,
        )
        return FileDoor(
            self.cases, self.files, self.links, self.problems, self.clock, pages, self.lost
        )

    @cached_property
    def lost(self) -> "LostLinks":
        from chalicelib.views.lost_link import LostLinks

        return LostLinks(self.store, self.problems, self._secret.people, self.clock)

    def _usual(self, form: str) -> "Usual | None":
        from chalicelib.cases import turnaround

        return turnaround.usual(self.store, form, self.clock())

    @cached_property
    def mornings(self) -> "Mornings":
        from chalicelib.cases.deadlines.digest import Mornings

        return Mornings(self.store, self.roster, self.clock, self._quiet)

    @cached_property
    def clocks(self) -> "Clocks":
        from chalicelib.cases.deadlines.runner import Clocks

        return Clocks(self.store, self.roster, self.clock, self.mornings, self._quiet)

    @property
    def _quiet(self) -> "Quiet | None":
        from chalicelib.core.business_days import Quiet

        return Quiet.of(self.settings.quiet_hours)

    @cached_property
    def files(self) -> "Files":
        from chalicelib.cases.applicant import Files

        return Files(self.store, self.clock, people_key=self._secret.people)

    def _words(self, lang: str) -> "Wording":
        from chalicelib.newsletter.subscribers import consent_text

        return consent_text.consent(lang, self.settings)

    @cached_property
    def register(self) -> "Register":
        from chalicelib.newsletter.subscribers.repository import Register

        return Register(self.store, self.clock)

    @cached_property
    def sign_ups(self) -> "SignUps":
        from chalicelib.newsletter.subscribers.signup import SignUps

        return SignUps(self.register, self.settings, self._secret.people)

    @cached_property
    def subscriptions(self) -> "Subscriptions":
        from chalicelib.newsletter.subscribers.subscriptions import Subscriptions

        return Subscriptions(self.register, self._words, self._secret.people)

    @cached_property
    def preferences(self) -> "Preferences":
        from chalicelib.newsletter.subscribers.preferences import Preferences

        return Preferences(self.register, self._words, self._secret.people)

    @cached_property
    def newsletter(self) -> "NewsletterDoor":
        from chalicelib.views.newsletter import NewsletterDoor

        return NewsletterDoor(self.sign_ups, self.subscriptions, self.links, self.problems)

    @cached_property
    def confirming(self) -> "ConfirmDoor":
        from chalicelib.views.newsletter_confirm import ConfirmDoor

        return ConfirmDoor(self.newsletter, self.preferences)

    @cached_property
    def imports(self) -> "Imports":
        from chalicelib.newsletter.subscribers.imports import Imports

        return Imports(self.register, self._secret.people)

    @cached_property
    def proof(self) -> "Proof":
        from chalicelib.newsletter.subscribers.proof import Proof

        return Proof(self.register)

    @cached_property
    def choices(self) -> "PreferencesDoor":
        from chalicelib.views.newsletter_preferences import PreferencesDoor

        return PreferencesDoor(self.newsletter, self.preferences, self.proof)

    @cached_property
    def reader(self) -> "ReaderDoor":
        from chalicelib.views.newsletter_archive import ReaderDoor

        return ReaderDoor(self.store, self.problems)

    @cached_property
    def newsroom(self) -> "NewsroomDoor":
        from chalicelib.newsletter.issues.approval import Approvals
        from chalicelib.views.newsletter_review import NewsroomDoor

        approvals = Approvals(self.store, self.roster, self.links, self.clock)
        return NewsroomDoor(self.store, approvals, self.roster, self.links, self.problems)

    @cached_property
    def progress(self) -> "ProgressDoor":
        from chalicelib.newsletter.issues.newsroom import Newsroom
        from chalicelib.newsletter.sending.unreached import Missing
        from chalicelib.views.newsletter_progress import ProgressDoor

        newsroom = Newsroom(self.store, self.clock, self.roster)
        missed = Missing(self.store, self.clock)
        return ProgressDoor(self.store, newsroom, self.roster, self.links, self.problems, missed)

    @cached_property
    def press(self) -> "Press":
        from chalicelib.newsletter.sending.wiring import Press

        carrier, queue = self._bulk or _bulk(self.settings)
        return Press(self.store, carrier, queue, self.links, self.settings, self.clock)

    @cached_property
    def reports(self) -> "Reports":
        from chalicelib.mail.delivery_events import Reports

        return Reports(self.store, self.clock, {"NEWS": self.subscriptions.heard})

    @cached_property
    def feedback(self) -> "Feedback":
        from chalicelib.newsletter.issues.lifecycle import Editions
        from chalicelib.newsletter.sending.auto_pause import Watch
        from chalicelib.newsletter.sending.feedback import Feedback

        watch = Watch(self.store, Editions(self.store, self.clock), self.clock)
        return Feedback(
            self.reports.settle,
            self.store,
            self.subscriptions,
            watch,
            self.clock,
            people_key=self._secret.people,
            topic=self.settings.mail_topic,
        )

    @cached_property
    def post(self) -> "Post":
        # Only the functions that write letters pay for Jinja2 and the SES client.
        from chalicelib.cases.matching import Candidates
        from chalicelib.mail.outbox import Desk, Post
        from chalicelib.mail.writers.case import Desks, LetterDesk, Office
        from chalicelib.mail.writers.file_links import FoundDesk
        from chalicelib.mail.writers.reminders import MorningDesk
        from chalicelib.newsletter.issues.newsroom import EDITION
        from chalicelib.newsletter.letters.approval import ApprovalDesk
        from chalicelib.newsletter.letters.held import HeldDesk
        from chalicelib.newsletter.letters.subscriber import NEWS, NewsDesk
        from chalicelib.newsletter.sending.auto_pause import HELD
        from chalicelib.newsletter.subscribers import expiry
        from chalicelib.views.lost_link import LOST

        settings = self.settings
        office = Office(
            organization=settings.organization_name,
            contact_email=settings.contact_email,
            postal_address=settings.postal_address,
            stage=settings.stage,
        )
        from chalicelib.coaches import letters

        news = NewsDesk(
            self.register, self.links, office, lambda: self._suppression or _ses_suppression()
        )
        approval = ApprovalDesk(self.store, self.roster, self.links, office)
        candidates = Candidates(self.store, self._secret.people)
        cases = LetterDesk(self.store, self.links, self.roster, office, candidates)
        coaches = letters.NetworkDesk(
            self.store, self.upkeep, self._proposals, self.roster, office.sender
        )
        morning = MorningDesk(self.store, self.links, self.roster, office.sender)
        others: dict[str, Desk] = {
            **dict.fromkeys(letters.KINDS, coaches),
            NEWS: news,
            EDITION: approval,
            HELD: HeldDesk(self.links, self.roster, office),
            "MORNING": morning,
            LOST: FoundDesk(self.store, self.links, office),
        }
        desks = Desks(cases, others)
        mailer = self._mailer or _ses(settings)
        timers = {
            "PERSON": expiry.Clocks(self.register, self.sign_ups).mind,
            "CLOCK": self.clocks.fire,
            "ISSUE": lambda key: self.press.rounds.mind(key),
        }
        return Post(self.store, mailer, desks, self.roster, self.clock, timers, self._quiet)


@cache
def settings() -> Settings:
    found = environment.read(os.environ)
    logging.getLogger("relais").setLevel(found.log_level)
    return found


@cache
def services() -> Services:
    found = settings()
    client: Any = boto3.client("dynamodb", config=QUICK)
    secret = keys.read(boto3.client("secretsmanager", config=QUICK), found.keys_secret)
    return Services(
        found, DynamoLists(client, found.records_table, found.subscribers_table), secret
    )


def _ses(found: Settings) -> Mailer:
    from chalicelib.aws.ses import SesMailer

    return SesMailer(
        boto3.client("sesv2", config=ONCE),
        sender=found.sender,
        reply_to=found.reply_to,
        configuration_set=found.configuration_set,
    )


def _ses_suppression() -> "Suppression":
    from chalicelib.aws.ses import SesSuppression

    return SesSuppression(boto3.client("sesv2", config=QUICK))


def _bulk(found: Settings) -> "tuple[Carrier, Queue]":
    from chalicelib.aws.bulk import SesCarrier
    from chalicelib.aws.queue import SqsQueue

    carrier = SesCarrier(
        boto3.client("sesv2", config=FIFTY_ONCE),
        sender=found.sender,
        reply_to=found.reply_to,
        configuration_set=found.configuration_set,
    )
    return carrier, SqsQueue(boto3.client("sqs", config=QUICK), found.issue_queue)

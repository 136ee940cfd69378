"""The wiring: the one place that picks the adapters."""

import logging
import os
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from chalicelib import settings as environment
from chalicelib.aws import keys
from chalicelib.aws.dynamo import DynamoStore
from chalicelib.cases import Cases
from chalicelib.front import Front
from chalicelib.intake import Intake
from chalicelib.links import Links
from chalicelib.ports import Clock, Mailer, Store
from chalicelib.problems import Problems
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.post import Post
    from chalicelib.roster import Roster
    from chalicelib.staff import StaffDoor

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


def utc_now() -> datetime:
    return datetime.now(UTC)


class Services:
    """Built on the first request, and in a test with other parts."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        secret: keys.Keys,
        mailer: Mailer | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self._secret = secret
        self._mailer = mailer
        self.links = Links(secret.links, settings.public_url, settings.website_url)
        self.problems = Problems(settings)
        self.cases = Cases(store, self.links, clock, undo_seconds=settings.undo_seconds)

    @cached_property
    def front(self) -> Front:
        intake = Intake(
            self.store,
            self.links,
            self.clock,
            self.cases,
            people_key=self._secret.people,
            posts_per_hour=self.settings.posts_per_hour,
        )
        return Front(intake, self.cases, self.links, self.settings, self.problems)

    @cached_property
    def roster(self) -> "Roster":
        from chalicelib.roster import Roster

        return Roster(self.store)

    @cached_property
    def staff(self) -> "StaffDoor":
        # A cold start for a form need not load what only staff use.
        from chalicelib.review import Reviews
        from chalicelib.staff import StaffDoor

        reviews = Reviews(self.store, self.cases, self.roster, self.links, self.clock)
        return StaffDoor(reviews, self.cases, self.links, self.settings, self.problems)

    @cached_property
    def post(self) -> "Post":
        # Only the functions that write letters pay for Jinja2 and the SES client.
        from chalicelib.desk import LetterDesk, Office
        from chalicelib.post import Post

        settings = self.settings
        office = Office(
            organization=settings.organization_name,
            contact_email=settings.contact_email,
            postal_address=settings.postal_address,
            website_url=settings.website_url,
            public_url=settings.public_url,
        )
        desk = LetterDesk(self.store, self.links, self.roster, office)
        mailer = self._mailer or _ses(settings)
        return Post(self.store, mailer, desk, self.roster, self.clock)


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
        found, DynamoStore(client, found.records_table, found.subscribers_table), secret
    )


def _ses(found: Settings) -> Mailer:
    from chalicelib.aws.ses import SesMailer

    return SesMailer(
        boto3.client("sesv2", config=ONCE),
        sender=found.sender,
        reply_to=found.reply_to,
        configuration_set=found.configuration_set,
    )

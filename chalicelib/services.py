"""The composition root: the one place that picks the adapters, for functions and operator alike."""

import logging
import os
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING

from chalicelib.aws import adapters, keys
from chalicelib.aws.clients import make_client
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.aws.patience import QUICK
from chalicelib.cases.consent import Notices
from chalicelib.cases.intake.receive import Intake
from chalicelib.cases.lookup import Cases
from chalicelib.core import log_lines
from chalicelib.core.edits import EditsInForce
from chalicelib.core.links import Links
from chalicelib.core.ports import KeySource, Mailer, Now
from chalicelib.core.rate_limit import FailureName, Failures
from chalicelib.core.settings import Settings, read, with_edits
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems
from chalicelib.web.request import Request
from chalicelib.wiring.parts import Parts
from chalicelib.wiring.views import Views

if TYPE_CHECKING:
    from chalicelib.cases.anchors import AnchorWriter
    from chalicelib.desk.ports import Objects
    from chalicelib.forms.attachments.ports import DocumentStore
    from chalicelib.mail.delivery_events import DeliveryEvents
    from chalicelib.mail.reputation import Reputation
    from chalicelib.newsletter.issues.ports import ImageStore, IssueOutside
    from chalicelib.newsletter.sending.feedback import Feedback
    from chalicelib.newsletter.sending.ports import BulkMailer, Queue, SubscriberStore
    from chalicelib.newsletter.subscribers.suppressed import Suppression
    from chalicelib.people.ports import WholeTables
    from chalicelib.wiring.cases import CaseServices
    from chalicelib.wiring.coaches import CoachServices
    from chalicelib.wiring.desk import DeskServices
    from chalicelib.wiring.drafts import FormDrafts
    from chalicelib.wiring.issues import IssueServices
    from chalicelib.wiring.mail import MailServices
    from chalicelib.wiring.people import PeopleServices
    from chalicelib.wiring.subscribers import SubscriberServices


def utc_now() -> datetime:
    return datetime.now(UTC)


class Services:
    """Relais as one object: a room's services are loaded when they are first asked for.

    Built by `services()` in a function, by the operator's command, and in tests with other parts.
    """

    def __init__(
        self,
        settings: Settings,
        store: "SubscriberStore",
        secret: KeySource,
        mailer: Mailer | None = None,
        now: Now = utc_now,
        suppression: "Suppression | None" = None,
        bulk: "tuple[BulkMailer, Queue] | None" = None,
        objects: "Objects | None" = None,
        documents: "DocumentStore | None" = None,
        outside: "IssueOutside | None" = None,
        edits: EditsInForce | None = None,
        deployed: Settings | None = None,
        images: "ImageStore | None" = None,
    ) -> None:
        self.settings, self.store, self.secret, self.now = settings, store, secret, now
        self.edits = edits or EditsInForce(store, now)
        self.links = Links(secret.links, settings.public_url, settings.website_url, now)
        self.pages = Pages(settings, lambda lang: self.coaches.directory.directory().names(lang))
        self.problems = Problems(self.pages)
        self.lookup = Cases(store, self.links, now)
        self.parts = Parts(
            settings,
            store,
            self.links,
            secret,
            now,
            mailer=lambda: mailer or adapters.mailer(settings),
            suppression=cache(lambda: suppression or adapters.suppression()),
            bulk=cache(lambda: bulk or adapters.bulk(settings)),
            objects=cache(lambda: objects or adapters.objects(settings)),
            documents=cache(lambda: documents or adapters.documents(settings)),
            images=cache(lambda: images or adapters.images(settings)),
            outside=cache(lambda: outside or adapters.outside(settings, self.links, secret)),
            every_file=lambda: adapters.every_file(settings),
            edits=self.edits,
            deployed=deployed or settings,
        )

    def count_failure(self, address: str, name: FailureName) -> None:
        """Count what was tried in vain against its network. Raises TooMany."""
        Failures(self.store, self.parts.people_key).count(address, self.now(), name)

    def look_for_edits(self, request: Request, path: str) -> None:
        """Go by what staff changed meanwhile; a form by a script learns of it as it is stored."""
        if (request.method, path) != ("POST", "/forms/{form}") or request.wants_page:
            self.edits.refresh()

    @cached_property
    def notices(self) -> Notices:
        return Notices(self.store, self.settings)

    @cached_property
    def intake(self) -> Intake:
        return Intake(
            self.store,
            self.links,
            self.now,
            self.lookup,
            people_key=self.parts.people_key,
            posts_per_hour=self.settings.posts_per_hour,
            notices=self.notices,
            edits=self.edits,
            newsletter=lambda *given: self.subscribers.sign_ups.by_declaration(*given),
        )

    @cached_property
    def cases(self) -> "CaseServices":
        from chalicelib.wiring.cases import CaseServices

        return CaseServices(self.parts, self.lookup)

    @cached_property
    def drafts(self) -> "FormDrafts":
        from chalicelib.wiring.drafts import FormDrafts

        return FormDrafts(self.parts)

    @cached_property
    def coaches(self) -> "CoachServices":
        from chalicelib.wiring.coaches import CoachServices

        return CoachServices(self.parts, self.cases.roster)

    @cached_property
    def desk(self) -> "DeskServices":
        from chalicelib.wiring.desk import DeskServices

        return DeskServices(self.parts, self.cases, self.subscribers, lambda: self.issues)

    @cached_property
    def subscribers(self) -> "SubscriberServices":
        from chalicelib.wiring.subscribers import SubscriberServices

        return SubscriberServices(self.parts)

    def people(self, tables: "WholeTables") -> "PeopleServices":
        """Build what an operator does for one person, over whole tables."""
        from chalicelib.wiring.people import PeopleServices

        return PeopleServices(self.parts, self.coaches, self.subscribers, tables)

    @cached_property
    def issues(self) -> "IssueServices":
        from chalicelib.wiring.issues import IssueServices

        return IssueServices(self.parts, self.cases.roster)

    @cached_property
    def mail(self) -> "MailServices":
        from chalicelib.wiring.mail import MailServices

        return MailServices(
            self.parts, self.cases, self.coaches, self.subscribers, self.issues, self.drafts
        )

    @cached_property
    def delivery_events(self) -> "DeliveryEvents":
        """What SES reports of letters; loaded without the outbox, which writes them."""
        from chalicelib.mail.delivery_events import DeliveryEvents

        returned = self.coaches.returned_mail.heard
        listeners = {
            "NEWS": self.subscribers.feedback.settle_letter,
            **dict.fromkeys(("MESSAGE", "COACH", "PROPOSAL"), returned),
        }
        return DeliveryEvents(self.store, self.cases.roster, self.now, listeners, self.reputation)

    @cached_property
    def reputation(self) -> "Reputation":
        from chalicelib.mail.reputation import Reputation

        return Reputation(self.store, self.now)

    @cached_property
    def feedback(self) -> "Feedback":
        return self.issues.feedback(self.delivery_events, self.subscribers.feedback)

    @cached_property
    def views(self) -> Views:
        return Views(self.parts, self, self.pages, self.problems)


@cache
def settings() -> Settings:
    """Read the settings of this process; raises SettingsError."""
    found = read(os.environ)
    log_lines.install(logging.getLogger("relais"), found.stage, logging.INFO)
    return found


def services() -> Services:
    """Return the services of this process, with the adapters of AWS and the settings in force."""
    return _services(_adapters()[2].settings)


def forget() -> None:
    """Build the services anew when they are next asked for."""
    _adapters.cache_clear()
    _services.cache_clear()


@cache
def _adapters() -> "tuple[SubscriberStore, KeySource, EditsInForce]":
    found = settings()
    vault = make_client("secretsmanager", QUICK)
    secret = keys.StoredKeys(vault, found.keys_secret, found.people_secret, utc_now)
    store = DynamoSubscriberStore(
        make_client("dynamodb", QUICK), found.records_table, found.subscribers_table
    )
    return store, secret, EditsInForce(store, utc_now)


@lru_cache(maxsize=1)
def _services(edited: tuple[tuple[str, str], ...]) -> Services:
    """Build the services with these settings edited: once for as long as they stand."""
    store, secret, edits = _adapters()
    found = settings()
    in_force = with_edits(found, dict(edited))
    return Services(in_force, store, secret, edits=edits, deployed=found)


def anchor_writer() -> "AnchorWriter":
    """Build what anchors the audit chains: it needs no other key, and no service."""
    from chalicelib.aws.anchors import DynamoHeads, S3AnchorBucket, anchor_key
    from chalicelib.cases.anchors import AnchorWriter

    found = settings()
    vault = make_client("secretsmanager", QUICK)
    return AnchorWriter(
        DynamoHeads(make_client("dynamodb"), found.records_table, found.subscribers_table),
        S3AnchorBucket(make_client("s3"), found.anchor_bucket),
        anchor_key(vault, found.anchor_secret),
        found.stage,
        utc_now,
    )

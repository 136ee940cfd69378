"""What every room is built from: settings, the store, links, the time, and ways to send."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.core.edits import EditsInForce
from chalicelib.core.links import Links
from chalicelib.core.metrics import seconds_line
from chalicelib.core.ports import KeySource, Mailer, Now
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers.consent_text import ConsentTexts

if TYPE_CHECKING:
    from chalicelib.cases.case import Case
    from chalicelib.desk.ports import Objects
    from chalicelib.forms.attachments.ports import DocumentStore
    from chalicelib.newsletter.issues.ports import ImageStore, IssueOutside
    from chalicelib.newsletter.sending.ports import BulkMailer, Queue, SubscriberStore
    from chalicelib.newsletter.subscribers.suppressed import Suppression


@dataclass(frozen=True)
class Parts:
    """The adapters and settings of one process; those that send are made when first needed,
    for most requests send nothing."""

    settings: Settings
    store: "SubscriberStore"
    links: Links
    keys: KeySource
    now: Now
    mailer: Callable[[], Mailer]
    suppression: "Callable[[], Suppression]"
    bulk: "Callable[[], tuple[BulkMailer, Queue]]"
    objects: "Callable[[], Objects]"
    documents: "Callable[[], DocumentStore]"
    images: "Callable[[], ImageStore]"
    edits: EditsInForce
    deployed: Settings
    """The settings that the stage was deployed with, before staff changed any."""
    outside: "Callable[[], IssueOutside]"
    every_file: "Callable[[], Iterable[Case]]"

    @property
    def people_key(self) -> bytes:
        """The key of the hashes of addresses; read when it is first needed. Raises StoreDown."""
        return self.keys.people

    @property
    def consent_texts(self) -> ConsentTexts:
        """The words that consent to the newsletter, sealed. Raises StoreDown."""
        return ConsentTexts(self.settings, self.people_key)

    def measure(self, name: str, seconds: float) -> None:
        """Keep a number of seconds in the log, from which CloudWatch takes it."""
        print(seconds_line(self.settings.stage, name, seconds, self.now()))

"""What writing an issue asks of the outside world: SES, a place for images, and the sites that it
links to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from chalicelib.forms.attachments.ports import StoredObject
from chalicelib.newsletter.issues.preflight import SendingAccount, Try
from chalicelib.newsletter.issues.trial import Deliver


@dataclass(frozen=True)
class IssueOutside:
    """The account that sends, how one mail is sent as a test, and how links are tried."""

    account: SendingAccount
    deliver: Deliver
    tries: Try


class ImageStore(Protocol):
    """Images under keys, which end in their kind. Each method raises StoreDown."""

    def put(self, key: str, body: bytes) -> None:
        """Keep an image."""

    def shown(self, key: str, seconds: int) -> str:
        """Return an address at which a browser is shown an image, for so many seconds."""

    def delete(self, key: str) -> None:
        """Delete an image; nothing happens when it is gone."""

    def all(self) -> Iterator[StoredObject]:
        """Yield every image."""

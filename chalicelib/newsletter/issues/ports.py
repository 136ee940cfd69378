"""What writing an issue asks of the outside world: SES, and the sites that it links to."""

from dataclasses import dataclass

from chalicelib.newsletter.issues.preflight import SendingAccount, Try
from chalicelib.newsletter.issues.trial import Deliver


@dataclass(frozen=True)
class IssueOutside:
    """The account that sends, how one mail is sent as a test, and how links are tried."""

    account: SendingAccount
    deliver: Deliver
    tries: Try

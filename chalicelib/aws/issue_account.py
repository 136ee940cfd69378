"""What a check and a test of an issue ask of SES: the account, and one mail."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.bulk import allowance_of
from chalicelib.aws.ses import header_address, sendable
from chalicelib.core.errors import DeliveryFailed
from chalicelib.core.links import Links, person_key
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues import link_check
from chalicelib.newsletter.issues.ports import IssueOutside
from chalicelib.newsletter.issues.rendered import Rendered, fill
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.envelopes import Envelopes
from chalicelib.newsletter.sending.ses_event import TRIAL

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BodyTypeDef


class SesAccount:
    """Satisfies `preflight.Account`."""

    def __init__(self, client: "SESV2Client") -> None:
        self._client = client

    def allowance(self) -> Allowance:
        return allowance_of(self._client.get_account())

    def signs(self, domain: str) -> bool:
        """Tell whether we sign for a domain: it signs for its subdomains too, and a relaxed DMARC
        takes that for aligned."""
        labels = domain.split(".")
        parents = [".".join(labels[n:]) for n in range(len(labels) - 1)]
        return any(self._signed(parent) for parent in parents)

    def _signed(self, domain: str) -> bool:
        try:
            identity = self._client.get_email_identity(EmailIdentity=domain)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return False
            raise
        dkim = identity.get("DkimAttributes", {})
        return bool(dkim.get("SigningEnabled")) and dkim.get("Status") == "SUCCESS"


class TestMail:
    """One mail as a subscriber gets it, with all its headers."""

    def __init__(
        self, client: "SESV2Client", settings: Settings, links: Links, people_key: bytes
    ) -> None:
        self._client = client
        self._settings = settings
        self._links = links
        self._key = people_key

    def __call__(self, text: Rendered, address: str, issue: str) -> None:
        """Send a test mail. Raises DeliveryFailed with what SES says."""
        person = person_key(address, self._key)
        leave = self._links.unsubscribe(person, issue)
        values = {"unsubscribe_url": leave, "preferences_url": self._links.preferences(person)}
        mail = fill(text, values)
        envelopes = Envelopes(self._links, self._settings)
        headers = {**envelopes.common(issue, text.lang), **envelopes.unsubscribe_headers(leave)}
        body: BodyTypeDef = {
            "Text": {"Data": mail.text, "Charset": "UTF-8"},
            "Html": {"Data": mail.html, "Charset": "UTF-8"},
        }
        try:
            self._client.send_email(
                FromEmailAddress=header_address(self._settings.sender),
                ReplyToAddresses=[self._settings.reply_to],
                Destination={"ToAddresses": [sendable(address)]},
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": body,
                        "Headers": [{"Name": k, "Value": v} for k, v in headers.items()],
                    }
                },
                ConfigurationSetName=self._settings.configuration_set,
                EmailTags=[{"Name": TRIAL, "Value": issue}],
            )
        except (ClientError, BotoCoreError) as error:
            raise DeliveryFailed(str(error), permanent=False) from error


def outside(
    clients: "tuple[SESV2Client, SESV2Client]", settings: Settings, links: Links, people_key: bytes
) -> IssueOutside:
    """Join what the service asks of the world for an issue: the clients ask again, and send once."""
    # A local stage has its own website on this machine.
    tries = link_check.tries if settings.stage == "local" else link_check.public_tries
    asking, sending = clients
    test = TestMail(sending, settings, links, people_key)
    return IssueOutside(SesAccount(asking), test, tries)

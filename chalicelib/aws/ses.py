"""The Mailer by SES."""

from collections.abc import Callable
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.ses_errors import NEVER_LEFT, UNREACHED, code_of, fault_of, plain
from chalicelib.core.email_address import with_ascii_domain
from chalicelib.core.errors import (
    AccountRefused,
    DeliveryFailed,
    NotYet,
    OutcomeUnknown,
    RelaisError,
    Throttled,
)
from chalicelib.core.ports import Mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import MessageTagTypeDef


class SesMailer:
    """One `SendEmail` a letter. The client must not retry by itself: an answer that
    got lost is settled from the `Send` event, or the letter would go out twice."""

    def __init__(
        self, client: "SESV2Client", *, sender: str, reply_to: str, configuration_set: str
    ) -> None:
        self._client = client
        self._sender = header_address(sender)
        self._reply_to = reply_to
        self._configuration_set = configuration_set

    def send(self, mail: Mail) -> str:
        try:
            answer = self._client.send_email(
                FromEmailAddress=self._sender,
                ReplyToAddresses=[mail.reply_to or self._reply_to],
                Destination={"ToAddresses": [sendable(mail.to)]},
                Content={"Simple": _content(mail)},
                EmailTags=_tags(mail),
                ConfigurationSetName=self._configuration_set,
            )
        except ClientError as error:
            raise _refusal(error) from error
        except UNREACHED as error:
            raise Throttled(type(error).__name__) from error
        except NEVER_LEFT as error:
            raise DeliveryFailed(type(error).__name__, permanent=False) from error
        except BotoCoreError as error:
            raise OutcomeUnknown(type(error).__name__) from error
        return answer["MessageId"]


class SesSuppression:
    """The account's suppression list: who bounced or complained is not mailed again."""

    def __init__(self, client: "SESV2Client") -> None:
        self._client = client

    def lift(self, address: str, before: Callable[[], None]) -> bool:
        """Lift the entry of who bounced alone. Raises NotYet while SES does not do it, Throttled
        when only its speed is the reason: the news of the letter comes again."""
        try:
            found = self._client.get_suppressed_destination(EmailAddress=address)
            if found["SuppressedDestination"]["Reason"] != "BOUNCE":
                return False
            before()
            self._client.delete_suppressed_destination(EmailAddress=address)
        except ClientError as error:
            code = code_of(error)
            if code != "NotFoundException":
                kind = Throttled if fault_of(error) == "speed" else NotYet
                raise kind(f"suppression list: {code}") from error
        except BotoCoreError as error:
            raise Throttled(f"suppression list: {type(error).__name__}") from error
        else:
            return True
        return False


def header_address(address: str) -> str:
    """Return a name and an address as the From of a mail is written, in ASCII (RFC 2047): SES
    takes it as it is."""
    name, bare = parseaddr(address)
    return formataddr((name, sendable(bare))) if bare else address


def sendable(address: str) -> str:
    """Return the address as SES takes it, with its domain in ASCII; as it is where it has none."""
    try:
        return with_ascii_domain(address)
    except UnicodeError:
        return address


def _tags(mail: Mail) -> "list[MessageTagTypeDef]":
    """Return what SES says again of each event of the mail."""
    named = {"mail": mail.tag, "cid": mail.cid}
    return [{"Name": name, "Value": value} for name, value in named.items() if value]


def _refusal(error: ClientError) -> RelaisError:
    """Return what an error of a call means for the letter."""
    fault = fault_of(error)
    why = f"{code_of(error)}: {plain(error.response['Error'].get('Message', ''))}"
    if fault == "account":
        return AccountRefused(why)
    if fault == "speed":
        return Throttled(why)
    return DeliveryFailed(why, permanent=fault == "letter")


def _content(mail: Mail) -> Any:
    return {
        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": mail.text, "Charset": "UTF-8"},
            "Html": {"Data": mail.html, "Charset": "UTF-8"},
        },
        "Headers": [
            {"Name": "Auto-Submitted", "Value": "auto-generated"},
            {"Name": "Content-Language", "Value": f"{mail.lang}-CA"},
        ],
    }

"""The Mailer by SES."""

import re
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from chalicelib.core.email_address import with_ascii_domain
from chalicelib.core.errors import DeliveryFailed, NotYet, OutcomeUnknown
from chalicelib.core.ports import Mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_FINAL: Final = {"MessageRejected", "BadRequestException"}
"""SES looked at the message and will not take it, however often it is offered."""


_NEVER_LEFT: Final = (
    EndpointConnectionError,
    ConnectTimeoutError,
    NoCredentialsError,
    ParamValidationError,
)
"""Failures before anything was sent: trying again cannot double a letter."""


class SesMailer:
    """One `SendEmail` a letter. The client must not retry by itself: an answer that
    got lost is settled from the `Send` event, or the letter would go out twice."""

    def __init__(
        self, client: "SESV2Client", *, sender: str, reply_to: str, configuration_set: str
    ) -> None:
        self._client = client
        self._sender = sender
        self._reply_to = reply_to
        self._configuration_set = configuration_set

    def send(self, mail: Mail) -> str:
        try:
            answer = self._client.send_email(
                FromEmailAddress=self._sender,
                ReplyToAddresses=[mail.reply_to or self._reply_to],
                Destination={"ToAddresses": [sendable(mail.to)]},
                Content={"Simple": _content(mail)},
                EmailTags=[{"Name": "mail", "Value": mail.tag}],
                ConfigurationSetName=self._configuration_set,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise DeliveryFailed(f"{code}: {_plain(error)}", permanent=code in _FINAL) from error
        except _NEVER_LEFT as error:
            raise DeliveryFailed(type(error).__name__, permanent=False) from error
        except BotoCoreError as error:
            raise OutcomeUnknown(type(error).__name__) from error
        return answer["MessageId"]


class SesSuppression:
    """The account's suppression list: who bounced or complained is not mailed again."""

    def __init__(self, client: "SESV2Client") -> None:
        self._client = client

    def lift(self, address: str) -> None:
        """Of who bounced alone. Raises NotYet while SES does not do it: the letter waits."""
        try:
            found = self._client.get_suppressed_destination(EmailAddress=address)
            if found["SuppressedDestination"]["Reason"] == "BOUNCE":
                self._client.delete_suppressed_destination(EmailAddress=address)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code != "NotFoundException":
                raise NotYet(f"suppression list: {code}") from error
        except BotoCoreError as error:
            raise NotYet(f"suppression list: {type(error).__name__}") from error


def sendable(address: str) -> str:
    """Return the address as SES takes it, with its domain in ASCII; as it is where it has none."""
    try:
        return with_ascii_domain(address)
    except UnicodeError:
        return address


def _plain(error: ClientError) -> str:
    """What SES says, without the addresses that it names."""
    return re.sub(r"\S+@\S+", "…", error.response["Error"].get("Message", ""))[:300]


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

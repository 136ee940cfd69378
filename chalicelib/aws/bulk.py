"""The BulkMailer by SES: one `SendBulkEmail` for up to fifty recipients."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.answers import read_as_given
from chalicelib.aws.ses import header_address, sendable
from chalicelib.aws.ses_errors import NEVER_LEFT, code_of, fault_of, plain, says_account
from chalicelib.aws.transactions import write_bulks_as_given
from chalicelib.core.errors import NotYet, OutcomeUnknown, Throttled
from chalicelib.core.json_text import compact
from chalicelib.newsletter.issues.rendered import replacements, template_content
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.ports import Bulk, BulkDeclined, Envelope, ReplyKind, SesReply

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_KINDS: Final[Mapping[str, ReplyKind]] = {
    "SUCCESS": "sent",
    "ACCOUNT_THROTTLED": "throttled",
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": "throttled",
    "TRANSIENT_FAILURE": "later",
    "FAILED": "later",
    "MESSAGE_REJECTED": "refused",
    "INVALID_PARAMETER": "refused",
    "INVALID_PARAMETER_VALUE": "refused",
}
"""What each status of an entry means; all others (suspended, paused, not verified, no such
configuration set) are the account's."""


_DAY_IS_FULL: Final = "LimitExceededException"
"""GetAccount is asked again within a minute, and the quota stops the issue then."""


class SesBulkMailer:
    """The client must not retry by itself: an answer that got lost is settled from the `Send`
    events, or fifty people would get their issue twice."""

    def __init__(
        self,
        client: "SESV2Client",
        account: "SESV2Client | None" = None,
        *,
        sender: str,
        reply_to: str,
        configuration_set: str,
    ) -> None:
        """`account` is the client that asks about the account, which may ask again."""
        write_bulks_as_given(client)
        read_as_given(client, "sesv2.SendBulkEmail")
        self._client = client
        self._account = account or client
        self._fixed: Any = {
            "FromEmailAddress": header_address(sender),
            "ReplyToAddresses": [reply_to],
            "ConfigurationSetName": configuration_set,
        }

    def offer(self, bulk: Bulk) -> list[SesReply]:
        template: Any = {
            "TemplateContent": template_content(bulk.rendered),
            "TemplateData": "{}",
            "Headers": _named(bulk.headers),
        }
        try:
            answer = self._client.send_bulk_email(
                **self._fixed,
                DefaultContent={"Template": template},
                BulkEmailEntries=[_entry(bulk, envelope) for envelope in bulk.envelopes],
            )
        except ClientError as error:
            return [_of_all(error)] * len(bulk.envelopes)
        except NEVER_LEFT as error:
            return [SesReply("later", type(error).__name__, of_call=True)] * len(bulk.envelopes)
        except BotoCoreError as error:
            raise OutcomeUnknown(type(error).__name__) from error
        return [_reply(result) for result in answer["BulkEmailEntryResults"]]

    def allowance(self) -> Allowance:
        try:
            account = self._account.get_account()
        except ClientError as error:
            kind = Throttled if fault_of(error) in ("speed", "ses") else NotYet
            raise kind(f"SES account: {code_of(error)}") from error
        except BotoCoreError as error:
            raise Throttled(f"SES account: {type(error).__name__}") from error
        return allowance_of(account)


def allowance_of(account: Mapping[str, Any]) -> Allowance:
    """Return what an answer of `GetAccount` allows."""
    quota = account["SendQuota"]
    daily = quota["Max24HourSend"]
    return Allowance(
        rate=quota["MaxSendRate"],
        daily=None if daily < 0 else daily,
        used=quota["SentLast24Hours"],
        stopped="" if account.get("SendingEnabled", True) else "switched_off",
        sandbox=not account.get("ProductionAccessEnabled"),
    )


def _entry(bulk: Bulk, envelope: Envelope) -> Any:
    values = replacements(bulk.rendered, envelope.values)
    data = compact(values)
    return {
        "Destination": {"ToAddresses": [sendable(envelope.to)]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
        "ReplacementHeaders": _named(envelope.headers),
        "ReplacementTags": _named(envelope.tags),
    }


def _named(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def _reply(result: Mapping[str, Any]) -> SesReply:
    status = result["Status"]
    kind = _KINDS.get(status, "account")
    if kind == "sent":
        return SesReply(kind, message_id=result.get("MessageId", ""))
    error = plain(result.get("Error", ""))
    if kind == "refused" and says_account(error):
        kind = "account"
    return SesReply(kind, f"{status}: {error}".rstrip(": "))


def _of_all(error: ClientError) -> SesReply:
    """Return the reply to each that an error of the whole call stands for. Raises Declined or
    OutcomeUnknown."""
    fault = fault_of(error)
    why = f"{code_of(error)}: {plain(error.response['Error'].get('Message', ''))}"
    if fault == "speed" or code_of(error) == _DAY_IS_FULL:
        return SesReply("throttled", why)
    if fault == "letter":
        raise BulkDeclined(why) from error
    if fault == "ses" and error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        # It may have taken them all before it failed.
        raise OutcomeUnknown(why) from error
    return SesReply("account", why, of_call=True)

"""What an error of a whole `SendBulkEmail` says of each of its readers."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

import sent_issue
from chalicelib.aws.bulk import SesBulkMailer
from chalicelib.core.errors import OutcomeUnknown
from chalicelib.newsletter.sending.ports import Bulk, BulkDeclined, Envelope

BULK = Bulk(
    sent_issue.TEXTS["en"],
    {},
    [
        Envelope(f"reader{n}@example.org", {}, {"unsubscribe_url": "", "preferences_url": ""}, {})
        for n in range(2)
    ],
)


def kinds(code: str, status: int, message: str = "") -> list[str]:
    client: Any = boto3.client("sesv2", region_name="ca-central-1")
    with Stubber(client) as stub:
        stub.add_client_error("send_bulk_email", code, message, http_status_code=status)
        bulk_mailer = SesBulkMailer(client, sender="a@example.org", reply_to="b@example.org",
                             configuration_set="c")  # fmt: skip
        return [reply.kind for reply in bulk_mailer.offer(BULK)]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("TooManyRequestsException", "throttled"),
        # The day's quota, for SES: the account is asked, and the issue waits, not paused.
        ("LimitExceededException", "throttled"),
        ("AccountSuspendedException", "account"),
    ],
)
def test_an_error_of_the_call_is_nobodys_own(code: str, kind: str) -> None:
    assert kinds(code, 400) == [kind, kind]


def test_an_address_of_ours_that_is_not_verified_is_no_reader_s_fault() -> None:
    message = "Email address is not verified. The following identities failed: forms@example.org"
    assert kinds("MessageRejected", 400, message) == ["account", "account"]
    client: Any = boto3.client("sesv2", region_name="ca-central-1")
    results = [{"Status": "MESSAGE_REJECTED", "Error": message}] * 2
    with Stubber(client) as stub:
        stub.add_response("send_bulk_email", {"BulkEmailEntryResults": results})
        bulk_mailer = SesBulkMailer(client, sender="a@example.org", reply_to="b@example.org",
                             configuration_set="c")  # fmt: skip
        assert [reply.kind for reply in bulk_mailer.offer(BULK)] == ["account", "account"]


def test_a_bulk_that_is_declined_was_sent_to_nobody() -> None:
    with pytest.raises(BulkDeclined):
        kinds("BadRequestException", 400)


def test_a_failure_of_ses_may_have_sent_them() -> None:
    with pytest.raises(OutcomeUnknown):
        kinds("InternalServiceErrorException", 500)

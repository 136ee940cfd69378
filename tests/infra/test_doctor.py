"""`relais doctor` finds what fails without a word."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.core.errors import AccountRefused
from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from chalicelib.mail.account import MailAccount
from fakes import SetClock
from infra.operator.aws_checks import RUNTIME_NOTICE, old_runtime
from infra.operator.doctor import (
    CHECKS,
    LOOK_BACK,
    held_letters,
    late_letters,
    refused_account,
    stream_share,
)
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from infra.supply import RUNTIME, RUNTIME_ENDS
from operator_cli import listed, relais
from tables import make_tables

WELL = "Well: 8 checks"


class Aws:
    """What AWS would answer about the account; a test changes it."""

    def __init__(self) -> None:
        self.account: dict[str, Any] = {"SendingEnabled": True, "ProductionAccessEnabled": True}
        self.identity: dict[str, Any] = {
            "VerifiedForSendingStatus": True,
            "FeedbackForwardingStatus": False,
        }
        self.sets = ["relais-test", "somebody-else"]
        self.limit = 1000
        self.denied = False

    def _say(self, answer: dict[str, Any]) -> dict[str, Any]:
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "Get")
        return answer

    def get_account(self) -> dict[str, Any]:
        return self._say(self.account)

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:
        return self._say(self.identity)

    def list_configuration_sets(self, PageSize: int) -> dict[str, Any]:
        return self._say({"ConfigurationSets": self.sets})

    def get_account_settings(self) -> dict[str, Any]:
        return self._say({"AccountLimit": {"ConcurrentExecutions": self.limit}})


class Watched(Operator):
    """An operator whose SES and Lambda are the test's."""

    aws: Aws

    def mail_client(self) -> Any:
        return self.aws

    def client(self, service: str) -> Any:
        return self.aws if service == "lambda" else super().client(service)


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Operator]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-keys", SecretString=json.dumps({"key": "k" * 64})
        )
        found = Watched("test", now=clock, settings=settings)
        found.aws = Aws()
        yield found


def send(operator: Operator, count: int, *, late: bool = False) -> None:
    now = stamp(operator.now())
    for number in range(count):
        row = letter("CASE#1", number, "eoi_received", to=f"late-{late}", due=now)
        row |= {"status": "sent", "sent_at": now, "sent_by": "sweep" if late else "stream"}
        operator.store.commit([Put({**row, "late": late or None})])


def test_letters_that_the_stream_sends_are_well(operator: Operator) -> None:
    assert relais(operator, "doctor") == WELL
    send(operator, 19)
    send(operator, 1, late=True)
    assert stream_share(operator) == (20, 1)
    assert relais(operator, "doctor") == WELL


def test_letters_that_wait_for_the_sweep_are_found(operator: Operator) -> None:
    send(operator, 18)
    send(operator, 2, late=True)
    assert "2 of 20 letters" in (late_letters(operator) or "")
    with pytest.raises(OperatorError, match="1 of 8 checks"):
        relais(operator, "doctor")


def test_the_checks_are_json_when_asked_for(operator: Operator) -> None:
    found = listed(operator, "doctor")
    assert [each["check"] for each in found] == [check.__name__ for check in CHECKS]
    assert {each["wrong"] for each in found} == {None}


def test_what_is_long_past_is_not_held_against_today(operator: Operator, clock: SetClock) -> None:
    send(operator, 5, late=True)
    clock.pass_(seconds=LOOK_BACK.total_seconds() + 1)
    assert stream_share(operator) == (0, 0)
    assert relais(operator, "doctor") == WELL


def test_a_pause_of_letters_is_shown_found_and_ended(operator: Operator) -> None:
    assert listed(operator, "letters", "rates") == [{"delivered": 0, "bounced": 0, "complained": 0}]
    assert "new addresses wait" in relais(operator, "letters", "pause", "--by", "Sam")
    with pytest.raises(OperatorError):
        relais(operator, "doctor")
    assert "All letters" in relais(operator, "letters", "pause", "--by", "Sam", "--all")
    assert "all letters are held" in (held_letters(operator) or "")
    assert listed(operator, "letters", "rates")[0]["held"] == "all"
    assert "go on" in relais(operator, "letters", "resume", "--by", "Sam")
    assert relais(operator, "letters", "resume", "--by", "Sam") == "No letter is held"
    assert relais(operator, "doctor") == WELL


PLANTED: dict[str, tuple[str, Any]] = {
    "SES has paused": ("account", {"SendingEnabled": False}),
    "sandbox": ("account", {"ProductionAccessEnabled": False}),
    "is not verified in SES": ("identity", {"VerifiedForSendingStatus": False}),
    "put-email-identity-feedback-attributes": ("identity", {"FeedbackForwardingStatus": True}),
    "10 functions run at a time": ("limit", 10),
    "relais-prod share": ("sets", ["relais-prod", "relais-test"]),
}


@pytest.mark.parametrize("sentence", PLANTED)
def test_each_fault_of_the_account_is_found_and_named(
    operator: Watched, capsys: pytest.CaptureFixture[str], sentence: str
) -> None:
    name, value = PLANTED[sentence]
    before = getattr(operator.aws, name)
    setattr(operator.aws, name, {**before, **value} if isinstance(value, dict) else value)
    found = [text for check in CHECKS if (text := check(operator))]
    assert len(found) == 1
    assert sentence in found[0]
    operator.aws.denied = True
    assert relais(operator, "doctor") == WELL, "who may not ask learns nothing, and nothing fails"


def test_an_account_that_ses_refuses_is_found_while_it_lasts(operator: Watched) -> None:
    account = MailAccount(operator.store, operator.now)
    account.note(AccountRefused("MessageRejected: not verified"))
    assert "not verified" in (refused_account(operator) or "")
    account.mend()
    assert relais(operator, "doctor") == WELL


def test_a_runtime_is_spoken_of_half_a_year_before_its_end(
    operator: Watched, clock: SetClock
) -> None:
    clock.now = datetime.combine(RUNTIME_ENDS, time(12), UTC) - RUNTIME_NOTICE
    assert old_runtime(operator) is None
    clock.pass_(days=1)
    assert f"supports {RUNTIME} until" in (old_runtime(operator) or "")

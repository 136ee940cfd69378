"""`relais doctor` finds what fails without a word."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.core.letter_row import letter
from chalicelib.core.ports import Put
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings
from fakes import SetClock
from infra.operator.doctor import LOOK_BACK, held_letters, late_letters, stream_share
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator
from operator_cli import listed, relais
from tables import make_tables

WELL = "Well: 2 checks"


@pytest.fixture
def operator(aws: None, settings: Settings, clock: SetClock) -> Iterator[Operator]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-keys", SecretString=json.dumps({"key": "k" * 64})
        )
        yield Operator("test", now=clock, settings=settings)


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
    with pytest.raises(OperatorError, match="1 of 2 checks"):
        relais(operator, "doctor")


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

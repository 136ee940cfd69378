"""What an operator does by hand, on the tables as they are deployed."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

import samples
from chalicelib.aws.dynamo import DynamoStore
from chalicelib.aws.keys import Keys
from chalicelib.errors import DeliveryFailed
from chalicelib.intake import Arrival
from chalicelib.services import Services
from chalicelib.settings import Settings
from conftest import RITA
from fakes import MemoryMailer, SetClock
from infra.operate import Operator, act, parser
from infra.roster import OperateError
from tables import make_tables


@pytest.fixture
def operator(aws: None) -> Iterator[Operator]:
    with mock_aws():
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        boto3.client("secretsmanager").create_secret(
            Name="relais-test-keys", SecretString=json.dumps({"key": "k" * 64})
        )
        yield Operator("test", None)


def run(operator: Operator, *words: str) -> str:
    return act(operator, parser().parse_args(["--stage", "test", *words]))


def test_the_roster_is_kept_by_hand(operator: Operator) -> None:
    rita = ("staff", "add", "--name", "Rita Roy", "--email", "rita@example.org", "--lang", "fr")
    assert run(operator, "staff", "list") == "Nobody yet"
    assert run(operator, *rita) == "Added rita-roy"
    with pytest.raises(OperateError, match="already"):
        run(operator, *rita)
    other = ("staff", "add", "--name", "Rita Roy", "--email", "r2@example.org", "--lang", "en")
    assert run(operator, *other) == "Added rita-roy-2"
    assert run(operator, "staff", "remove", "rita-roy") == "Removed rita-roy"
    with pytest.raises(OperateError, match="not on the roster"):
        run(operator, "staff", "remove", "rita-roy")
    assert "removed" in run(operator, "staff", "list")
    assert run(operator, *rita) == "Added rita-roy"
    assert "removed" not in run(operator, "staff", "list")


@pytest.mark.parametrize("name", ["李明", "Staff", "Applicant", "Fiduciary"])
def test_nobody_is_called_what_letters_call_their_readers(operator: Operator, name: str) -> None:
    added = run(
        operator, "staff", "add", "--name", name, "--email", "x@example.org", "--lang", "en"
    )
    assert added.removeprefix("Added ") not in {"staff", "applicant", "fiduciary"}


@pytest.fixture
def working(operator: Operator, settings: Settings, clock: SetClock) -> Services:
    store = DynamoStore(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    from chalicelib.ports import Put

    store.commit([Put(dict(RITA))])
    return Services(settings, store, keys, MemoryMailer(), clock)


def test_what_was_held_as_spam_is_listed_and_released(
    operator: Operator, working: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.operate.datetime", _Year2026)
    receipt = working.front.intake.receive(
        Arrival("eoi", samples.eoi(), "fr", address="1.2.3.4", trap="x")
    )
    assert receipt.ref in run(operator, "spam", "list")
    assert receipt.ref in run(operator, "spam", "release", receipt.ref.lower())
    assert run(operator, "spam", "list") == "Nothing is held"
    case = working.cases.case(receipt.ref[3:])
    assert case is not None
    assert case.state == "EOI_PENDING"
    assert len(working.store.rows(case.key[0], "LETTER#")) == 2


def test_a_dead_letter_is_listed_and_owed_again(
    operator: Operator, working: Services, clock: SetClock
) -> None:
    mailer = working.post._mailer
    assert isinstance(mailer, MemoryMailer)
    mailer.failing = [DeliveryFailed("MessageRejected", permanent=True)]
    working.front.intake.receive(Arrival("eoi", samples.eoi(), "fr", address="1.2.3.4"))
    working.post.sweep()
    dead = run(operator, "letters", "dead")
    assert "MessageRejected" in dead
    assert "Owed again" in run(operator, "letters", "retry", dead.split()[0])
    assert run(operator, "letters", "dead") == "No letter is dead"
    clock.pass_(days=3650)
    assert working.post.sweep()["sent"] >= 1


class _Year2026:
    @staticmethod
    def now(zone: object) -> object:
        from datetime import UTC, datetime

        return datetime(2026, 3, 2, tzinfo=UTC)

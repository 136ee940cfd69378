"""Each function may do what it does, and no more: its policy against the calls it makes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from chalice.test import Client
from moto import mock_aws

import app as application
import samples
from chalicelib.aws.dynamo import DynamoStore, item_of
from chalicelib.aws.keys import Keys
from chalicelib.records import tag_of
from chalicelib.services import Services
from chalicelib.settings import Settings
from conftest import RITA, SAM
from fakes import MemoryMailer, SetClock
from tables import make_records
from test_app import Visitor, decide, token

FOLDER = Path(__file__).resolve().parent.parent / ".chalice"
FUNCTIONS = ("api", "deliver_letters", "sweep", "settle_mail")


def statements(function: str) -> list[dict[str, Any]]:
    policy = json.loads((FOLDER / f"policy-{function}.json").read_text("utf-8"))
    return list(policy["Statement"])


def allowed(function: str) -> set[tuple[str, str]]:
    """What the policy says of the table: (place, action)."""
    found = set()
    for statement in statements(function):
        place = json.dumps(statement["Resource"])
        if '"Records", "Arn"' not in place and "${Records.Arn}" not in place:
            continue
        index = place.partition("/index/")[2].strip('"} ')
        found |= {(index, action.removeprefix("dynamodb:")) for action in statement["Action"]}
    return found


class Calls:
    """What each function asked of the table."""

    def __init__(self, client: Any) -> None:
        self.made: dict[str, set[tuple[str, str]]] = {name: set() for name in FUNCTIONS}
        self._acting = ""
        client.meta.events.register("before-call.dynamodb", self._note)

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        self._acting = function
        yield
        self._acting = ""

    def _note(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        if not self._acting:
            return
        body = json.loads(params["body"])
        for kind in (kind for item in body.get("TransactItems", []) for kind in item):
            self.made[self._acting].add(("", f"{kind}Item"))
        if model.name != "TransactWriteItems":
            self.made[self._acting].add((body.get("IndexName", ""), model.name))


@pytest.fixture
def calls(
    aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> Iterator[Calls]:
    with mock_aws():
        client = boto3.client("dynamodb")
        make_records(client)
        store = DynamoStore(client, "Records")
        mailer = MemoryMailer()
        service = Services(settings, store, Keys(("a" * 64,), b"p" * 32), mailer, clock)
        monkeypatch.setattr(application, "services", lambda: service)
        monkeypatch.setattr(application, "settings", lambda: settings)
        for staff in (RITA, SAM):
            _put_staff(client, staff)
        calls = Calls(client)
        with Client(application.app) as local:
            _walk(calls, Visitor(local), client, service, mailer, clock)
        yield calls


def _put_staff(client: Any, staff: dict[str, Any]) -> None:
    item = {k: {"BOOL": v} if isinstance(v, bool) else {"S": v} for k, v in staff.items()}
    client.put_item(TableName="Records", Item=item)


def _walk(
    calls: Calls, visitor: Visitor, client: Any, service: Services, mailer: MemoryMailer,
    clock: SetClock,
) -> None:  # fmt: skip
    """The whole way of a declaration, each step by the function whose step it is."""

    def deliver() -> None:
        # Twice: the first time, a letter to all staff becomes one a person.
        for _ in range(2):
            owed = _owed(client)
            with calls.of("deliver_letters"):
                for key in owed:
                    service.post.deliver(key)

    with calls.of("api"):
        visitor.get("/health")
        told = visitor.send("/forms/eoi", samples.eoi()).json_body
        visitor.page(f"/file/{token(told['links']['status'], 'file')}")
    deliver()
    review = token(mailer.to("rita.roy@example.org")[-1].text, "review")
    with calls.of("api"):
        assert decide(visitor, review, decision="approve").status_code == 200
    deliver()
    clock.pass_(seconds=600)
    with calls.of("sweep"):
        service.post.sweep()
    invite = token(mailer.to("ada.tremblay@example.org")[-1].text, "invite")
    with calls.of("api"):
        applied = visitor.send("/forms/application", {**samples.application(), "invite": invite})
        assert applied.status_code == 201
    # What the stream did not deliver, a letter to all staff too, is the sweep's.
    clock.pass_(seconds=600)
    with calls.of("sweep"):
        for _ in range(2):
            service.post.sweep()
    sent = next(i for i in _letters(client) if i["status"] == "sent")
    report = {
        "eventType": "Delivery",
        "mail": {"messageId": "1", "tags": {"mail": [tag_of(sent["pk"], sent["sk"])]}},
    }
    with calls.of("settle_mail"):
        assert service.post.settle(report) == "delivered"


def _letters(client: Any) -> list[dict[str, Any]]:
    found = [item_of(item) for item in client.scan(TableName="Records")["Items"]]
    return [item for item in found if item.get("kind") == "letter"]


def _owed(client: Any) -> list[tuple[str, str]]:
    return [(i["pk"], i["sk"]) for i in _letters(client) if i["status"] == "owed"]


def test_no_permission_on_the_table_is_missing_and_none_is_unused(calls: Calls) -> None:
    assert calls.made == {name: allowed(name) for name in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_permissions_name_their_actions_and_their_resources(function: str) -> None:
    for statement in statements(function):
        assert not any("*" in action for action in statement["Action"]), statement["Sid"]
        # AWS knows no smaller resource for the listing of streams.
        assert statement["Resource"] != "*" or statement["Sid"] == "ListStreams"


def test_only_what_writes_letters_may_send_mail() -> None:
    may = {f for f in FUNCTIONS for s in statements(f) if "ses:SendEmail" in s["Action"]}
    assert may == {"deliver_letters", "sweep"}

"""The stores keep the contract: the one in memory, and the one in DynamoDB."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.hooks import HierarchicalEmitter
from moto import mock_aws

from chalicelib.aws.dynamo import DynamoStore
from chalicelib.aws.lists import DynamoSubscriberStore
from chalicelib.core.errors import Conflict, StoreDown, TooLarge
from chalicelib.core.ports import Change, Put, Store
from chalicelib.newsletter.sending.ports import SubscriberStore
from contracts import ListsContract, StoreContract, row
from fakes import MemoryStore
from tables import make_tables


class TestMemoryStore(StoreContract, ListsContract):
    @pytest.fixture
    def memory(self) -> MemoryStore:
        store = MemoryStore()
        store.any_rows = True
        return store

    @pytest.fixture
    def store(self, memory: MemoryStore) -> Store:
        return memory

    @pytest.fixture
    def lists(self, memory: MemoryStore) -> SubscriberStore:
        return memory


def _starts_within(params: dict[str, Any], **_: object) -> None:
    """Refuse to start a listing outside of it, as the table does and its mock does not."""
    values, start = params["ExpressionAttributeValues"], params.get("ExclusiveStartKey")
    if start and ":low" in values:
        assert values[":low"]["S"] <= start["sk"]["S"] <= values[":high"]["S"], "outside"


class TestDynamoStore(StoreContract, ListsContract):
    @pytest.fixture
    def store(self, lists: SubscriberStore) -> Store:
        return lists

    @pytest.fixture
    def lists(self, aws: None) -> Iterator[SubscriberStore]:
        with mock_aws():
            client = boto3.client("dynamodb")
            make_tables(client)
            client.meta.events.register("provide-client-params.dynamodb.Query", _starts_within)
            yield DynamoSubscriberStore(client, "Records", "Subscribers")


@pytest.mark.parametrize("beside", [[], [Put(row("beside"))]])
def test_a_row_that_the_store_has_no_room_for_is_too_large(aws: None, beside: list[Put]) -> None:
    with mock_aws():
        client = boto3.client("dynamodb")
        make_tables(client)
        store = DynamoStore(client, "Records", "Subscribers")
        large = {**row("large"), "text": "x" * 500_000}
        with pytest.raises(TooLarge):
            store.commit([Put(large), *beside])
        small = Put(row("small"))
        store.commit([small])
        with pytest.raises(TooLarge):
            store.commit([Change(small.key, set={"text": "x" * 500_000}), *beside])


def test_a_row_of_a_transaction_that_has_no_room_is_too_large() -> None:
    refused = cancelled("None", "ValidationError")
    reason = "Item size to update has exceeded the maximum allowed size"
    refused.response["CancellationReasons"][1]["Message"] = reason
    with pytest.raises(TooLarge):
        DynamoStore(Canned(refused), "Records", "Subscribers").commit(  # type: ignore[arg-type]
            [Put(row("a")), Put(row("b"))]
        )


class Canned:
    """A client whose transactions answer with one error after another."""

    meta = SimpleNamespace(events=HierarchicalEmitter())

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def transact_write_items(self, **_: Any) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


def cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(answer, "TransactWriteItems")


TWO = [Put(row(sk="1")), Put(row(sk="2"))]


def test_a_busy_neighbour_is_waited_for() -> None:
    client = Canned(cancelled("TransactionConflict", "None"), cancelled("None", "ThrottlingError"))
    DynamoStore(client, "Records", "Subscribers").commit(TWO)  # type: ignore[arg-type]
    assert client.calls == 3


def test_a_neighbour_busy_for_ever_is_a_store_that_is_down() -> None:
    client = Canned(*[cancelled("TransactionConflict", "None")] * 20)
    with pytest.raises(StoreDown):
        DynamoStore(client, "Records", "Subscribers").commit(TWO)  # type: ignore[arg-type]
    assert client.calls < 20


def test_a_failed_condition_counts_more_than_a_busy_neighbour() -> None:
    client = Canned(cancelled("TransactionConflict", "ConditionalCheckFailed"))
    with pytest.raises(Conflict) as met:
        DynamoStore(client, "Records", "Subscribers").commit(TWO)  # type: ignore[arg-type]
    assert list(met.value.found) == [("A", "2")]


def test_no_answer_is_a_store_that_is_down() -> None:
    client = Canned(ConnectTimeoutError(endpoint_url="https://example.org"))
    with pytest.raises(StoreDown):
        DynamoStore(client, "Records", "Subscribers").commit(TWO)  # type: ignore[arg-type]


def test_a_mistake_of_ours_is_not_hidden_as_weather() -> None:
    error = ClientError({"Error": {"Code": "ValidationException"}}, "TransactWriteItems")
    with pytest.raises(ClientError):
        DynamoStore(Canned(error), "Records", "Subscribers").commit(TWO)  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_mistake_of_ours_within_a_transaction_is_seen_and_tried_once(reason: str) -> None:
    client = Canned(*[cancelled("None", reason)] * 9)
    with pytest.raises(ClientError):
        DynamoStore(client, "Records", "Subscribers").commit(TWO)  # type: ignore[arg-type]
    assert client.calls == 1


@pytest.mark.parametrize(
    ("pk", "table"),
    [
        ("PERSON#1", "Subscribers"),
        ("ISSUE#1", "Subscribers"),
        ("CASE#1", "Records"),
        ("NEWS#1", "Records"),
        ("STAFF", "Records"),
    ],
)
def test_a_key_says_where_its_row_lives(pk: str, table: str) -> None:
    assert DynamoStore(Canned(), "Records", "Subscribers").table(pk) == table  # type: ignore[arg-type]

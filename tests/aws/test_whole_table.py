"""A whole table is read in parts at the same time, and each row comes once."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.aws.anchors import DynamoHeads
from chalicelib.aws.whole_table import PARTS_AT_ONCE, scanned
from tables import make_tables

TABLE = "relais-test-records"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        client = boto3.client("dynamodb", region_name="ca-central-1")
        make_tables(client, TABLE, "relais-test-subscribers")
        for number in range(60):
            for sk in ("CASE", "EVENT"):
                row = {"pk": {"S": f"CASE#{number}"}, "sk": {"S": sk}}
                client.put_item(TableName=TABLE, Item=row)
        yield client


@pytest.mark.parametrize("a_page", [1, 4, 1000])
def test_each_row_comes_once_however_many_there_are_in_a_page(client: Any, a_page: int) -> None:
    keys = [(row["pk"], row["sk"]) for row in scanned(client, TABLE, Limit=a_page)]
    assert len(keys) == len(set(keys)) == 120
    assert list(scanned(client, "relais-test-subscribers")) == []


def test_the_heads_of_chains_are_read_from_all_parts_at_once(client: Any) -> None:
    parts: list[int] = []
    client.meta.events.register(
        "provide-client-params.dynamodb.Scan", lambda params, **_: parts.append(params["Segment"])
    )
    heads = list(DynamoHeads(client, TABLE, "relais-test-subscribers").heads())
    assert {row["sk"] for row in heads} == {"CASE"}
    assert len(heads) == 60
    assert set(parts) == set(range(PARTS_AT_ONCE))


def test_what_fails_in_one_part_fails_all_of_it(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        list(scanned(client, "nowhere"))

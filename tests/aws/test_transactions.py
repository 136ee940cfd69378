"""Transactions, changes and large reads leave as botocore itself would write them."""

import json
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.support import canned
from chalicelib.aws.transactions import write_as_given

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUE = st.one_of(
    st.builds(lambda text: {"S": text}, TEXT),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda content: {"B": content}, st.binary(max_size=20)),
    st.builds(lambda text: {"M": {"json": {"S": text}}}, TEXT),
    st.builds(lambda truth: {"BOOL": truth}, st.booleans()),
)
ITEM = st.dictionaries(TEXT.filter(bool), VALUE, min_size=1, max_size=5)
PUTS = st.lists(
    st.builds(lambda item: {"Put": {"TableName": "Records", "Item": item}}, ITEM),
    min_size=2,
    max_size=4,
)


def sender() -> tuple[Any, list[Any]]:
    """Return a client, and the requests that it sends: nobody answers them but with success."""
    sent: list[Any] = []

    def respond(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), canned.Body(b"{}"))

    client: Any = boto3.client(
        "dynamodb",
        region_name="ca-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.meta.events.register("before-send.dynamodb.*", respond)
    return client, sent


PLAIN, PLAINLY_SENT = sender()
OURS, SENT = sender()
write_as_given(OURS)


@settings(max_examples=40)
@given(PUTS)
def test_a_transaction_says_what_botocore_would_have_written(puts: list[Any]) -> None:
    token = "one-token"
    for client in (PLAIN, OURS):
        client.transact_write_items(TransactItems=puts, ClientRequestToken=token)
    ours, plain = SENT.pop(), PLAINLY_SENT.pop()
    assert json.loads(ours.body) == json.loads(plain.body)
    assert {n: v for n, v in ours.headers.items() if n.startswith(("X-Amz-T", "Content-T"))} == {
        n: v for n, v in plain.headers.items() if n.startswith(("X-Amz-T", "Content-T"))
    }


def test_each_transaction_has_a_token_of_its_own_that_makes_a_second_attempt_harmless() -> None:
    for _ in range(2):
        OURS.transact_write_items(TransactItems=[{}])
    tokens = {json.loads(request.body)["ClientRequestToken"] for request in SENT}
    SENT.clear()
    assert len(tokens) == 2


@settings(max_examples=30)
@given(ITEM, st.lists(ITEM, min_size=1, max_size=3), TEXT.filter(bool))
def test_a_change_and_a_read_of_many_say_what_botocore_would_have_written(
    values: dict[str, Any], keys: list[Any], name: str
) -> None:
    change = {
        "TableName": "Records",
        "Key": keys[0],
        "UpdateExpression": "SET #a = :a",
        "ExpressionAttributeNames": {"#a": name},
        "ExpressionAttributeValues": values,
    }
    read = {"Subscribers": {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": "pk"}}
    for client in (PLAIN, OURS):
        client.update_item(**change)
        client.update_item(TableName="Records", Key=keys[0])
        client.batch_get_item(RequestItems=read)
    for _ in range(3):
        ours, plain = SENT.pop(), PLAINLY_SENT.pop()
        assert (ours.url, ours.headers["X-Amz-Target"]) == (
            plain.url,
            plain.headers["X-Amz-Target"],
        )
        assert json.loads(ours.body) == json.loads(plain.body)

"""Answers of AWS are what botocore's parser makes of them, and bulks leave as it would write them."""

import base64
import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.support import canned
from chalicelib.aws.answers import READS, read_as_given
from chalicelib.aws.transactions import write_bulks_as_given

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUE = st.one_of(
    st.builds(lambda text: {"S": text}, TEXT),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda numbers: {"NS": [str(n) for n in numbers]}, st.sets(st.integers())),
    st.builds(lambda some: {"B": base64.b64encode(some).decode()}, st.binary(max_size=6)),
    st.builds(lambda some: {"BS": [base64.b64encode(some).decode()]}, st.binary(max_size=6)),
    st.builds(lambda text: {"M": {"json": {"S": text}, "B": {"S": text}}}, TEXT),
    st.builds(lambda truth: {"BOOL": truth}, st.booleans()),
)
ITEM = st.dictionaries(TEXT.filter(bool), VALUE, max_size=4)
KEY = {"pk": {"S": "x"}, "sk": {"S": "x"}}


class Answering:
    """A client that nobody answers but this, and what it sends."""

    def __init__(self, service: Any) -> None:
        self.status, self.body, self.sent = 200, b"", list[Any]()
        self.client: Any = boto3.client(
            service,
            region_name="ca-central-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-send.*.*", self._respond)

    def _respond(self, request: Any, **_: Any) -> AWSResponse:
        self.sent.append(request)
        headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, self.status, headers, canned.Body(self.body))


PLAIN, OURS = Answering("dynamodb"), Answering("dynamodb")
read_as_given(OURS.client, *READS)
PLAIN_SES, OUR_SES = Answering("sesv2"), Answering("sesv2")
write_bulks_as_given(OUR_SES.client)
read_as_given(OUR_SES.client, "sesv2.SendBulkEmail")


def both(answer: bytes, call: Any) -> list[Any]:
    found = []
    for one in (PLAIN, OURS):
        one.body = answer
        told = call(one.client)
        told.pop("ResponseMetadata")
        found.append(told)
    return found


@settings(max_examples=40)
@given(st.lists(ITEM, max_size=3), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_an_answer_of_the_store_is_what_botocore_makes_of_it(
    items: list[Any], separators: tuple[str, str]
) -> None:
    answers = {
        "query": {"Items": items, "Count": len(items), "LastEvaluatedKey": KEY},
        "batch_get_item": {"Responses": {"Records": items}, "UnprocessedKeys": {}},
        "get_item": {"Item": items[0]} if items else {},
        "update_item": {"Attributes": items[0]} if items else {},
    }
    asked: dict[str, dict[str, Any]] = {
        "query": {"TableName": "Records"},
        "batch_get_item": {"RequestItems": {"Records": {"Keys": [KEY]}}},
        "get_item": {"TableName": "Records", "Key": KEY},
        "update_item": {"TableName": "Records", "Key": KEY},
    }
    for name, answer in answers.items():
        written = json.dumps(answer, separators=separators).encode()
        plain, ours = both(written, lambda client, n=name: getattr(client, n)(**asked[n]))
        assert ours == plain


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_an_answer_without_anything_says_nothing(body: bytes) -> None:
    plain, ours = both(body, lambda client: client.get_item(TableName="Records", Key=KEY))
    assert ours == plain == {}


def test_an_answer_that_is_no_json_or_an_error_is_botocores() -> None:
    plain, ours = both(b"<html>", lambda client: client.get_item(TableName="Records", Key=KEY))
    assert ours == plain
    OURS.status = 400
    OURS.body = b'{"__type":"x#ConditionalCheckFailedException","Item":{"pk":{"S":"x"}}}'
    with pytest.raises(ClientError) as refused:
        OURS.client.update_item(TableName="Records", Key=KEY)
    OURS.status = 200
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"


@settings(max_examples=20)
@given(st.lists(TEXT, max_size=3), TEXT)
def test_a_bulk_says_what_botocore_would_have_written(texts: list[str], subject: str) -> None:
    bulk: Any = {
        "FromEmailAddress": "news@example.org",
        "DefaultContent": {
            "Template": {
                "TemplateContent": {"Subject": subject, "Text": "x"},
                "TemplateData": "{}",
                "Headers": [{"Name": "List-Id", "Value": "<news>"}],
            }
        },
        "BulkEmailEntries": [
            {
                "Destination": {"ToAddresses": [f"{n}@example.org"]},
                "ReplacementTags": [{"Name": "row", "Value": text}],
                "ReplacementEmailContent": {
                    "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"n": text})}
                },
            }
            for n, text in enumerate(texts)
        ],
    }
    results = [{"Status": "SUCCESS", "MessageId": text} for text in texts]
    told, sent = [], []
    for one in (PLAIN_SES, OUR_SES):
        one.body = json.dumps({"BulkEmailEntryResults": results}).encode()
        told.append(one.client.send_bulk_email(**bulk)["BulkEmailEntryResults"])
        request = one.sent.pop()
        sent.append((request.url, request.headers["Content-Type"], json.loads(request.body)))
    assert told[0] == told[1]
    assert sent[0] == sent[1]

"""Reads every file of the table, as it is at that moment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.aws.dynamo import item_of
from chalicelib.cases.case import Case

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def every_file(client: "DynamoDBClient", records: str) -> Iterator[Case]:
    pages = client.get_paginator("scan").paginate(
        TableName=records,
        ConsistentRead=True,
        FilterExpression="kind = :kind",
        ExpressionAttributeValues={":kind": {"S": "case"}},
    )
    return (Case.of(item_of(item)) for page in pages for item in page["Items"])

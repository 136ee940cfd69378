"""Reads every file of the table, as it is at that moment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.aws.whole_table import scanned
from chalicelib.cases.case import Case

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def every_file(client: "DynamoDBClient", records: str) -> Iterator[Case]:
    rows = scanned(
        client,
        records,
        ConsistentRead=True,
        FilterExpression="kind = :kind",
        ExpressionAttributeValues={":kind": {"S": "case"}},
    )
    return map(Case.of, rows)

"""Reads the heads of all chains from DynamoDB, and keeps anchors in a bucket with Object Lock."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from chalicelib.aws.keys import read_secret
from chalicelib.aws.whole_table import scanned
from chalicelib.core.ports import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class DynamoHeads:
    client: "DynamoDBClient"
    records: str
    subscribers: str

    def heads(self) -> Iterator[Item]:
        for table in (self.records, self.subscribers):
            yield from scanned(
                self.client,
                table,
                FilterExpression="sk = :case OR sk = :issue",
                ExpressionAttributeValues={":case": {"S": "CASE"}, ":issue": {"S": "ISSUE"}},
            )


@dataclass(frozen=True)
class S3AnchorBucket:
    """A bucket whose lock keeps each object for the time that the stack sets."""

    client: Any
    name: str

    def put(self, name: str, body: IO[bytes]) -> None:
        self.client.put_object(Bucket=self.name, Key=name, Body=body)


def anchor_key(client: "SecretsManagerClient", name: str) -> bytes:
    """Return the key that seals anchors. Raises StoreDown."""
    return anchor_key_in(read_secret(client, name))


def anchor_key_in(secret: str) -> bytes:
    """Return the key in the secret of anchors."""
    return str(json.loads(secret)["key"]).encode()

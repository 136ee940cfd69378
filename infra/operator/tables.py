"""What an operator reads of the tables whole, beside the store: scans, and the index of states."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.aws.dynamo import item_of
from chalicelib.aws.every_file import every_file
from chalicelib.aws.whole_table import scanned
from chalicelib.cases.case import Case
from chalicelib.core.ports import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Tables:
    """The two tables of a stage."""

    client: "DynamoDBClient"
    records: str
    subscribers: str

    def people_in_state(self, state: str) -> Iterator[Item]:
        """Yield what the index of states holds of subscribers and issues, oldest first."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.subscribers,
            IndexName="state",
            KeyConditionExpression="state_key = :state",
            ExpressionAttributeValues={":state": {"S": state}},
        )
        return (item_of(item) for page in pages for item in page["Items"])

    def everybody(self) -> Iterator[Item]:
        """Yield the row of each subscriber, in no order."""
        return scanned(
            self.client,
            self.subscribers,
            FilterExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": "subscriber"}},
        )

    def letters_sent_since(self, since: str) -> Iterator[Item]:
        """Yield the key and what is said of lateness of each letter sent since a stamp, in no
        order. Reads the whole table."""
        return scanned(
            self.client,
            self.records,
            ProjectionExpression="pk, sk, late",
            FilterExpression="kind = :kind AND sent_at >= :since",
            ExpressionAttributeValues={":kind": {"S": "letter"}, ":since": {"S": since}},
        )

    def cases(self) -> Iterator[Case]:
        """Yield each case, in no order."""
        return every_file(self.client, self.records)

    def everything(self) -> Iterator[Item]:
        """Yield every row of both tables, in no order."""
        for table in (self.records, self.subscribers):
            yield from scanned(self.client, table, ConsistentRead=True)

    def partitions(self, words: Sequence[str]) -> Iterator[str]:
        """Yield each `pk` of both tables that begins with one of the words, once: a scan meets
        the rows of one after each other."""
        last = ""
        for table in (self.records, self.subscribers):
            pages = self.client.get_paginator("scan").paginate(
                TableName=table,
                ProjectionExpression="pk",
                FilterExpression=" OR ".join(f"begins_with(pk, :{word})" for word in words),
                ExpressionAttributeValues={f":{word}": {"S": f"{word}#"} for word in words},
            )
            for page in pages:
                for item in page["Items"]:
                    pk = item["pk"]["S"]
                    if pk != last:
                        last = pk
                        yield pk

"""Reads a whole table, in parts at the same time: page after page, each gigabyte takes a minute."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws.dynamo import item_of
from chalicelib.core.ports import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ScanOutputTypeDef

PARTS_AT_ONCE: Final = 8
"""Parts of a table that are read at the same time, a page of each."""


def scanned(client: "DynamoDBClient", table: str, **how: Any) -> Iterator[Item]:
    """Yield the rows of a table, in no order; `how` is what a scan takes besides, such as a filter."""

    def page(part: int, last: object = None) -> "tuple[int, ScanOutputTypeDef]":
        more = {**how, "ExclusiveStartKey": last} if last else how
        return part, client.scan(TableName=table, Segment=part, TotalSegments=PARTS_AT_ONCE, **more)

    with ThreadPoolExecutor(PARTS_AT_ONCE) as readers:
        reading = {readers.submit(page, part) for part in range(PARTS_AT_ONCE)}
        while reading:
            done, reading = wait(reading, return_when=FIRST_COMPLETED)
            for part, found in (one.result() for one in done):
                if last := found.get("LastEvaluatedKey"):
                    reading.add(readers.submit(page, part, last))
                yield from map(item_of, found["Items"])

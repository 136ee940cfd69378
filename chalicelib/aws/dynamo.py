"""The Store in DynamoDB: two tables, every write on a condition."""

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.answers import READS, read_as_given
from chalicelib.aws.expressions import Expressions, check_request, decode, encode
from chalicelib.aws.transactions import write_as_given
from chalicelib.core.counts import merged_counts
from chalicelib.core.errors import Conflict, StoreDown, TooLarge
from chalicelib.core.ports import (
    Change,
    Check,
    Delete,
    Item,
    Key,
    OfPerson,
    Put,
    Write,
)
from chalicelib.core.records import DUE_SHARDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRANSACTION_ATTEMPTS: Final = 6
"""How often a transaction that met another one is tried, within about a second."""

BATCH_READ_ATTEMPTS: Final = 6
"""How often keys are asked for that a busy table left out of its answer."""

SUBSCRIBERS: Final = ("PERSON#", "ISSUE")
"""How the keys begin that live in the table of the newsletter; all others are records."""

_BUSY: Final = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def item_of(found: dict[str, Any]) -> Item:
    # Nearly all are text: a call for each of those would cost as much as all the rest.
    return {name: value["S"] if "S" in value else decode(value) for name, value in found.items()}


class DynamoStore:
    """Rows through the low-level client: the resource layer costs more per item."""

    def __init__(self, client: "DynamoDBClient", records: str, subscribers: str) -> None:
        write_as_given(client)
        read_as_given(client, *READS)
        self._client = client
        self._records = records
        self._subscribers = subscribers

    def table(self, pk: str) -> str:
        """Return the name of the table in which rows of this key live."""
        return self._subscribers if pk.startswith(SUBSCRIBERS) else self._records

    def commit(self, writes: Sequence[Write]) -> None:
        writes = merged_counts(writes)
        requests = [self._request(write) for write in writes]
        for turn in range(TRANSACTION_ATTEMPTS):
            try:
                if len(requests) == 1 and "ConditionCheck" not in requests[0]:
                    self._one(requests[0])
                else:
                    self._client.transact_write_items(TransactItems=requests)  # type: ignore[arg-type]
                return
            except ClientError as error:
                raise_conflict(error, [write.key for write in writes])
                if not _is_busy(error) or turn == TRANSACTION_ATTEMPTS - 1:
                    raise _translated(error) from error
            except BotoCoreError as error:
                raise StoreDown(str(error)) from error
            time.sleep(random.uniform(0, 0.02 * 2**turn))

    def get(self, pk: str, sk: str) -> Item | None:
        with store_errors():
            found = self._client.get_item(
                TableName=self.table(pk), Key=key_attributes((pk, sk)), ConsistentRead=True
            )
        return item_of(found["Item"]) if "Item" in found else None

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        asked: dict[str, Any] = {}
        for key in dict.fromkeys(keys):
            of_table = asked.setdefault(self.table(key[0]), {"Keys": [], "ConsistentRead": True})
            of_table["Keys"].append(key_attributes(key))
        items = map(item_of, self._batch(asked))
        return {(item["pk"], item["sk"]): item for item in items}

    def _batch(self, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the rows that are asked for by table; what a busy table left out, a little later."""
        for turn in range(BATCH_READ_ATTEMPTS):
            if not asked:
                return
            with store_errors():
                answer = self._client.batch_get_item(RequestItems=asked)
            for found in answer["Responses"].values():
                yield from found
            asked = answer.get("UnprocessedKeys", {})
            if asked:
                time.sleep(0.02 * 2**turn)
        if asked:
            raise StoreDown("the table is too busy")

    def rows(self, pk: str, prefix: str = "") -> list[Item]:
        query: dict[str, Any] = {
            "TableName": self.table(pk),
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": prefix}},
            "ConsistentRead": True,
        }
        if not prefix:
            query["KeyConditionExpression"] = "pk = :pk"
            del query["ExpressionAttributeValues"][":sk"]
        return [item_of(found) for found in self._pages(query)]

    def latest(self, pk: str, limit: int) -> list[Item]:
        return [item_of(found) for found in self._some("pk", pk, limit, ConsistentRead=True)]

    def of_person(self, person: str, limit: int, kind: OfPerson = "CASE") -> list[str]:
        begins = f"{kind}#"
        found = self._some("person", person, limit, begins, IndexName="person")
        return [item["pk"]["S"].removeprefix(begins) for item in found]

    def _some(
        self, name: str, value: str, limit: int, begins: str = "", **how: Any
    ) -> list[dict[str, Any]]:
        """Return one page of rows and no more, the last ones first; of an index, those whose `pk`
        begins so."""
        where, values = f"{name} = :value", {":value": {"S": value}}
        if begins:
            where, values = (
                f"{where} AND begins_with(pk, :begins)",
                {**values, ":begins": {"S": begins}},
            )
        with store_errors():
            page = self._client.query(
                TableName=self._records,
                KeyConditionExpression=where,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=limit,
                **how,
            )
        return list(page["Items"])

    def listed(self, state_key: str) -> Iterator[Item]:
        query = {
            "TableName": self._records,
            "IndexName": "state",
            "KeyConditionExpression": "state_key = :state",
            "ExpressionAttributeValues": {":state": {"S": state_key}},
        }
        return (item_of(found) for found in self._pages(query))

    def due(self, now: str, first: int = 0) -> Iterator[Key]:
        shards = [(first + turn) % DUE_SHARDS for turn in range(DUE_SHARDS)]
        for shard, table in product(shards, (self._records, self._subscribers)):
            query = {
                "TableName": table,
                "IndexName": "due",
                "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
                "ExpressionAttributeValues": {":shard": {"S": str(shard)}, ":now": {"S": now}},
                "ProjectionExpression": "pk, sk",
            }
            for found in self._pages(query):
                yield found["pk"]["S"], found["sk"]["S"]

    def _pages(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            with store_errors():
                page = self._client.query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _one(self, request: dict[str, Any]) -> None:
        if "Put" in request:
            self._client.put_item(**request["Put"])
        elif "Update" in request:
            self._client.update_item(**request["Update"])
        else:
            self._client.delete_item(**request["Delete"])

    def _request(self, write: Write) -> dict[str, Any]:
        if isinstance(write, Put):
            return self._put(write)
        if isinstance(write, Check):
            return check_request(write, self.table(write.key[0]))
        return self._update(write) if isinstance(write, Change) else self._delete(write)

    def _put(self, put: Put) -> dict[str, Any]:
        request: dict[str, Any] = {
            "TableName": self.table(put.item["pk"]),
            "Item": {k: encode(v) for k, v in put.item.items() if v is not None},
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if put.unless_after is not None:
            request["ConditionExpression"] += " OR expires < :now"
            request["ExpressionAttributeValues"] = {":now": encode(put.unless_after)}
        return {"Put": request}

    def _update(self, change: Change) -> dict[str, Any]:
        expressions = Expressions()
        request: dict[str, Any] = {
            "TableName": self.table(change.key[0]),
            "Key": key_attributes(change.key),
            "UpdateExpression": expressions.update(change),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if condition := expressions.condition(change):
            request["ConditionExpression"] = condition
        request["ExpressionAttributeNames"] = expressions.names
        if expressions.values:
            request["ExpressionAttributeValues"] = expressions.values
        return {"Update": request}

    def _delete(self, delete: Delete) -> dict[str, Any]:
        request: dict[str, Any] = {
            "TableName": self.table(delete.key[0]),
            "Key": key_attributes(delete.key),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        expressions = Expressions()
        if condition := expressions.condition(Change(delete.key, expect=delete.expect)):
            request["ConditionExpression"] = condition
            request["ExpressionAttributeNames"] = expressions.names
            request["ExpressionAttributeValues"] = expressions.values
        return {"Delete": request}


def key_attributes(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


class store_errors:
    """Turns what AWS says of a read into our words."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            raise _translated(error) from error
        if isinstance(error, BotoCoreError):
            raise StoreDown(str(error)) from error


def _reasons(error: ClientError) -> list[dict[str, Any]]:
    reasons: Any = error.response.get("CancellationReasons", [])
    return list(reasons)


def raise_conflict(error: ClientError, keys: Sequence[Key]) -> None:
    """Raise Conflict when a condition failed; a busy neighbour beside it changes nothing.

    `keys` are those of the writes, in their order: DynamoDB answers by position.
    """
    if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
        raise Conflict({keys[0]: item_of(error.response.get("Item", {}))})  # type: ignore[arg-type]
    found = {
        key: item_of(reason.get("Item", {}))
        for key, reason in zip(keys, _reasons(error), strict=False)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if found:
        raise Conflict(found)


def _is_busy(error: ClientError) -> bool:
    if error.response["Error"]["Code"] == "TransactionConflictException":
        return True
    return any(reason.get("Code") in _BUSY for reason in _reasons(error))


_OURS: Final = {"ValidationException", "AccessDeniedException", "SerializationException"}
"""A mistake in our code or policies, not the weather: let it crash and be seen."""

_OURS_IN_A_TRANSACTION: Final = {"ValidationError", "ItemCollectionSizeLimitExceeded"}
"""The same, as the reasons of a transaction name it."""

_TOO_LARGE: Final = re.compile("item size.*exceeded", re.IGNORECASE)
"""How DynamoDB says that a row would be over 400 kB."""


def _translated(error: ClientError) -> Exception:
    reasons = {reason.get("Code") for reason in _reasons(error)}
    said = (str(each.get("Message", "")) for each in (error.response["Error"], *_reasons(error)))
    if any(map(_TOO_LARGE.search, said)):
        return TooLarge("a row")
    if error.response["Error"]["Code"] in _OURS or reasons & _OURS_IN_A_TRANSACTION:
        return error
    return StoreDown(error.response["Error"]["Code"])

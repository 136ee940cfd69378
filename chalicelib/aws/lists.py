"""The newsletter's lists in DynamoDB: fifty rows a call, sets, and the line to SES."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.aws.dynamo import (
    item_of,
    key_attributes,
    raise_conflict,
    store_errors,
)
from chalicelib.aws.expressions import encode
from chalicelib.aws.listings import DynamoListings
from chalicelib.core.ports import Item, Key

_WANTED: Final = (
    "pk", "email", "lang", "topics", "name", "status", "paused_until", "expires_at",
    "soft_bounces",
)  # fmt: skip
_PROFILE_PROJECTION: Final = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in _WANTED),
    "ExpressionAttributeNames": {f"#{name}": name for name in _WANTED},
}
"""A whole profile, fifty times a call, would be a third of the CPU that sending takes."""


class DynamoSubscriberStore(DynamoListings):
    """The Store, and what sending needs beside it."""

    def audience(self, key: str) -> Iterator[Item]:
        query = {
            "TableName": self._subscribers,
            "IndexName": "audience",
            "KeyConditionExpression": "audience = :key",
            "ExpressionAttributeValues": {":key": {"S": key}},
        }
        return (item_of(found) for found in self._pages(query))

    def in_state(self, state_key: str) -> Iterator[Item]:
        query = {
            "TableName": self._subscribers,
            "IndexName": "state",
            "KeyConditionExpression": "state_key = :state",
            "ExpressionAttributeValues": {":state": {"S": state_key}},
        }
        return (item_of(found) for found in self._pages(query))

    def subscribers(self, after: str) -> tuple[list[Item], str]:
        request: dict[str, Any] = {
            "TableName": self._subscribers,
            "FilterExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": "subscriber"}},
        }
        if after:
            pk, _, sk = after.rpartition("/")
            request["ExclusiveStartKey"] = key_attributes((pk, sk))
        with store_errors():
            page = self._client.scan(**request)
        last = item_of(page["LastEvaluatedKey"]) if "LastEvaluatedKey" in page else None
        behind = f"{last['pk']}/{last['sk']}" if last else ""
        return [item_of(found) for found in page["Items"]], behind

    def profiles(self, people: Sequence[str]) -> Mapping[str, Item]:
        from chalicelib.newsletter.subscribers.subscriber import person_of, profile_key

        keys = [key_attributes(profile_key(person)) for person in dict.fromkeys(people)]
        asked = {self._subscribers: {"Keys": keys, "ConsistentRead": True, **_PROFILE_PROJECTION}}
        found = map(item_of, self._batch(asked if keys else {}))
        return {person_of(item["pk"]): item for item in found}

    def gather(self, key: Key, found: Mapping[str, set[int]], facts: Mapping[str, Any]) -> Item:
        names = {f"#{name}": name for name in (*found, *facts)}
        values: dict[str, Any] = {
            f":{name}": {"NS": [str(n) for n in sorted(numbers)]} for name, numbers in found.items()
        }
        values |= {f":{name}": encode(value) for name, value in facts.items()}
        text = "ADD " + ", ".join(f"#{name} :{name}" for name in found)
        if facts:
            text += " SET " + ", ".join(f"#{name} = :{name}" for name in facts)
        return self._changed(
            key,
            UpdateExpression=text,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )

    def step(self, key: Key, add: Mapping[str, int], from_: tuple[str, int]) -> Item:
        name, least = from_
        return self._changed(
            key,
            UpdateExpression="ADD " + ", ".join(f"#{n} :{n}" for n in add),
            ConditionExpression=f"#{name} >= :least",
            ExpressionAttributeNames={f"#{n}": n for n in (*add, name)},
            ExpressionAttributeValues={
                ":least": encode(least),
                **{f":{n}": encode(number) for n, number in add.items()},
            },
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    def _changed(self, key: Key, **request: Any) -> Item:
        with store_errors():
            try:
                answer = self._client.update_item(
                    TableName=self.table(key[0]), Key=key_attributes(key), **request
                )
            except ClientError as error:
                raise_conflict(error, [key])
                raise
        return item_of(answer.get("Attributes", {}))

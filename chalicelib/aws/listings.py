"""Parts of long lists in DynamoDB: filtered, counted, and never more than a few calls."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.aws.dynamo import DynamoStore, item_of, key_attributes, store_errors
from chalicelib.aws.expressions import Expressions
from chalicelib.core.ports import LISTING_CALLS, Item, Listing, Stretch, Where

FIRST_LOOK: Final = 400
"""Rows that the first call of a filtered listing looks at: mostly enough for a page."""


class DynamoListings(DynamoStore):
    """The Store, with its lists."""

    def listing(self, pk: str, stretch: Stretch, where: Sequence[Where], limit: int) -> Listing:
        if stretch.is_over:
            return Listing([], True)
        query, found = self._stretch(pk, stretch, where), list[Item]()
        for turn in range(LISTING_CALLS):
            # Where everything fits, no more is read than is wanted; else the first call is short.
            if not where or not turn:
                query["Limit"] = limit + 1 if not where else FIRST_LOOK
            else:
                query.pop("Limit", None)
            with store_errors():
                page = self._client.query(**query)
            found += map(item_of, page["Items"])
            if len(found) > limit:
                return Listing(found[:limit], False)
            if "LastEvaluatedKey" not in page:
                return Listing(found, True)
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return Listing(found, False, query["ExclusiveStartKey"]["sk"]["S"])

    def counted(self, pk: str, stretch: Stretch, where: Sequence[Where]) -> tuple[int, bool]:
        if stretch.is_over:
            return 0, True
        query, total = {**self._stretch(pk, stretch, where), "Select": "COUNT"}, 0
        for _ in range(LISTING_CALLS):
            with store_errors():
                page = self._client.query(**query)
            total += page["Count"]
            if "LastEvaluatedKey" not in page:
                return total, True
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return total, False

    def _stretch(self, pk: str, stretch: Stretch, where: Sequence[Where]) -> dict[str, Any]:
        said = Expressions()
        query: dict[str, Any] = {
            "TableName": self.table(pk),
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ScanIndexForward": not stretch.backward,
        }
        if where:
            query["FilterExpression"] = said.filter(where)
            query["ExpressionAttributeNames"] = said.names
        ends = {":pk": pk, ":low": stretch.low, ":high": stretch.high}
        query["ExpressionAttributeValues"] = {
            **said.values, **{name: {"S": end} for name, end in ends.items()}
        }  # fmt: skip
        if stretch.start:
            query["ExclusiveStartKey"] = key_attributes((pk, stretch.start))
        return query

"""Values and changes in DynamoDB's own words."""

import json
from collections.abc import Sequence
from typing import Any

from chalicelib.core.json_text import compact
from chalicelib.core.ports import Change, Check, Item, Where


def encode(value: Any) -> dict[str, Any]:
    """Return a value as DynamoDB has it; lists and mappings as JSON, which is read and billed as
    text."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    return {"M": {"json": {"S": compact(value)}}}


def decode(value: dict[str, Any]) -> Any:
    kind, content = next(iter(value.items()))
    if kind == "N":
        return int(content)
    if kind == "NS":
        return {int(number) for number in content}
    if kind == "M":
        return json.loads(content["json"]["S"])
    return content


class Expressions:
    """A Change in DynamoDB's expression language, with its names and values."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, dict[str, Any]] = {}

    def update(self, change: Change) -> str:
        kept = {k: v for k, v in change.set.items() if v is not None}
        parts = []
        if kept:
            parts.append(
                "SET " + ", ".join(f"{self._n(k)} = {self._v(v)}" for k, v in kept.items())
            )
        if change.remove:
            parts.append("REMOVE " + ", ".join(self._n(k) for k in change.remove))
        if change.add:
            parts.append(
                "ADD " + ", ".join(f"{self._n(k)} {self._v(v)}" for k, v in change.add.items())
            )
        return " ".join(parts)

    def condition(self, change: Change) -> str:
        parts = [f"{self._n(k)} = {self._v(v)}" for k, v in change.expect.items()]
        parts += [f"attribute_not_exists({self._n(k)})" for k in change.absent]
        parts += [
            f"(attribute_not_exists({self._n(k)}) OR {self._n(k)} < {self._v(v)})"
            for k, v in change.at_most.items()
        ]
        if change.unless_over is not None:
            parts.append(f"{self._n('expires')} > {self._v(change.unless_over)}")
        return " AND ".join(parts)

    def filter(self, where: Sequence[Where]) -> str:
        return " AND ".join(map(self._fits, where))

    def _fits(self, one: Where) -> str:
        name = self._n(one.name)
        if one.how == "up_to":
            return f"{name} <= {self._v(one.values[0])}"
        if one.how == "has":
            return " AND ".join(f"contains({name}, {self._v(text)})" for text in one.values)
        return f"{name} IN ({', '.join(map(self._v, one.values))})"

    def _n(self, name: str) -> str:
        self.names[f"#{name}"] = name
        return f"#{name}"

    def _v(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = encode(value)
        return placeholder


def check_request(check: Check, table: str) -> Item:
    """Return the condition of a transaction on a row that it does not write."""
    expressions = Expressions()
    as_change = Change(check.key, expect=check.expect, absent=check.absent)
    request: Item = {
        "TableName": table,
        "Key": {"pk": {"S": check.key[0]}, "sk": {"S": check.key[1]}},
        "ConditionExpression": expressions.condition(as_change),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ExpressionAttributeNames": expressions.names,
    }
    if expressions.values:
        request["ExpressionAttributeValues"] = expressions.values
    return {"ConditionCheck": request}

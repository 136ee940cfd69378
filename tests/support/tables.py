"""The tables as infra/ defines them, made in moto."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models

INFRA = Path(__file__).resolve().parents[2] / "infra" / "resources.json"

_OF_CREATE_TABLE = {
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "BillingMode",
    "StreamSpecification",
}


def make_tables(client: Any, records: str = "Records", subscribers: str = "Subscribers") -> None:
    """Creates both tables from the very resources that are deployed."""
    resources = json.loads(INFRA.read_text("utf-8"))["Resources"]
    for resource, name in (("Records", records), ("Subscribers", subscribers)):
        properties = resources[resource]["Properties"]
        wanted = {k: v for k, v in properties.items() if k in _OF_CREATE_TABLE}
        if "StreamSpecification" in wanted:
            wanted["StreamSpecification"]["StreamEnabled"] = True
        client.create_table(TableName=name, **wanted)


def _transact_write_items(
    self: models.DynamoDBBackend, transact_items: list[dict[str, Any]]
) -> None:
    """Write as moto does, but copy a table once a transaction: moto copies it again a row."""
    snapshots: dict[int, Any] = {}

    def deepcopy(value: Any) -> Any:
        if not isinstance(value, models.Table):
            return copy.deepcopy(value)
        if id(value) not in snapshots:
            snapshots[id(value)] = copy.deepcopy(value)
        return snapshots[id(value)]

    models.copy = SimpleNamespace(deepcopy=deepcopy)  # type: ignore[assignment]
    try:
        _MOTO_WRITES(self, transact_items)
    finally:
        models.copy = copy


_MOTO_WRITES = models.DynamoDBBackend.transact_write_items
models.DynamoDBBackend.transact_write_items = _transact_write_items  # type: ignore[method-assign]

"""The tables as infra/ defines them, made in moto."""

import json
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parent.parent / "infra" / "resources.json"

_OF_CREATE_TABLE = {
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "BillingMode",
    "StreamSpecification",
}


def make_records(client: Any, name: str = "Records") -> None:
    """Creates the Records table from the very resource that is deployed."""
    properties = json.loads(INFRA.read_text("utf-8"))["Resources"]["Records"]["Properties"]
    wanted = {k: v for k, v in properties.items() if k in _OF_CREATE_TABLE}
    wanted.get("StreamSpecification", {})["StreamEnabled"] = True
    client.create_table(TableName=name, **wanted)

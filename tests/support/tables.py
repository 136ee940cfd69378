"""The tables as infra/ defines them, made in moto."""

import json
from pathlib import Path
from typing import Any

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

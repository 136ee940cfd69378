"""The indexes of the tables as infra/ defines them, for the store in memory."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chalicelib.aws.dynamo import SUBSCRIBERS
from chalicelib.core.ports import Item

INFRA = Path(__file__).resolve().parents[2] / "infra" / "resources.json"


class Index(NamedTuple):
    """An index of a table: its keys, and what of a row it keeps."""

    table: str
    partition: str
    order: str
    kept: frozenset[str]

    def holds(self, item: Item, value: str) -> bool:
        """Whether it finds a row under a value: only one of its table, that has both keys."""
        table = "Subscribers" if item["pk"].startswith(SUBSCRIBERS) else "Records"
        return table == self.table and item.get(self.partition) == value and self.order in item

    def parts(self, items: Iterable[Item]) -> list[Item]:
        """What it keeps of rows, in its order."""
        ordered = sorted(items, key=lambda item: str(item[self.order]))
        return [{name: v for name, v in item.items() if name in self.kept} for item in ordered]


@cache
def index_of(table: str, name: str) -> Index:
    resources = json.loads(INFRA.read_text("utf-8"))["Resources"]
    (found,) = [
        one
        for one in resources[table]["Properties"]["GlobalSecondaryIndexes"]
        if one["IndexName"] == name
    ]
    partition, order = (key["AttributeName"] for key in found["KeySchema"])
    kept = found["Projection"].get("NonKeyAttributes", ())
    return Index(table, partition, order, frozenset(("pk", "sk", partition, order, *kept)))

"""Counts what a stage would be billed for: calls of AWS by their names, capacity units, mails."""

import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from tables import INFRA

Row = dict[str, Any]

_RESOURCES = json.loads(INFRA.read_text("utf-8"))["Resources"]
_INDEXES = {
    name: _RESOURCES[name]["Properties"]["GlobalSecondaryIndexes"]
    for name in ("Records", "Subscribers")
}

_S3 = {
    "put": "s3:PutObject",
    "look": "s3:HeadObject",
    "read": "s3:GetObject",
    "delete": "s3:DeleteObject",
    "all": "s3:ListObjectsV2",
}
"""The port of documents → the calls of S3."""


class Meter:
    """What one journey costs. Work on DynamoDB is counted at its client, by the rows themselves."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.written: Counter[tuple[str, str]] = Counter()
        """Write units by partition: a table or an index of it, and the key."""
        self._paused = 0
        self.own_seconds = 0.0
        self.at_work = False

    def watch(self, client: Any) -> None:
        """Count every call of a client of DynamoDB."""
        plain = client._make_api_call

        def call(operation: str, given: Row) -> Any:
            if self._paused:
                return plain(operation, given)
            with self._own_work():
                seen = [(*key, self._row(*key)) for key in _written_keys(operation, given)]
            answer = plain(operation, given)
            with self._own_work():
                self.found[f"dynamodb:{operation}"] += 1
                self._read(operation, given, answer)
                twice = operation == "TransactWriteItems"
                for table, key, old in seen:
                    self._written(table, key, old, self._row(table, key), twice=twice)
            return answer

        client._make_api_call = call

    @contextmanager
    def _own_work(self) -> Iterator[None]:
        """Take the time that the meter itself needs, which is nobody's."""
        began = time.process_time()
        self.at_work = True
        yield
        self.at_work = False
        self.own_seconds += time.process_time() - began

    def documents(self, port: Any) -> Any:
        """Return the port of documents, counted as calls of S3."""
        meter = self

        class Counted:
            def __getattr__(self, name: str) -> Any:
                if name in _S3 and not meter._paused:
                    meter.found[_S3[name]] += 1
                return getattr(port, name)

        return Counted()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let a test look at the table without a bill."""
        self._paused += 1
        try:
            yield
        finally:
            self._paused -= 1

    def note(self, name: str, number: int = 1) -> None:
        if not self._paused:
            self.found[name] += number

    def _row(self, table: str, key: Row) -> Row | None:
        found = _moto(table).get_item(DynamoType(key["pk"]), DynamoType(key["sk"]))
        return {name: _typed(value) for name, value in found.attrs.items()} if found else None

    def _written(
        self, table: str, key: Row, old: Row | None, new: Row | None, *, twice: bool
    ) -> None:
        units = max(_units(old, 1024), _units(new, 1024), 1) * (2 if twice else 1)
        self.found["write units"] += units
        self.written[table, key["pk"]["S"]] += units
        for index in _INDEXES[table]:
            was, now = _projected(index, old), _projected(index, new)
            if was == now:
                continue
            moved = was and now and any(was[name] != now[name] for name in _keys(index))
            units = _units(was, 1024) + _units(now, 1024) if moved else 0
            units = units or max(_units(was, 1024), _units(now, 1024))
            self.found["write units"] += units
            partition = ((now or was) or {})[_keys(index)[0]]["S"]
            self.written[f"{table}/{index['IndexName']}", partition] += units

    def _read(self, operation: str, given: Row, answer: Row) -> None:
        share = 1.0 if given.get("ConsistentRead") else 0.5
        if operation in ("Query", "Scan"):
            size = sum(map(size_of, answer["Items"]))
            self.found["half read units"] += round(max(1, math.ceil(size / 4096)) * share * 2)
        elif operation == "GetItem":
            units = max(1, _units(answer.get("Item"), 4096))
            self.found["half read units"] += round(units * share * 2)
        elif operation == "BatchGetItem":
            for name, asked in given["RequestItems"].items():
                share = 1.0 if asked.get("ConsistentRead") else 0.5
                rows = answer["Responses"].get(name, [])
                units = sum(max(1, _units(row, 4096)) for row in rows)
                units += len(asked["Keys"]) - len(rows)
                self.found["half read units"] += round(units * share * 2)


def owed(now: str) -> Iterator[tuple[str, str]]:
    """Yield the letters that are owed and due, as the stream and the sweep find them."""
    for name in _INDEXES:
        for rows in list(_moto(name).items.values()):
            for row in list(rows.values()):
                state, due = row.attrs.get("status"), row.attrs.get("due_at")
                if state and state.value == "owed" and (due.value if due else "") <= now:
                    yield row.attrs["pk"].value, row.attrs["sk"].value


def _moto(table: str) -> Any:
    """Return a table of moto's: a look there is quicker than a call, and no client counts it."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID]["ca-central-1"].tables[table]


def _typed(value: Any) -> Any:
    """Return a value of moto's as a call brings it."""
    if isinstance(value, DynamoType):
        return {value.type: _typed(value.value)}
    if isinstance(value, dict):
        return {name: _typed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_typed(one) for one in value]
    return value


def _written_keys(operation: str, given: Row) -> Iterator[tuple[str, Row]]:
    """Yield the table and the key of each row that a call writes, or looks at for others."""
    writes = [given] if operation in ("PutItem", "UpdateItem", "DeleteItem") else []
    if operation == "TransactWriteItems":
        writes = [one for item in given["TransactItems"] for one in item.values()]
    for one in writes:
        yield (
            one["TableName"],
            one.get("Key") or {name: one["Item"][name] for name in ("pk", "sk")},
        )


def _keys(index: Row) -> list[str]:
    return [one["AttributeName"] for one in index["KeySchema"]]


def _projected(index: Row, row: Row | None) -> Row | None:
    """Return what an index holds of a row; None when it is not in it."""
    if row is None or any(name not in row for name in _keys(index)):
        return None
    also = index["Projection"].get("NonKeyAttributes", [])
    return {name: row[name] for name in ("pk", "sk", *_keys(index), *also) if name in row}


def _units(row: Row | None, size: int) -> int:
    return math.ceil(size_of(row) / size) if row else 0


def size_of(row: Row) -> int:
    """Return how many bytes DynamoDB counts for a row, to within a few for numbers."""
    return sum(len(name.encode()) + _value(value) for name, value in row.items())


def _value(typed: Row) -> int:
    ((kind, value),) = typed.items()
    if kind in ("S", "N"):
        return len(value.encode()) if kind == "S" else len(value) // 2 + 2
    if kind == "B":
        return len(value)
    if kind in ("SS", "NS"):
        return sum(len(one.encode()) for one in value)
    if kind == "L":
        return 3 + sum(1 + _value(one) for one in value)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value(one) for name, one in value.items())
    return 1

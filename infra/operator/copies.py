"""A copy of both tables of a stage in a folder, and tables made of one."""

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from infra.operator.own_rows import is_own
from infra.operator.tables import Tables

Row = Mapping[str, Mapping[str, Any]]
"""A row as DynamoDB writes it, each value with the letter of its type."""

MANIFEST: Final = "manifest.json"

WRITERS_AT_ONCE: Final = 8
"""Rows that are written at the same time."""

_BATCH: Final = 400
"""Rows that are given to the writers at once."""


class BadCopy(Exception):
    """Why a copy cannot be used, or does not fit into the tables there are."""


@dataclass(frozen=True)
class TableCopy:
    """One table in a copy; `digest` is the SHA-256 of its lines, before they are compressed."""

    file: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What a copy says of itself: the stage, the stamp when it was begun, and its tables."""

    stage: str
    at: str
    tables: dict[str, TableCopy]


def write_copy(
    tables: Tables, folder: Path, stage: str, at: str, done: Callable[[int], None]
) -> Manifest:
    """Write every row of both tables, but for those that a stage keeps by itself, into a new
    folder; `done` hears how many there are so far. Only who made the folder can open it.

    Each row is as it was when it was read: what is written meanwhile is in the copy or not. The
    manifest comes last: a folder without one is no copy. Raises FileExistsError.
    """
    folder.mkdir(mode=0o700)
    copied: dict[str, TableCopy] = {}
    count = 0
    for name, table in _named(tables):
        digest, rows = hashlib.sha256(), 0
        path = folder / f"{name}.jsonl.gz"
        with (
            open_own(path, "wb") as raw,
            gzip.open(raw, "wt", encoding="utf-8") as file,
        ):
            for row in copied_rows(tables, table):
                line = json.dumps(row_to_json(row), ensure_ascii=False, sort_keys=True)
                digest.update(line.encode())
                file.write(f"{line}\n")
                rows += 1
                count += 1
                done(count)
        copied[name] = TableCopy(path.name, rows, digest.hexdigest())
    manifest = Manifest(stage, at, copied)
    with open_own(folder / MANIFEST, "w") as file:
        file.write(json.dumps(asdict(manifest), indent=1) + "\n")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return what a copy says of itself. Raises BadCopy for a folder that holds none."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
        tables = {name: TableCopy(**one) for name, one in found["tables"].items()}
        return Manifest(found["stage"], found["at"], tables)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadCopy(f"{folder} holds no whole copy: {error}") from None


def check_copy(folder: Path, manifest: Manifest) -> None:
    """See that the files are those that the manifest tells of. Raises BadCopy."""
    for name, copy in manifest.tables.items():
        digest, rows = hashlib.sha256(), 0
        try:
            for line in _lines(folder / copy.file):
                digest.update(line.encode())
                rows += 1
        except (OSError, EOFError, ValueError) as error:
            raise BadCopy(f"{name} cannot be read whole: {error}") from None
        if (rows, digest.hexdigest()) != (copy.rows, copy.digest):
            raise BadCopy(f"{name} is not as it was copied: {rows} rows of {copy.rows}")


def restore_copy(
    tables: Tables, folder: Path, manifest: Manifest, done: Callable[[int], None]
) -> None:
    """Write the rows of a copy into the tables, each only where nothing stands; again goes on.

    The rows that the stage keeps by itself stay its own, also where an older copy has some.

    Raises BadCopy where a row stands that is another one.
    """
    count = 0
    with ThreadPoolExecutor(WRITERS_AT_ONCE) as writers:
        for name, table in _named(tables):
            lines = _lines(folder / manifest.tables[name].file)
            while batch := list(islice(lines, _BATCH)):
                rows = [row_from_json(json.loads(line)) for line in batch]
                for other in writers.map(lambda row, table=table: _put(tables, table, row), rows):
                    if other:
                        raise BadCopy(f"{other} stands in {table} already, and is another row")
                count += len(batch)
                done(count)


def differences(tables: Tables, folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield the keys of rows of a copy that the tables have otherwise, or not at all, and of rows
    that only the tables have."""
    for name, table in _named(tables):
        there = {_key(row): digest_of(row) for row in copied_rows(tables, table)}
        for line in _lines(folder / manifest.tables[name].file):
            row = row_from_json(json.loads(line))
            if not _is_own(row) and there.pop(_key(row), "") != digest_of(row):
                yield _key(row)
        yield from there


def first_row(tables: Tables) -> str:
    """Return the key of any row that stands in the tables, but for those that a stage keeps by
    itself; empty where none does."""
    rows = (row for _, table in _named(tables) for row in copied_rows(tables, table))
    return next(map(_key, rows), "")


def _named(tables: Tables) -> tuple[tuple[str, str], ...]:
    return ("records", tables.records), ("subscribers", tables.subscribers)


def rows_of(tables: Tables, table: str) -> Iterator[Row]:
    pages = tables.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    for page in pages:
        yield from page["Items"]


def copied_rows(tables: Tables, table: str) -> Iterator[Row]:
    """Yield the rows of a table, but for those that a stage keeps by itself."""
    return (row for row in rows_of(tables, table) if not _is_own(row))


def _is_own(row: Row) -> bool:
    return is_own(row["pk"]["S"])


def open_own(path: Path, mode: str) -> IO[Any]:
    """Open a new file that nobody else on this machine can read."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), mode)


def _put(tables: Tables, table: str, row: Any) -> str:
    """Write a row where none stands; return its key if another one does."""
    client = tables.client
    if _is_own(row):
        return ""
    try:
        client.put_item(TableName=table, Item=row, ConditionExpression="attribute_not_exists(pk)")
    except client.exceptions.ConditionalCheckFailedException:
        key = {"pk": row["pk"], "sk": row["sk"]}
        there = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        if there is None or digest_of(there) != digest_of(row):
            return _key(row)
    return ""


def _key(row: Row) -> str:
    return f"{row['pk']['S']} {row['sk']['S']}"


def digest_of(row: Row) -> str:
    text = json.dumps(row_to_json(row), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


def row_to_json(row: Row) -> dict[str, Any]:
    """Return a row as JSON may hold it: bytes in base64; sets in order, so that two copies of one
    row are equal."""
    return {name: _typed_to_json(value) for name, value in row.items()}


def _typed_to_json(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, inner),) = value.items()
    match kind:
        case "M":
            return {kind: row_to_json(inner)}
        case "L":
            return {kind: [_typed_to_json(each) for each in inner]}
        case "B":
            return {kind: base64.b64encode(inner).decode()}
        case "BS":
            return {kind: [base64.b64encode(each).decode() for each in sorted(inner)]}
        case "SS" | "NS":
            return {kind: sorted(inner)}
        case _:
            return {kind: inner}


def row_from_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row that `row_to_json` wrote."""
    return {name: _typed(value) for name, value in row.items()}


def _typed(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, inner),) = value.items()
    match kind:
        case "M":
            return {kind: row_from_json(inner)}
        case "L":
            return {kind: [_typed(each) for each in inner]}
        case "B":
            return {kind: base64.b64decode(inner)}
        case "BS":
            return {kind: [base64.b64decode(each) for each in inner]}
        case _:
            return {kind: inner}

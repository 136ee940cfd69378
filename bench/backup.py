"""How long a copy of a stage and its return take: `python -m bench.backup [FILES]`.

One file goes from its declaration to a decision on its application; its rows, as DynamoDB writes
them, stand for those of each file, under names of their own. What is printed is the CPU of both
commands beside that of writing the rows as JSON alone, and what the waits for DynamoDB add to it.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from chalice.test import Client

import app as application
from chalicelib.aws.expressions import encode
from chalicelib.aws.keys import Keys
from chalicelib.core.ports import Put
from chalicelib.core.settings import read
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemoryStore, SetClock
from infra.operator.copies import (
    WRITERS_AT_ONCE,
    check_copy,
    read_manifest,
    restore_copy,
    row_to_json,
    write_copy,
)
from infra.operator.tables import Tables
from journey import Journey
from visitor import Visitor

READ_BYTES: Final = 1_000_000
"""What DynamoDB returns of a scan at a time."""

READ_SECONDS: Final = 0.05
WRITE_SECONDS: Final = 0.006
"""How long a page of a scan, and a row, take to a machine in the same region: a rule of thumb."""


def rows_of_a_file() -> list[dict[str, Any]]:
    """Return the rows that a file leaves, as DynamoDB writes them."""
    store, mailer, clock = MemoryStore(), MemoryMailer(), SetClock()
    store.commit([Put({**RITA}), Put({**SAM})])
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    service = Services(read(ENVIRONMENT), store, keys, mailer, clock)

    for name, value in (("services", service), ("settings", service.settings)):
        setattr(application, name, lambda found=value: found)
    way = Journey(Visitor(Client(application.app)), service, store, mailer, clock, lambda _: None)
    case = way.apply()
    own = [row for row in store.everything() if case.id in str(row)]
    return [{k: encode(v) for k, v in row.items() if v is not None} for row in own]


class Stand:
    """Both tables of many such files, a page at a time; what is put is taken, and not kept."""

    class exceptions:  # noqa: N801
        """As a client of boto3 has it."""

        class ConditionalCheckFailedException(Exception):  # noqa: N818
            pass

    def __init__(self, rows: list[dict[str, Any]], files: int) -> None:
        self._rows, self._files = rows, files
        self.pages = 0
        size = len(json.dumps([row_to_json(row) for row in rows]))
        self._files_a_page = max(1, READ_BYTES // size)

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=self._paginate)

    def _paginate(self, TableName: str, **_: Any) -> Iterator[dict[str, Any]]:
        files = 0 if TableName == "subscribers" else self._files
        for start in range(0, files, self._files_a_page):
            self.pages += 1
            these = range(start, min(files, start + self._files_a_page))
            items = [
                {**row, "pk": {"S": f"{row['pk']['S']}-{n}"}} for n in these for row in self._rows
            ]
            yield {"Items": items}

    def put_item(self, **_: Any) -> None:
        """Take a row."""


def cpu(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(files: int) -> None:
    rows = rows_of_a_file()
    stand: Any = Stand(rows, files)
    tables = Tables(stand, "records", "subscribers")
    total = files * len(rows)

    def as_json() -> None:
        for page in stand._paginate("records"):
            for row in page["Items"]:
                json.dumps(row_to_json(row))

    floor = cpu(as_json)
    stand.pages = 0
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "copy"
        copied = cpu(lambda: write_copy(tables, to, "bench", "now", lambda _: None))
        pages = stand.pages
        manifest = read_manifest(to)
        megabytes = sum(path.stat().st_size for path in to.iterdir()) / 1e6

        def back() -> None:
            check_copy(to, manifest)
            restore_copy(tables, to, manifest, lambda _: None)

        restored = cpu(back)
    waits = (pages * READ_SECONDS, total * WRITE_SECONDS / WRITERS_AT_ONCE)
    print(f"{files:,} files, {total:,} rows, {megabytes:,.0f} MB in the folder")
    for name, spent, wait in (("backup", copied, waits[0]), ("restore", restored, waits[1])):
        print(
            f"{name:8}{spent / total * 1e6:6.0f} µs of CPU a row, {spent / floor:.1f} × the floor; "
            f"{spent / 60:5.1f} min of CPU and some {wait / 60:.1f} min of waiting"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="?", type=int, default=2_000)
    measure(parser.parse_args().files)

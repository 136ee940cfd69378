"""Checks the chains of all events: `make verify`, or `python -m infra.operate … chains verify`."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.cases.audit import HEADS, BrokenChain, verified
from chalicelib.core.ports import Store

EVERY = 500
"""Chains between two lines of progress."""


def owners(client: Any, tables: list[str]) -> Iterator[str]:
    """The keys of all that has events, or should: each once, from page after page."""
    seen: set[str] = set()
    for table in tables:
        pages = client.get_paginator("scan").paginate(
            TableName=table,
            ProjectionExpression="pk",
            FilterExpression=" OR ".join(f"begins_with(pk, :{word})" for word in HEADS),
            ExpressionAttributeValues={f":{word}": {"S": f"{word}#"} for word in HEADS},
        )
        for page in pages:
            for item in page["Items"]:
                pk = item["pk"]["S"]
                if pk not in seen:
                    seen.add(pk)
                    yield pk


def verify(
    store: Store, found: Iterator[str], say: Callable[[str], None] = lambda text: None
) -> tuple[int, list[BrokenChain]]:
    """(how many chains there are, the first broken link of each that does not hold)."""
    faults: list[BrokenChain] = []
    count = 0
    for pk in found:
        count += 1
        fault = verified(store, pk)
        if fault is not None:
            faults.append(fault)
            say(f"broken  {fault}")
        if count % EVERY == 0:
            say(f"{count} chains checked")
    return count, faults


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

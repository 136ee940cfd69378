"""A stack that starts over its kept state works as it did at first."""

from collections.abc import Iterator
from typing import Any

import pytest

import samples
from deployed import Stack, wait_for

SWEEP = "relais-local-sweep-event"


@pytest.fixture
def restarted(stack: Stack) -> Iterator[Stack]:
    """The stack over its kept state, without the sweep of each minute: the stream alone sends."""
    stack.restart()
    events = stack.client("events")
    (rule,) = [
        r["Name"]
        for r in events.list_rules()["Rules"]
        if "Sweep" in r["Name"] or "sweep" in r["Name"]
    ]
    events.disable_rule(Name=rule)
    yield stack
    events.enable_rule(Name=rule)


def letters_of(stack: Stack, ref: str) -> list[dict[str, Any]]:
    rows = stack.items(f"CASE#{ref[3:]}")
    return [row for row in rows if row["sk"]["S"].startswith("LETTER#")]


def test_after_a_restart_the_stream_sends_letters_and_what_ses_reports_reaches_them(
    restarted: Stack,
) -> None:
    address = "success+restart@simulator.amazonses.com"
    ref = restarted.post("eoi", samples.eoi(contact_email=address)).json["ref"]

    def delivered() -> list[dict[str, Any]]:
        rows = letters_of(restarted, ref)
        return [row for row in rows if row["status"]["S"] == "delivered"]

    (receipt,) = wait_for(delivered, "a delivered letter")
    assert receipt["sent_by"]["S"] == "stream"


def test_after_a_restart_each_stream_has_one_reader(restarted: Stack) -> None:
    found = restarted.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    table = restarted.client("dynamodb").describe_table(TableName=restarted.table)["Table"]
    sources = [m["EventSourceArn"] for m in found if ":dynamodb:" in m["EventSourceArn"]]
    assert sources == [table["LatestStreamArn"]]

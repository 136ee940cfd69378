"""A stack that starts over its kept state works as it did at first."""

from collections.abc import Iterator
from typing import Any

import pytest

import samples
from deployed import Stack, wait_for


@pytest.fixture(scope="module", params=["stopped", "killed"])
def restarted(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack over its kept state, without the sweep of each minute: the stream alone sends."""
    stack.restart(killed=request.param == "killed")
    events = stack.client("events")
    cloud = stack.client("cloudformation")
    made = cloud.list_stack_resources(StackName="relais-local")["StackResourceSummaries"]
    rules = [r["PhysicalResourceId"] for r in made if r["ResourceType"] == "AWS::Events::Rule"]
    for rule in rules:
        events.disable_rule(Name=rule)
    yield stack
    for rule in rules:
        events.enable_rule(Name=rule)


def test_the_stream_sends_letters_and_what_ses_reports_reaches_them(restarted: Stack) -> None:
    address = "success+restart@simulator.amazonses.com"
    ref = restarted.post("eoi", samples.eoi(contact_email=address)).json["ref"]

    def delivered() -> list[dict[str, Any]]:
        rows = restarted.items(f"CASE#{ref[3:]}")
        return [row for row in rows if row.get("status", {}).get("S") == "delivered"]

    (receipt, *_) = wait_for(delivered, "a delivered letter")
    assert receipt["sent_by"]["S"] == "stream"


def test_the_stream_has_one_reader_who_has_not_changed(restarted: Stack) -> None:
    (mapping,) = restarted.client("lambda").list_event_source_mappings(
        FunctionName="relais-local-deliver_letters"
    )["EventSourceMappings"]
    table = restarted.client("dynamodb").describe_table(TableName=restarted.table)["Table"]
    assert mapping["EventSourceArn"] == table["LatestStreamArn"]
    assert mapping["BatchSize"] == 20
    assert mapping["FilterCriteria"]

"""Deploying: a first try that fails, one that changes nothing, and names that must not change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployed import Stack
from infra.cloud_stack import CloudStack, ResourceChange
from infra.deploy import roll_back
from infra.stage_file import DeployError
from versions import BUILT, break_it, edited, put

STAGE = "twin"
KEPT = {
    "APIHandler", "Alarms", "DeliverLetters", "Keys", "Mail", "MailEvents", "MailEventsDestination",
    "Records", "RestAPI", "SettleMail", "Subscribers", "Sweep", "UndeliveredRecords",
}  # fmt: skip
"""Renaming one of these makes CloudFormation build it anew beside the old one."""


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays(stack: Stack) -> Iterator[None]:
    """The functions of another stage would work on, beside the tests that follow."""
    yield
    CloudStack(stack.client("cloudformation"), f"relais-{STAGE}", lambda _: None).destroy()


def test_a_first_deploy_that_fails_says_why_and_the_next_one_works(
    stack: Stack, tmp_path: Path
) -> None:
    said: list[str] = []
    with pytest.raises(DeployError, match=r"^Broken: .*NONSENSE"):
        put(stack, STAGE, edited(tmp_path, break_it), said)
    tables = stack.client("dynamodb").list_tables()["TableNames"]
    assert "relais-twin-records" not in tables, "an empty table in the way of the next try"

    put(stack, STAGE, BUILT, said)
    assert "clearing what a failed first deploy left" in said
    table = stack.client("dynamodb").describe_table(TableName="relais-twin-records")["Table"]
    assert table["DeletionProtectionEnabled"], "protected once there is something to protect"

    before = len(said)
    put(stack, STAGE, BUILT, said)
    assert said[before:] == ["nothing changed"]


def test_a_version_is_shown_before_it_stands_and_taken_back_with_its_settings(
    stack: Stack, tmp_path: Path
) -> None:
    def add_queue(resources: dict[str, Any]) -> None:
        properties = {"QueueName": "relais-twin-unwanted"}
        resources["Unwanted"] = {"Type": "AWS::SQS::Queue", "Properties": properties}

    template = edited(tmp_path, add_queue)
    queues = stack.client("sqs")

    def refuse(changes: list[ResourceChange]) -> None:
        raise DeployError(", ".join(one.name for one in changes))

    with pytest.raises(DeployError, match="Unwanted"):
        put(stack, STAGE, template, [], refuse)
    assert not queues.list_queues(QueueNamePrefix="relais-twin-unwanted").get("QueueUrls")

    put(stack, STAGE, template, [])
    assert queues.list_queues(QueueNamePrefix="relais-twin-unwanted")["QueueUrls"]
    said: list[str] = []
    before = roll_back(STAGE, endpoint=stack.emulator.url, say=said.append)
    assert said[-1] == "updating the stack"
    assert not queues.list_queues(QueueNamePrefix="relais-twin-unwanted").get("QueueUrls")
    cloud = stack.client("cloudformation")
    (twin,) = cloud.describe_stacks(StackName="relais-twin")["Stacks"]
    now = {one["ParameterKey"]: one["ParameterValue"] for one in twin["Parameters"]}
    then = {one["ParameterKey"]: one["ParameterValue"] for one in before.parameters}
    assert now.items() >= then.items()
    assert then["PublicUrl"].startswith("http")
    table = stack.client("dynamodb").describe_table(TableName="relais-twin-records")["Table"]
    assert table["DeletionProtectionEnabled"], "the data outlived both"


def test_logical_names_are_stable(stack: Stack) -> None:
    pages = stack.client("cloudformation").get_paginator("list_stack_resources")
    found = pages.paginate(StackName="relais-local")
    assert {
        r["LogicalResourceId"] for page in found for r in page["StackResourceSummaries"]
    } >= KEPT


def test_the_stream_reports_its_failures_and_keeps_them(stack: Stack) -> None:
    (mapping,) = stack.client("lambda").list_event_source_mappings(
        FunctionName="relais-local-deliver_letters"
    )["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"]
    assert mapping["MaximumRetryAttempts"] == 5
    assert "undelivered-records" in mapping["DestinationConfig"]["OnFailure"]["Destination"]

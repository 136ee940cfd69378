"""A stack in any state is brought to the one that is wanted, and says why where it is not."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError
from moto import mock_aws

from infra.cloud_stack import HOLDING, CloudStack, ResourceChange, StackError, import_template
from infra.kept import KeptError, kept_names, kept_of
from infra.package import ROOT
from tables import make_tables

NAME = "relais-test"
CHANGE = {"TemplateURL": "https://example.org/sam.json", "Parameters": []}


class Waiter:
    def __init__(self, cloud: "StrictCloud") -> None:
        self._cloud = cloud

    def wait(self, **_: Any) -> None:
        if self._cloud.empty:
            raise WaiterError("ChangeSetCreateComplete", "failed", {})


class StrictCloud:
    """A CloudFormation that makes nothing whose name is taken, and shows its events newest first,
    a few to a page. `ends` are the states in which operations end, one after the other."""

    PAGE = 3

    def __init__(self, status: str | None = None, *ends: str) -> None:
        self.status = status
        self.ends = list(ends)
        self.events: list[dict[str, str]] = []
        self.done: list[str] = []
        self.kept: set[str] = set()
        self.in_stack: set[str] = set()
        self.empty = False
        self.unavailable = ""
        self.changes: list[dict[str, str]] = []
        self.dropped = 0
        self.stuck: list[str] = []
        self._next: str | None = None
        self._change: Mapping[str, Any] = {}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        if self._next is not None:
            shown, self.status, self._next = self.status, self._next, None
            if shown and shown.endswith("IN_PROGRESS"):
                return {"Stacks": [{"StackStatus": shown}]}
        if self.status in (None, "DELETE_COMPLETE"):
            raise ClientError({"Error": {"Code": "ValidationError", "Message": f"{StackName} does not exist"}}, "DescribeStacks")  # fmt: skip
        return {"Stacks": [{"StackStatus": self.status}]}

    def _begin(self, what: str, during: str, end: str) -> None:
        self.done.append(what)
        self.status, self._next = during, self.ends.pop(0) if self.ends else end

    def create_change_set(self, **change: Any) -> None:
        self._change = change

    def get_waiter(self, name: str) -> Waiter:
        assert name == "change_set_create_complete"
        return Waiter(self)

    def describe_change_set(self, NextToken: str = "0", **_: str) -> dict[str, Any]:
        if self.unavailable:
            return {"ExecutionStatus": "UNAVAILABLE", "StatusReason": self.unavailable}
        start = int(NextToken)
        shown = self.changes[start : start + self.PAGE]
        page: dict[str, Any] = {"Changes": [{"ResourceChange": one} for one in shown]}
        if start + self.PAGE < len(self.changes):
            page["NextToken"] = str(start + self.PAGE)
        return {**page, "StatusReason": "The submitted information didn't contain changes."}

    def delete_change_set(self, **_: str) -> None:
        self.dropped += 1

    def execute_change_set(self, ClientRequestToken: str, **_: str) -> None:
        kind = self._change["ChangeSetType"]
        if kind == "IMPORT":
            named = {
                next(iter(r["ResourceIdentifier"].values()))
                for r in self._change["ResourcesToImport"]
            }
            assert named == self.kept, "only what exists can be imported"
            self.in_stack |= named
        taken = self.kept - self.in_stack
        if taken and kind != "IMPORT":
            self.fail(ClientRequestToken, "Records", f"{min(taken)} already exists")
            self._begin(kind, f"{kind}_IN_PROGRESS", "ROLLBACK_COMPLETE")
            return
        self._begin(kind, f"{kind}_IN_PROGRESS", f"{kind}_COMPLETE")

    def fail(self, token: str, resource: str, reason: str) -> None:
        consequence = {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "Resource creation cancelled"}  # fmt: skip
        for number in range(5):
            self.events.insert(0, {"LogicalResourceId": f"Before{number}", "ResourceStatus": "CREATE_COMPLETE", "ClientRequestToken": token})  # fmt: skip
        self.events.insert(0, {"LogicalResourceId": resource, "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": reason, "ClientRequestToken": token})  # fmt: skip
        for number in range(9):
            self.events.insert(0, {"LogicalResourceId": f"Other{number}", "ClientRequestToken": token, **consequence})  # fmt: skip

    def describe_stack_events(self, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        start = int(NextToken)
        page: dict[str, Any] = {"StackEvents": self.events[start : start + self.PAGE]}
        if start + self.PAGE < len(self.events):
            page["NextToken"] = str(start + self.PAGE)
        return page

    def delete_stack(self, StackName: str, RetainResources: list[str] | None = None) -> None:
        assert (RetainResources or []) == (self.stuck if RetainResources else [])
        end = "DELETE_FAILED" if self.stuck and not RetainResources else "DELETE_COMPLETE"
        self._begin("delete", "DELETE_IN_PROGRESS", end)

    def describe_stack_resources(self, StackName: str) -> dict[str, Any]:
        listed = [
            {"LogicalResourceId": name, "ResourceStatus": "DELETE_FAILED"} for name in self.stuck
        ]
        return {
            "StackResources": [
                *listed,
                {"LogicalResourceId": "X", "ResourceStatus": "DELETE_COMPLETE"},
            ]
        }

    def continue_update_rollback(self, StackName: str) -> None:
        self._begin("continue", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")


def stack_on(cloud: StrictCloud) -> CloudStack:
    said: list[str] = []
    return CloudStack(cloud, NAME, said.append, lambda seconds: None)  # type: ignore[arg-type]


FROM: dict[str | None, list[str]] = {
    None: ["CREATE"],
    "REVIEW_IN_PROGRESS": ["CREATE"],
    "DELETE_COMPLETE": ["CREATE"],
    "CREATE_COMPLETE": ["UPDATE"],
    "UPDATE_COMPLETE": ["UPDATE"],
    "UPDATE_ROLLBACK_COMPLETE": ["UPDATE"],
    "IMPORT_COMPLETE": ["UPDATE"],
    "IMPORT_ROLLBACK_COMPLETE": ["UPDATE"],
    "UPDATE_FAILED": ["UPDATE"],
    "UPDATE_ROLLBACK_FAILED": ["continue", "UPDATE"],
    "ROLLBACK_COMPLETE": ["delete", "CREATE"],
    "ROLLBACK_FAILED": ["delete", "CREATE"],
    "CREATE_FAILED": ["delete", "CREATE"],
    "DELETE_FAILED": ["delete", "CREATE"],
    "IMPORT_ROLLBACK_FAILED": [],
}
"""What a deploy does from each state in which a stack can stand still; `relais` leaves a stack in
`IMPORT_ROLLBACK_FAILED` alone, for AWS takes nothing but a person's look there."""


def test_every_state_in_which_cloudformation_may_leave_a_stack_is_met_here() -> None:
    client = boto3.client("cloudformation", region_name="ca-central-1")
    known: Any = client.meta.service_model.shape_for("StackStatus")
    states = {one for one in known.enum if "_IN_PROGRESS" not in one}
    assert set(FROM) == {None, "REVIEW_IN_PROGRESS", *states}


@pytest.mark.parametrize("status", [status for status, done in FROM.items() if done])
def test_a_deploy_goes_on_from_whatever_state_the_stack_is_in(status: str | None) -> None:
    cloud = StrictCloud(status)
    stack = stack_on(cloud)
    stack.settle()
    assert stack.apply(CHANGE)
    assert cloud.done == FROM[status]


def test_an_import_that_could_not_be_taken_back_is_left_to_a_person_with_the_command() -> None:
    cloud = StrictCloud("IMPORT_ROLLBACK_FAILED")
    with pytest.raises(StackError, match="IMPORT_ROLLBACK_FAILED"):
        stack_on(cloud).settle()
    assert cloud.done == []


def test_what_goes_on_in_a_stack_is_waited_for() -> None:
    cloud = StrictCloud("UPDATE_IN_PROGRESS")
    cloud._next = "UPDATE_COMPLETE"
    stack = stack_on(cloud)
    stack.settle()
    assert stack.apply(CHANGE)
    assert cloud.done == ["UPDATE"]


def test_what_a_failed_first_deploy_cannot_delete_is_left_and_the_next_one_goes_on() -> None:
    cloud = StrictCloud("ROLLBACK_FAILED")
    cloud.stuck = ["Records"]
    stack = stack_on(cloud)
    stack.settle()
    assert cloud.done == ["delete", "delete"]
    assert stack.found() is None


def test_a_change_that_cannot_be_executed_is_not_and_says_why() -> None:
    cloud = StrictCloud("UPDATE_COMPLETE")
    cloud.unavailable = "ResourceTypes [X] are not supported for Import"
    with pytest.raises(StackError, match=r"^ResourceTypes \[X\] are not supported for Import$"):
        stack_on(cloud).apply(CHANGE)
    assert (cloud.done, cloud.dropped) == ([], 1)


def _change(name: str, kind: str = "AWS::Lambda::Function", **more: str) -> dict[str, str]:
    return {"Action": "Modify", "LogicalResourceId": name, "ResourceType": kind, **more}


def test_a_change_is_shown_whole_before_it_is_made_and_not_made_without_a_yes() -> None:
    cloud = StrictCloud("UPDATE_COMPLETE")
    cloud.changes = [_change(f"F{number}") for number in range(7)]
    shown: list[str] = []

    def refuse(changes: list[ResourceChange]) -> None:
        shown.extend(change.name for change in changes)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        stack_on(cloud).apply(CHANGE, refuse)
    assert shown == [f"F{number}" for number in range(7)]
    assert (cloud.done, cloud.dropped) == ([], 1)
    assert stack_on(cloud).apply(CHANGE, lambda changes: None)
    assert cloud.done == ["UPDATE"]


@pytest.mark.parametrize("imports", [False, True])
def test_a_first_change_that_is_refused_leaves_no_stack_behind(imports: bool) -> None:
    cloud = StrictCloud()
    stack = stack_on(cloud)
    shown: list[ResourceChange] = []

    def refuse(changes: list[ResourceChange]) -> None:
        shown.extend(changes)
        cloud.status = "REVIEW_IN_PROGRESS"
        raise ValueError("no")

    cloud.changes = [_change("F")]
    with pytest.raises(ValueError, match="no"):
        stack.take_over(CHANGE, [], refuse) if imports else stack.apply(CHANGE, refuse)
    assert [one.name for one in shown] == ["F"]
    assert (cloud.done, cloud.dropped) == (["delete"], 1)


@pytest.mark.parametrize("kind", HOLDING)
def test_what_holds_data_is_never_made_anew_whoever_says_yes(kind: str) -> None:
    cloud = StrictCloud("UPDATE_COMPLETE")
    cloud.changes = [_change("F"), _change("Held", kind, Replacement="True")]
    with pytest.raises(StackError, match=r"^Held would be made anew"):
        stack_on(cloud).apply(CHANGE, lambda changes: None)
    assert (cloud.done, cloud.dropped) == ([], 1)
    cloud.changes = [_change("F", Replacement="True"), _change("Held", kind, Replacement="False")]
    assert stack_on(cloud).apply(CHANGE)


def test_a_stack_is_taken_away_and_what_cannot_go_is_left() -> None:
    cloud = StrictCloud("UPDATE_COMPLETE")
    cloud.stuck = ["Exports"]
    stack_on(cloud).destroy()
    assert cloud.status == "DELETE_COMPLETE"
    stack_on(cloud).destroy()
    assert cloud.done == ["delete", "delete"], "of a stack that is gone nothing is to be done"


def test_nothing_changes_when_there_is_nothing_to_change() -> None:
    cloud = StrictCloud("UPDATE_COMPLETE")
    cloud.empty = True
    assert not stack_on(cloud).apply(CHANGE)
    assert cloud.done == []


def test_the_reason_is_the_first_failure_of_this_operation_however_many_pages_ago() -> None:
    cloud = StrictCloud("UPDATE_COMPLETE")
    cloud.fail("an older one", "Older", "something of last week")
    cloud.kept = {"relais-test-records"}
    with pytest.raises(StackError, match=r"^Records: relais-test-records already exists$"):
        stack_on(cloud).apply(CHANGE)


@pytest.mark.parametrize(
    ("reason", "hinted"),
    [
        (
            "A conflicting conditional operation is currently in progress against this resource.",
            True,
        ),
        ("You must wait 60 seconds after deleting a queue before you can create another", True),
        ("Access Denied", False),
    ],
)
def test_a_name_that_was_deleted_just_now_is_said_to_rest(reason: str, hinted: bool) -> None:
    cloud = StrictCloud("ROLLBACK_COMPLETE")
    cloud.fail("token", "Issues", reason)
    why = stack_on(cloud).why()
    assert why.startswith(f"Issues: {reason}")
    assert ("repeat it then" in why) == hinted


def test_a_stack_over_names_that_were_kept_is_refused_and_by_an_import_it_stands() -> None:
    cloud = StrictCloud()
    cloud.kept = {"relais-test-records"}
    with pytest.raises(StackError, match="already exists"):
        stack_on(cloud).apply(CHANGE)
    cloud = StrictCloud()
    cloud.kept = {"relais-test-records"}
    stack = stack_on(cloud)
    kept = [{"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "Records",
             "ResourceIdentifier": {"TableName": "relais-test-records"}}]  # fmt: skip
    stack.take_over(CHANGE, kept)
    assert stack.apply(CHANGE)
    assert cloud.done == ["IMPORT", "UPDATE"]


def test_an_import_brings_what_is_kept_and_all_that_it_refers_to() -> None:
    template = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))
    kept = [name for name, _, _ in kept_names(template)]
    found = json.loads(import_template(template, kept))
    assert set(kept) >= {"Records", "Subscribers", "Keys", "AnchorKey", "AnchorBucket", "Exports"}
    assert list(found["Resources"]) == kept
    for resource in found["Resources"].values():
        assert resource["DeletionPolicy"] == "Retain", "an import asks for it"
    alone = json.loads(import_template(template, ["Subscribers"]))["Resources"]["Subscribers"]
    assert "DependsOn" not in alone, "what it comes after may be gone"
    known = {*found["Parameters"], *found["Resources"]}
    assert set(_referred(found)) <= {*known, *found["Conditions"]}


def _referred(part: Any) -> Iterator[str]:
    """Yield every name that a template refers to, but for pseudo parameters."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "Ref" and not value.startswith("AWS::"):
                yield value
            elif key == "Fn::If":
                yield value[0]
            yield from _referred(value)
    elif isinstance(part, list):
        for each in part:
            yield from _referred(each)


def test_what_outlived_a_stack_is_found_and_a_key_that_is_being_deleted_stops_the_deploy(
    aws: None,
) -> None:
    with mock_aws():
        session = boto3.session.Session(region_name="ca-central-1")
        template = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))
        assert kept_of(session, "test", None, template) == []
        make_tables(boto3.client("dynamodb"), "relais-test-records", "relais-test-subscribers")
        vault = boto3.client("secretsmanager")
        keys = vault.create_secret(Name="relais-test-keys", SecretString="{}")
        found = {
            one["LogicalResourceId"]: one["ResourceIdentifier"]
            for one in kept_of(session, "test", None, template)
        }
        assert found == {
            "Records": {"TableName": "relais-test-records"},
            "Subscribers": {"TableName": "relais-test-subscribers"},
            "Keys": {"Id": keys["ARN"]},
        }
        vault.delete_secret(SecretId="relais-test-keys")
        with pytest.raises(KeptError, match="restore-secret --secret-id relais-test-keys"):
            kept_of(session, "test", None, template)

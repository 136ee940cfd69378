"""One stack of CloudFormation: brought from any state to the one that is wanted."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef

Say = Callable[[str], None]

POLL_SECONDS: Final = 1
PATIENCE_SECONDS: Final = 1800

_NEVER_STOOD: Final = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
"""The ends of a stack whose first deploy failed: it can only be deleted."""

_IN_REVIEW: Final = "REVIEW_IN_PROGRESS"
"""The state of a stack of which there is nothing yet but a change set."""

_STUCK: Final = "UPDATE_ROLLBACK_FAILED"

_HALF_IMPORTED: Final = "IMPORT_ROLLBACK_FAILED"

_CONSEQUENCES: Final = ("cancelled", "Rollback requested", "The following resource(s) failed")
"""What events say that only follow from another one's failure."""

_NAME_RESTS: Final = ("conflicting conditional operation", "must wait 60 seconds")
"""What S3 and SQS say of a name that was deleted just now."""

_TAKEN_AGAIN: Final = "AWS takes that name again in a minute, a bucket in an hour: repeat it then"

HOLDING: Final = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::S3::Bucket")
"""The kinds of resources that hold what nobody can make anew."""


class StackError(Exception):
    """Why the stack is not what was wanted."""


class ResourceChange(NamedTuple):
    """What a change set would do to one resource; `action` is CloudFormation's word for it."""

    action: str
    name: str
    kind: str
    anew: bool
    """Whether the resource is made anew, and the old one is taken away."""


Agree = Callable[[list[ResourceChange]], None]
"""Is shown what would change before it does, and raises when it must not."""


class CloudStack:
    def __init__(
        self,
        cloud: "CloudFormationClient",
        name: str,
        say: Say,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cloud = cloud
        self._wait = wait
        self.name = name
        self.say = say

    def found(self) -> "StackTypeDef | None":
        """Return the stack as it is; None while there is none."""
        found = self._described()
        # What a change set that was never executed leaves behind is no stack yet.
        return None if found and found["StackStatus"] == _IN_REVIEW else found

    def _described(self) -> "StackTypeDef | None":
        try:
            return self._cloud.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def stands(self) -> bool:
        """Tell whether what the stack was changed to last is there, and was not taken back."""
        found = self.found()
        return found is not None and "ROLLBACK" not in found["StackStatus"]

    def settle(self) -> None:
        """Bring the stack to a state from which it can be deployed. Raises StackError."""
        found = self._finished()
        if found is None:
            return
        if found["StackStatus"] in _NEVER_STOOD:
            self.say("clearing what a failed first deploy left")
            self._delete()
        elif found["StackStatus"] == _STUCK:
            self.say("finishing the rollback of an update that failed")
            self._cloud.continue_update_rollback(StackName=self.name)
            after = self._finished()
            if after is None or after["StackStatus"] == _STUCK:
                raise StackError(self.why())
        elif found["StackStatus"] == _HALF_IMPORTED:
            raise StackError(
                f"{self.name} is {_HALF_IMPORTED} ({self.why()}): AWS goes on from there by hand alone. "
                f"All that it holds outlives it: `aws cloudformation delete-stack --stack-name "
                f"{self.name}`, then deploy again"
            )

    def apply(self, change: Mapping[str, Any], agree: Agree | None = None) -> bool:
        """Create or update the stack by a change set, of which `change` holds template and
        parameters; return whether anything changed. Raises StackError with the first failure, and
        what `agree` raises."""
        exists = self.found() is not None
        kind: Literal["CREATE", "UPDATE"] = "UPDATE" if exists else "CREATE"
        name = self._change_set(kind, change)
        if name is None:
            self.say("nothing changed")
            return False
        self._review(name, agree)
        self.say("updating the stack" if exists else "creating the stack")
        self._execute(name, "UPDATE_COMPLETE" if exists else "CREATE_COMPLETE")
        return True

    def take_over(
        self, change: Mapping[str, Any], kept: list[dict[str, Any]], agree: Agree | None = None
    ) -> None:
        """Make the stack of resources that exist, and change none of them. Raises StackError, and
        what `agree` raises."""
        name = self._change_set("IMPORT", {**change, "ResourcesToImport": kept})
        assert name is not None, "an import is a change"
        self._review(name, agree)
        self.say("taking over what was kept: " + ", ".join(k["LogicalResourceId"] for k in kept))
        self._execute(name, "IMPORT_COMPLETE")

    def destroy(self) -> None:
        """Delete the stack; what holds data is kept, as its policy says. Raises StackError."""
        if self._finished() is not None:
            self.say("deleting the stack")
            self._delete()

    def _review(self, name: str, agree: Agree | None) -> None:
        """Show what a change set would do; one that must not be executed leaves nothing behind.
        Raises StackError, and what `agree` raises."""
        try:
            self._judge(name, agree)
        except BaseException:
            self._drop(name)
            raise

    def _drop(self, change_set: str) -> None:
        """Delete a change set, and the stack without anything in it that the first one begins."""
        self._cloud.delete_change_set(StackName=self.name, ChangeSetName=change_set)
        found = self._described()
        if found and found["StackStatus"] == _IN_REVIEW:
            self._cloud.delete_stack(StackName=self.name)

    def _judge(self, name: str, agree: Agree | None) -> None:
        """Show what a change set would do. Raises StackError when it would put something new and
        empty in the place of what holds data."""
        changes = list(self._changes(name))
        lost = [one.name for one in changes if one.kind in HOLDING and one.anew]
        if lost:
            raise StackError(
                f"{', '.join(lost)} would be made anew, and empty: nothing was changed; take back "
                "what changes the name or the keys of it"
            )
        if agree is not None:
            agree(changes)

    def _changes(self, name: str) -> Iterator[ResourceChange]:
        more: dict[str, Any] = {}
        while True:
            page = self._cloud.describe_change_set(StackName=self.name, ChangeSetName=name, **more)
            for change in page.get("Changes", []):
                if one := change.get("ResourceChange"):
                    yield ResourceChange(
                        one.get("Action", ""),
                        one.get("LogicalResourceId", ""),
                        one.get("ResourceType", ""),
                        one.get("Replacement") == "True",
                    )
            if "NextToken" not in page:
                return
            more = {"NextToken": page["NextToken"]}

    def why(self, token: str = "") -> str:
        """Return the first thing that failed in the last operation, or in that of the token: what
        came after is its consequence."""
        failed = [e for e in self._events(token) if e.get("ResourceStatus", "").endswith("FAILED")]
        reasons = [(e, e.get("ResourceStatusReason", "failed")) for e in failed]
        first = [pair for pair in reasons if not any(word in pair[1] for word in _CONSEQUENCES)]
        for event, reason in (first or reasons)[-1:]:
            rests = any(words in reason for words in _NAME_RESTS)
            hint = f"; {_TAKEN_AGAIN}" if rests else ""
            return f"{event['LogicalResourceId']}: {reason}{hint}"
        return f"the stack {self.name} did not finish"

    def _events(self, token: str) -> Iterator["StackEventTypeDef"]:
        """Yield the events of one operation, newest first, over as many pages as it has."""
        more: dict[str, Any] = {}
        begun = False
        while True:
            page = self._cloud.describe_stack_events(StackName=self.name, **more)
            for event in page["StackEvents"]:
                token = token or event.get("ClientRequestToken", "")
                if event.get("ClientRequestToken", "") == token:
                    begun = True
                    yield event
                elif begun:
                    return
            if "NextToken" not in page:
                return
            more = {"NextToken": page["NextToken"]}

    def _finished(self, *, begun: bool = False) -> "StackTypeDef | None":
        """Wait for what is going on in the stack, or was `begun` just now, and return it as it is
        then."""
        for _ in range(PATIENCE_SECONDS // POLL_SECONDS):
            # A change set that was executed may be shown as one in review for a moment more.
            found = self._described() if begun else self.found()
            if found is None or not found["StackStatus"].endswith("IN_PROGRESS"):
                return found
            self._wait(POLL_SECONDS)
        raise StackError(f"the stack {self.name} is busy for {PATIENCE_SECONDS // 60} minutes")

    def _execute(self, change: str, wanted: str) -> None:
        token = f"relais-{uuid.uuid4()}"
        self._cloud.execute_change_set(
            StackName=self.name, ChangeSetName=change, ClientRequestToken=token
        )
        found = self._finished(begun=True)
        if found is None or found["StackStatus"] != wanted:
            raise StackError(self.why(token))

    def _delete(self) -> None:
        """Delete a stack that never stood; what AWS refuses to delete is left as it is."""
        self._cloud.delete_stack(StackName=self.name)
        left = self._finished()
        if left is not None and left["StackStatus"] == "DELETE_FAILED":
            listed = self._cloud.describe_stack_resources(StackName=self.name)["StackResources"]
            kept = [
                r["LogicalResourceId"] for r in listed if r["ResourceStatus"] == "DELETE_FAILED"
            ]
            self.say("leaving what cannot be deleted: " + ", ".join(kept))
            self._cloud.delete_stack(StackName=self.name, RetainResources=kept)
            left = self._finished()
        if left is not None and left["StackStatus"] != "DELETE_COMPLETE":
            raise StackError(self.why())

    def _change_set(
        self, kind: Literal["CREATE", "UPDATE", "IMPORT"], change: Mapping[str, Any]
    ) -> str | None:
        """Return the name of a change set that waits to be executed; None when nothing changes."""
        name = f"relais-{int(time.time() * 1000)}"
        self._cloud.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            **change,
        )
        try:
            self._cloud.get_waiter("change_set_create_complete").wait(
                StackName=self.name,
                ChangeSetName=name,
                WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": 300},
            )
        except WaiterError:
            found = self._cloud.describe_change_set(StackName=self.name, ChangeSetName=name)
            self._drop(name)
            reason = found.get("StatusReason", "")
            if "didn't contain changes" in reason or "No updates" in reason:
                return None
            raise StackError(reason or "the change set failed") from None
        made = self._cloud.describe_change_set(StackName=self.name, ChangeSetName=name)
        if made.get("ExecutionStatus") == "UNAVAILABLE":
            self._drop(name)
            raise StackError(made.get("StatusReason") or "the change set cannot be executed")
        return name


def import_template(template: Mapping[str, Any], names: list[str]) -> str:
    """Return the part of a template that holds these resources alone."""
    kept = {
        "Parameters": {k: template["Parameters"][k] for k in ("Stage", "Emulator", "PublicUrl")},
        "Conditions": {k: template["Conditions"][k] for k in ("KnowsItsAddress", "OnEmulator")},
        "Resources": {name: _alone(template["Resources"][name]) for name in names},
    }
    return json.dumps(kept)


def _alone(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource as an import asks for it: kept whatever comes, and after no other."""
    alone = {key: value for key, value in resource.items() if key != "DependsOn"}
    return {**alone, "DeletionPolicy": "Retain"}

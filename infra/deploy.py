"""Deploys the package, to AWS or to the emulator alike: `python -m infra.deploy STAGE`."""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from chalicelib.core.email_address import email_or_none
from chalicelib.core.settings import SettingsError, read
from infra.package import ROOT, PackageError, package
from infra.people_key import PeopleKeyLost, keep_people_key

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef, WaiterConfigTypeDef

REGION: Final = "ca-central-1"
Say = Callable[[str], None]

_MADE_BY_THE_STACK = {
    "PUBLIC_URL": "https://unknown.invalid/api",
    "RECORDS_TABLE": "records",
    "SUBSCRIBERS_TABLE": "subscribers",
    "KEYS_SECRET": "keys",
    "PEOPLE_SECRET": "people",
    "ANCHOR_SECRET": "anchors",
    "ANCHOR_BUCKET": "anchors",
    "CONFIGURATION_SET": "mail",
    "ISSUE_QUEUE": "https://sqs.invalid/issues",
    "MAIL_TOPIC": f"arn:aws:sns:{REGION}:0:mail",
}
"""Stand-ins for settings that are known only once the stack is there."""


class DeployError(Exception):
    """Why the deploy stopped, with a line for each thing to mend."""


@dataclass(frozen=True)
class Deployed:
    """Where the stack is: `api` is its address, without a slash at the end."""

    stack: str
    api: str
    outputs: Mapping[str, str]


def stage_settings(stage: str) -> dict[str, str]:
    """Return the parameters of a stage's file. Raises DeployError that names all that is wrong."""
    path = ROOT / "infra" / "stages" / f"{stage}.json"
    if not path.exists():
        raise DeployError(f"there is no {path.relative_to(ROOT)}")
    found: dict[str, str | None] = json.loads(path.read_text("utf-8"))
    given = {name: value for name, value in found.items() if value is not None}
    if wrong := list(_wrong(stage, given, f" in {path.relative_to(ROOT)}")):
        raise DeployError("\n".join(wrong))
    return given


def _wrong(stage: str, given: Mapping[str, str], where: str = "") -> Iterator[str]:
    """Say what the functions would refuse, parameter by parameter, before anything is created."""
    template = json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))
    parameters = template["Parameters"]
    for name in given.keys() - parameters.keys():
        yield f"{name}{where} is no setting"
    values = {name: one["Default"] for name, one in parameters.items() if "Default" in one}
    values |= {**given, "Stage": stage}
    names = template["Globals"]["Function"]["Environment"]["Variables"]
    environment, parameter_of = dict(_MADE_BY_THE_STACK), {}
    for setting, value in names.items():
        parameter = "PublicUrl" if setting == "PUBLIC_URL" else value.get("Ref")
        if parameter in parameters:
            parameter_of[setting.lower()] = parameter
            environment[setting] = values.get(parameter) or environment.get(setting, "")
    try:
        read(environment)
    except SettingsError as error:
        for setting, why in error.problems.items():
            name = parameter_of[setting]
            what = f" ({parameters[name]['Description'].lower()})" if why == "is not set" else ""
            yield f"{name} {why}{where}{what}"
    alarms = given.get("AlarmEmail")
    if alarms and email_or_none(alarms) is None:
        yield f"AlarmEmail must be an e-mail address{where}, not {alarms!r}"


def deploy(
    stage: str,
    settings: Mapping[str, str],
    template: Path,
    *,
    endpoint: str | None = None,
    public_url: Callable[[str], str] | None = None,
    say: Say = print,
) -> Deployed:
    """Creates or updates the stack `relais-<stage>`.

    The functions must know the address of their own API, which is known only after
    the first deploy: without a PublicUrl there is a second pass that sets it.
    `public_url` makes the address from the id of the API, where it is not AWS's own.
    Raises DeployError that names every setting that is missing or wrong.
    """
    if wrong := list(_wrong(stage, settings)):
        raise DeployError("\n".join(wrong))
    session = boto3.session.Session(region_name=REGION)
    stack = f"relais-{stage}"
    cloud = session.client("cloudformation", endpoint_url=endpoint)
    body = _uploaded(session, template, stage, endpoint, say)
    _clear_failed_start(cloud, stack, say)
    try:
        if keep_people_key(session.client("secretsmanager", endpoint_url=endpoint), stage):
            say("keeping the key of people in a secret of its own")
    except PeopleKeyLost as lost:
        raise DeployError(str(lost)) from None
    parameters = {
        **settings,
        "Stage": stage,
        "SenderAddress": parseaddr(settings["Sender"])[1],
    }
    known = parameters.get("PublicUrl") or _known_url(cloud, stack)
    parameters["PublicUrl"] = known
    outputs = _apply(cloud, stack, body, parameters, say)
    address = (public_url or _aws_url)(outputs["RestAPIId"])
    if not settings.get("PublicUrl") and known != address:
        say("telling the functions their own address")
        outputs = _apply(cloud, stack, body, {**parameters, "PublicUrl": address}, say)
        known = address
    return Deployed(stack, known, outputs)


def _aws_url(api_id: str) -> str:
    return f"https://{api_id}.execute-api.{REGION}.amazonaws.com/api"


def _known_url(cloud: "CloudFormationClient", stack: str) -> str:
    found = _stack(cloud, stack)
    for parameter in found.get("Parameters", []) if found else []:
        if parameter["ParameterKey"] == "PublicUrl":
            return str(parameter["ParameterValue"])
    return ""


def _stack(cloud: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    try:
        found = cloud.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    # What a change set that was never executed leaves behind is no stack yet.
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def _clear_failed_start(cloud: "CloudFormationClient", stack: str, say: Say) -> None:
    """A stack whose very first deploy failed holds nothing, and cannot be updated."""
    found = _stack(cloud, stack)
    if found is None or found["StackStatus"] not in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        return
    say("clearing what a failed first deploy left")
    cloud.delete_stack(StackName=stack)
    try:
        cloud.get_waiter("stack_delete_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 600}
        )
    except WaiterError:
        raise DeployError(_why(cloud, stack)) from None


def _uploaded(
    session: boto3.session.Session, template: Path, stage: str, endpoint: str | None, say: Say
) -> str:
    """Puts the zip and the template where CloudFormation reads them; returns the template's URL."""
    s3 = session.client("s3", endpoint_url=endpoint)
    account = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    bucket = f"relais-{stage}-packages-{account}"
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    zipped = (template.parent / "deployment.zip").read_bytes()
    key = f"{hashlib.sha256(zipped).hexdigest()}.zip"
    say(f"uploading the package ({len(zipped) / 1e6:.1f} MB)")
    s3.put_object(Bucket=bucket, Key=key, Body=zipped)
    body = json.loads(template.read_text("utf-8"))
    for resource in body["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
    text = json.dumps(body, ensure_ascii=False)
    name = f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    s3.put_object(Bucket=bucket, Key=name, Body=text.encode())
    if endpoint:
        return f"{endpoint}/{bucket}/{name}"
    return f"https://{bucket}.s3.{REGION}.amazonaws.com/{name}"


def _apply(
    cloud: "CloudFormationClient",
    stack: str,
    template_url: str,
    parameters: Mapping[str, str],
    say: Say,
) -> dict[str, str]:
    """Create or update the stack, and return its outputs."""
    exists = _stack(cloud, stack) is not None
    change = _change_set(cloud, stack, template_url, parameters, "UPDATE" if exists else "CREATE")
    if change is None:
        say("nothing changed")
        return _outputs(cloud, stack)
    say("updating the stack" if exists else "creating the stack")
    cloud.execute_change_set(StackName=stack, ChangeSetName=change)
    patience: WaiterConfigTypeDef = {"Delay": 1, "MaxAttempts": 1800}
    try:
        if exists:
            updated = cloud.get_waiter("stack_update_complete")
            updated.wait(StackName=stack, WaiterConfig=patience)
        else:
            created = cloud.get_waiter("stack_create_complete")
            created.wait(StackName=stack, WaiterConfig=patience)
    except WaiterError:
        raise DeployError(_why(cloud, stack)) from None
    return _outputs(cloud, stack)


def _change_set(
    cloud: "CloudFormationClient",
    stack: str,
    template_url: str,
    parameters: Mapping[str, str],
    kind: Literal["CREATE", "UPDATE"],
) -> str | None:
    """Return the name of a change set that waits to be executed; None when nothing changes."""
    change = f"relais-{int(time.time() * 1000)}"
    cloud.create_change_set(
        StackName=stack,
        ChangeSetName=change,
        ChangeSetType=kind,
        TemplateURL=template_url,
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        cloud.get_waiter("change_set_create_complete").wait(
            StackName=stack, ChangeSetName=change, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
        )
    except WaiterError:
        found = cloud.describe_change_set(StackName=stack, ChangeSetName=change)
        cloud.delete_change_set(StackName=stack, ChangeSetName=change)
        reason = found.get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return None
        raise DeployError(reason or "the change set failed") from None
    return change


def _outputs(cloud: "CloudFormationClient", stack: str) -> dict[str, str]:
    found = _stack(cloud, stack)
    listed = found.get("Outputs", []) if found else []
    return {output["OutputKey"]: output["OutputValue"] for output in listed}


def _why(cloud: "CloudFormationClient", stack: str) -> str:
    """The first thing that failed: what came after is its consequence."""
    events = cloud.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("FAILED")]
    if not failed:
        return f"the stack {stack} did not finish"
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'failed')}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploy Relais to AWS.")
    parser.add_argument("stage", help="a file of infra/stages, without .json")
    stage = parser.parse_args().stage
    try:
        settings = stage_settings(stage)
        print("building the package")
        template = package(ROOT / "build" / stage)
        deployed = deploy(stage, settings, template)
    except (DeployError, PackageError) as error:
        sys.exit(f"Not deployed: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"Not deployed: AWS says: {error}")
    print(f"Deployed {deployed.stack}: {deployed.api}")


if __name__ == "__main__":
    main()

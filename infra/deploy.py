"""Deploys the package, to AWS or to the emulator alike, and takes a deploy back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3

from chalicelib.core.records import stamp
from infra.cloud_stack import Agree, CloudStack, ResourceChange, Say, StackError, import_template
from infra.deployments import Deployment, Deployments, bucket_of
from infra.extras import own_address
from infra.kept import KeptError, kept_of
from infra.old_versions import drop_old_versions
from infra.people_key import PeopleKeyLost, keep_people_key, people_name
from infra.stage_file import REGION, UNKNOWN_URL, DeployError, check, template_source
from infra.uploads import PackageBucket, TemplateUrl


@dataclass(frozen=True)
class Deployed:
    """Where the stack is: `api` is its address, without a slash at the end."""

    stack: str
    api: str
    outputs: Mapping[str, str]


def deploy(
    stage: str,
    settings: Mapping[str, str],
    template: Path,
    *,
    endpoint: str | None = None,
    public_url: Callable[[str], str] | None = None,
    say: Say = print,
    agree: Agree | None = None,
    repair: bool = False,
) -> Deployed:
    """Create or update the stack `relais-<stage>`.

    The functions must know the address of their own API: unless it is known there is a second pass.
    `public_url` makes it from the id of the API, where it is not AWS's own. `agree` is shown what
    would be made or changed before anything is. `repair` makes anew what is missing of a stack that
    stands, and undoes what was changed by hand. Raises DeployError.
    """
    check(stage, settings, endpoint)
    session = boto3.session.Session(region_name=REGION)
    stack = _stack_of(session, stage, endpoint, say)
    bucket = PackageBucket(session, stage, endpoint, template, say)
    bucket.make(agree)
    prepare = partial(_keep_people_key, session, stage, endpoint, say)
    steps = _Steps(stack, bucket.deployments, agree, prepare, bucket.upload_zip)
    try:
        steps.settle()
        kept = partial(kept_of, session, stage, endpoint, template_source())
        known = _first_url(stack, settings, kept, agree)
        repair = repair and known != ""
        change = change_of(stage, bucket.upload_template, settings, repair=repair)
        steps.apply(change(known))
        address = own_address(settings) or (public_url or _aws_url)(_outputs(stack)["RestAPIId"])
        if known != address:
            steps.tell_address(change(address))
        steps.end(change(address))
        drop_old_versions(session.client("lambda", endpoint_url=endpoint), stage, say)
    except (PeopleKeyLost, StackError, KeptError) as error:
        raise DeployError(str(error)) from None
    return Deployed(stack.name, address, _outputs(stack))


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class _Steps:
    """The changes of one deploy, of which each is known before it is made: whoever takes it back
    finds it also where the deploy was killed."""

    stack: CloudStack
    deployments: Deployments
    agree: Agree | None
    prepare: Callable[[], None] = _nothing
    """Makes what every stack needs, once that is agreed to."""

    upload: Callable[[], None] = _nothing
    """Brings what a change is made of."""

    def settle(self) -> None:
        """Bring the stack to rest, and what is known of deploys with it. Raises StackError."""
        self.stack.settle()
        self.deployments.settle(stands=self.stack.stands())

    def apply(self, change: Mapping[str, Any], first_at: str = "") -> None:
        def agreed(changes: list[ResourceChange]) -> None:
            if self.agree is not None:
                self.agree(changes)
            self.prepare()
            self.upload()
            self.deployments.begin(_deployment(change, first_at))

        if not self.stack.apply(change, agreed):
            self.prepare()

    def tell_address(self, change: Mapping[str, Any]) -> None:
        """Change what was made once more, for the address alone: nobody is asked twice."""
        self.stack.say("telling the functions their own address")
        replace(self, agree=None, upload=_nothing).apply(change)

    def end(self, change: Mapping[str, Any], first_at: str = "") -> None:
        self.deployments.settle(stands=True)
        self.deployments.keep(_deployment(change, first_at))


def _deployment(change: Mapping[str, Any], first_at: str) -> Deployment:
    now = stamp(datetime.now(UTC))
    return Deployment(now, first_at or now, change["TemplateURL"], change["Parameters"])


def _keep_people_key(
    session: boto3.session.Session, stage: str, endpoint: str | None, say: Say
) -> None:
    if keep_people_key(session.client("secretsmanager", endpoint_url=endpoint), stage):
        say("keeping the key of people in a secret of its own")


def _stack_of(
    session: boto3.session.Session, stage: str, endpoint: str | None, say: Say
) -> CloudStack:
    return CloudStack(
        session.client("cloudformation", endpoint_url=endpoint), f"relais-{stage}", say
    )


def _first_url(
    stack: CloudStack,
    settings: Mapping[str, str],
    kept: Callable[[], list[dict[str, Any]]],
    agree: Agree | None,
) -> str:
    """Return the address for the first pass: none for a stack that is new, whose tables are not
    protected before it stands, or a first deploy that fails could not be cleared away.

    Of a stack that was deleted the tables, keys and anchors were kept: the new one takes them over.
    """
    if stack.found() is not None:
        return own_address(settings) or _known_url(stack)
    found = kept()
    if not found:
        return ""
    names = [one["LogicalResourceId"] for one in found]
    parameters = {
        "Stage": stack.name.removeprefix("relais-"),
        "Emulator": settings.get("Emulator", "false"),
        "PublicUrl": UNKNOWN_URL,
    }
    body = {
        "TemplateBody": import_template(template_source(), names),
        "Parameters": _listed(parameters),
    }
    stack.take_over(body, found, agree)
    return UNKNOWN_URL


def change_of(
    stage: str, template_url: TemplateUrl, settings: Mapping[str, str], *, repair: bool
) -> Callable[[str], dict[str, Any]]:
    """Return what makes a change of the whole stack, for an address of the API: from what the stack
    was made as, or to `repair` it from what there is."""
    mode = {"DeploymentMode": "REVERT_DRIFT"} if repair else {}
    fixed = {**settings, "Stage": stage, "SenderAddress": parseaddr(settings["Sender"])[1]}

    # Each address has a template of its own, which is uploaded once.
    @cache
    def change(url: str) -> dict[str, Any]:
        parameters = {**fixed, "PublicUrl": url}
        return {"TemplateURL": template_url(parameters), "Parameters": _listed(parameters), **mode}

    return change


def _listed(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]


def _aws_url(api_id: str) -> str:
    return f"https://{api_id}.execute-api.{REGION}.amazonaws.com/api"


def _known_url(stack: CloudStack) -> str:
    found = stack.found()
    for parameter in found.get("Parameters", []) if found else []:
        if parameter["ParameterKey"] == "PublicUrl":
            return str(parameter["ParameterValue"])
    return ""


def _outputs(stack: CloudStack) -> dict[str, str]:
    found = stack.found()
    listed = found.get("Outputs", []) if found else []
    return {output["OutputKey"]: output["OutputValue"] for output in listed}


def deployments_of(session: boto3.session.Session, stage: str, endpoint: str | None) -> Deployments:
    account = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    return Deployments(session.client("s3", endpoint_url=endpoint), bucket_of(stage, account))


def roll_back(
    stage: str, *, endpoint: str | None = None, say: Say = print, agree: Agree | None = None
) -> Deployment:
    """Bring back what stood before the last deploy, its settings too; return that deploy.

    Raises DeployError when nothing is known of an earlier one, or when what was kept of it is not
    what was deployed.
    """
    session = boto3.session.Session(region_name=REGION)
    deployments = deployments_of(session, stage, endpoint)
    stack = _stack_of(session, stage, endpoint, say)
    steps = _Steps(stack, deployments, agree)
    try:
        steps.settle()
        before = deployments.before()
        if before is None:
            raise DeployError(f"nothing is known of a deploy of {stage} before the one that stands")
        if spoilt := deployments.spoilt(before):
            raise DeployError(f"{spoilt} is not what was deployed: somebody wrote over it")
        say(f"going back to the deploy of {before.at}")
        change = {"TemplateURL": before.template_url, "Parameters": before.parameters}
        steps.apply(change, before.first_at)
        steps.end(change, before.first_at)
        drop_old_versions(session.client("lambda", endpoint_url=endpoint), stage, say)
    except StackError as error:
        raise DeployError(str(error)) from None
    return before


def left_of(stage: str, endpoint: str | None) -> list[str]:
    """Return the names of what outlives a stage that was taken away. Raises KeptError."""
    session = boto3.session.Session(region_name=REGION)
    kept = kept_of(session, stage, endpoint, template_source())
    names = [name for one in kept for name in one["ResourceIdentifier"].values()]
    return [*(name.rpartition(":secret:")[2] for name in names), people_name(stage)]

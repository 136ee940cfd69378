"""Deploys the package, to AWS or to the emulator alike, and takes a deploy back."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final

import boto3

from chalicelib.core.email_address import email_or_none
from chalicelib.core.records import stamp
from chalicelib.core.settings import Settings, SettingsError, read
from infra.cloud_stack import Agree, CloudStack, Say, StackError, import_template
from infra.deployments import Deployment, Deployments, bucket_of
from infra.extras import own_address, wrong_extras
from infra.kept import KeptError, kept_of
from infra.package import ROOT
from infra.people_key import PeopleKeyLost, keep_people_key
from infra.uploads import TemplateUrl, upload_package

REGION: Final = "ca-central-1"
UNKNOWN_URL: Final = "https://unknown.invalid/api"
"""The address of an API that is not known yet."""

_MADE_BY_THE_STACK = {
    "PUBLIC_URL": UNKNOWN_URL,
    "RECORDS_TABLE": "records",
    "SUBSCRIBERS_TABLE": "subscribers",
    "KEYS_SECRET": "keys",
    "PEOPLE_SECRET": "people",
    "ANCHOR_SECRET": "anchors",
    "ANCHOR_BUCKET": "anchors",
    "EXPORT_BUCKET": "exports",
    "ATTACHMENT_BUCKET": "attachments",
    "IMAGE_BUCKET": "images",
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


def settings_of(stage: str, given: Mapping[str, str]) -> Settings:
    """Return what the functions of a stage will run with, before there are any. Raises
    SettingsError."""
    return read(_environment(stage, given)[0])


def _template() -> Any:
    return json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))


def _environment(stage: str, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environment of the functions, and the parameter that each setting comes from."""
    template = _template()
    parameters = template["Parameters"]
    values = {name: one["Default"] for name, one in parameters.items() if "Default" in one}
    values |= {**given, "Stage": stage}
    names = template["Globals"]["Function"]["Environment"]["Variables"]
    environment, parameter_of = dict(_MADE_BY_THE_STACK), {}
    for setting, value in names.items():
        parameter = "PublicUrl" if setting == "PUBLIC_URL" else value.get("Ref")
        if parameter in parameters:
            parameter_of[setting.lower()] = parameter
            environment[setting] = values.get(parameter) or environment.get(setting, "")
    return environment, parameter_of


def _wrong(stage: str, given: Mapping[str, str], where: str = "") -> Iterator[str]:
    """Say what the functions would refuse, parameter by parameter, before anything is created."""
    parameters = _template()["Parameters"]
    for name in given.keys() - parameters.keys():
        yield f"{name}{where} is no setting"
    environment, parameter_of = _environment(stage, given)
    try:
        read(environment)
    except SettingsError as error:
        for setting, why in error.problems.items():
            name = parameter_of[setting]
            what = f" ({parameters[name]['Description'].lower()})" if why == "is not set" else ""
            yield f"{name} {why}{where}{what}"
    yield from (f"{wrong}{where}" for wrong in wrong_extras(given))
    alarms = given.get("AlarmEmail")
    if not alarms:
        yield f"AlarmEmail is not set{where} (who is told of alarms)"
    elif email_or_none(alarms) is None:
        yield f"AlarmEmail must be an e-mail address{where}, not {alarms!r}"


def _check(stage: str, settings: Mapping[str, str], endpoint: str | None) -> None:
    wrong = list(_wrong(stage, settings))
    if settings.get("Emulator") == "true" and endpoint is None:
        wrong.append("Emulator is for the emulator alone: it widens rights")
    if wrong:
        raise DeployError("\n".join(wrong))


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

    The functions must know the address of their own API, which is known only after the first
    deploy: without a PublicUrl there is a second pass that sets it. `public_url` makes the address
    from the id of the API, where it is not AWS's own. `agree` is shown what would change, before
    anything does. `repair` makes anew what is missing of a stack that stands, and undoes what was
    changed by hand. Raises DeployError that names every setting that is missing or wrong.
    """
    _check(stage, settings, endpoint)
    session = boto3.session.Session(region_name=REGION)
    stack = _stack_of(session, stage, endpoint, say)
    template_url = upload_package(session, template, stage, endpoint, say)
    try:
        stack.settle()
        if keep_people_key(session.client("secretsmanager", endpoint_url=endpoint), stage):
            say("keeping the key of people in a secret of its own")
        known = _first_url(stack, settings, lambda: kept_of(session, stage, endpoint, _template()))
        change = change_of(stage, template_url, settings, repair=repair and known != "")
        stack.apply(change(known), agree)
        outputs = _outputs(stack)
        address = own_address(settings) or (public_url or _aws_url)(outputs["RestAPIId"])
        if known != address:
            say("telling the functions their own address")
            stack.apply(change(address))
            outputs = _outputs(stack)
        _keep(deployments_of(session, stage, endpoint), change(address))
    except (PeopleKeyLost, StackError, KeptError) as error:
        raise DeployError(str(error)) from None
    return Deployed(stack.name, address, outputs)


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
    body = {"TemplateBody": import_template(_template(), names), "Parameters": _listed(parameters)}
    stack.take_over(body, found)
    return UNKNOWN_URL


def change_of(
    stage: str, template_url: TemplateUrl, settings: Mapping[str, str], *, repair: bool
) -> Callable[[str], dict[str, Any]]:
    """Return what makes a change of the whole stack, for an address of the API: from what the stack
    was made as, or to `repair` it from what there is."""
    mode = {"DeploymentMode": "REVERT_DRIFT"} if repair else {}
    fixed = {**settings, "Stage": stage, "SenderAddress": parseaddr(settings["Sender"])[1]}

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


def _keep(deployments: Deployments, change: Mapping[str, Any]) -> None:
    now = stamp(datetime.now(UTC))
    deployments.keep(Deployment(now, now, change["TemplateURL"], change["Parameters"]))


def deployments_of(session: boto3.session.Session, stage: str, endpoint: str | None) -> Deployments:
    account = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    return Deployments(session.client("s3", endpoint_url=endpoint), bucket_of(stage, account))


def roll_back(
    stage: str, *, endpoint: str | None = None, say: Say = print, agree: Agree | None = None
) -> Deployment:
    """Bring back what stood before the last deploy, its settings too; return that deploy.

    Raises DeployError when nothing is known of an earlier one.
    """
    session = boto3.session.Session(region_name=REGION)
    deployments = deployments_of(session, stage, endpoint)
    before = deployments.before()
    if before is None:
        raise DeployError(f"nothing is known of a deploy of {stage} before the one that stands")
    stack = _stack_of(session, stage, endpoint, say)
    say(f"going back to the deploy of {before.at}")
    change = {"TemplateURL": before.template_url, "Parameters": before.parameters}
    try:
        stack.settle()
        stack.apply(change, agree)
    except StackError as error:
        raise DeployError(str(error)) from None
    deployments.keep(replace(before, at=stamp(datetime.now(UTC))))
    return before

"""The file of a stage: what it sets, and all that is wrong with it before anything is made."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.core.email_address import email_or_none
from chalicelib.core.settings import SettingsError, read, right_of
from infra.extras import wrong_extras
from infra.package import ROOT

REGION: Final = "ca-central-1"
STAGES: Final = ROOT / "infra" / "stages"
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
class StageFile:
    """The file of a stage: `given` is what it sets, `wrong` has a line for each thing to mend."""

    where: str
    given: Mapping[str, str]
    wrong: Sequence[str]


def read_stage_file(stage: str, folder: Path = STAGES) -> StageFile:
    """Return the file of a stage. Raises DeployError where there is none that can be read."""
    where = f"infra/stages/{stage}.json"
    try:
        found = json.loads((folder / f"{stage}.json").read_text("utf-8"))
    except FileNotFoundError:
        raise DeployError(f"there is no {where}") from None
    except ValueError as error:
        raise DeployError(f"{where} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise DeployError(f"{where} must hold settings by their names: {{…}}")
    given = {name: value for name, value in found.items() if isinstance(value, str)}
    no_text = [name for name, value in found.items() if not isinstance(value, str | None)]
    wrong = [f'{name} must be a text: "…", not {json.dumps(found[name])}' for name in no_text]
    wrong += [one for one in problems(stage, given) if one.split()[0] not in no_text]
    return StageFile(where, given, [f"{one} in {where}" for one in wrong])


def right_settings(stage: str, given: Mapping[str, str]) -> dict[str, object]:
    """Return what the functions of a stage will run with, before there are any: of its settings
    those that are right, by their names in a function."""
    return right_of(_environment(stage, given))


def template_source() -> Any:
    """Return the template as it is written, before it is packaged."""
    return json.loads((ROOT / "infra" / "resources.json").read_text("utf-8"))


def parameters_of_settings() -> dict[str, str]:
    """Return the parameter of the template that each setting of the functions comes from."""
    template = template_source()
    names = template["Globals"]["Function"]["Environment"]["Variables"]
    found = {
        setting.lower(): "PublicUrl" if setting == "PUBLIC_URL" else value.get("Ref")
        for setting, value in names.items()
    }
    return {name: one for name, one in found.items() if one in template["Parameters"]}


def _environment(stage: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the functions."""
    parameters = template_source()["Parameters"]
    values = {name: one["Default"] for name, one in parameters.items() if "Default" in one}
    values |= {**given, "Stage": stage}
    environment = dict(_MADE_BY_THE_STACK)
    for name, parameter in parameters_of_settings().items():
        setting = name.upper()
        environment[setting] = values.get(parameter) or environment.get(setting, "")
    return environment


def check(stage: str, given: Mapping[str, str], endpoint: str | None) -> None:
    """Raise DeployError that names every setting that is missing or wrong, before anything is
    made."""
    if wrong := problems(stage, given, endpoint):
        raise DeployError("\n".join(wrong))


def problems(stage: str, given: Mapping[str, str], endpoint: str | None = None) -> list[str]:
    """Return what the functions, the template or AWS would refuse of a stage's settings, a line for
    each parameter, which it begins with. Of the emulator at an `endpoint` less is asked."""
    found: dict[str, str] = {}
    for line in _every_problem(stage, given, endpoint):
        found.setdefault(line.split()[0], line)
    return list(found.values())


def _every_problem(stage: str, given: Mapping[str, str], endpoint: str | None) -> Iterator[str]:
    parameters = template_source()["Parameters"]
    for name in given.keys() - parameters.keys():
        yield f"{name} is no setting"
    try:
        read(_environment(stage, given))
    except SettingsError as error:
        parameter_of = parameters_of_settings()
        for setting, why in error.problems.items():
            name = parameter_of[setting]
            about = parameters[name]["Description"]
            what = f" ({about[:1].lower()}{about[1:]})" if why == "is not set" else ""
            yield f"{name} {why}{what}"
    yield from wrong_extras(given)
    alarms = given.get("AlarmEmail")
    if not alarms:
        yield "AlarmEmail is not set (who is told of alarms)"
    elif email_or_none(alarms) is None:
        yield f"AlarmEmail must be an e-mail address, not {alarms!r}"
    # Buckets are named by the stage too: what AWS refuses of its name stops all of them.
    values = {**given, "Stage": stage}
    for name in values.keys() & parameters.keys():
        if why := _beyond(parameters[name], values[name]):
            yield f"{name} {why}, not {values[name]!r}"
    if endpoint is None:
        yield from _wrong_at_aws(given)


def _beyond(parameter: Mapping[str, Any], text: str) -> str:
    """Return what CloudFormation would ask of a text as the value of a parameter; blank when it
    fits."""
    if allowed := parameter.get("AllowedValues"):
        return "" if text in allowed else f"must be {' or '.join(allowed)}"
    if pattern := parameter.get("AllowedPattern"):
        fits = re.fullmatch(f"(?:{pattern})", text)
        return "" if fits else str(parameter["ConstraintDescription"])
    if parameter["Type"] == "Number":
        low, high = parameter["MinValue"], parameter["MaxValue"]
        fits_in = text.isdecimal() and low <= int(text) <= high
        return "" if fits_in else f"must be a whole number from {low} to {high}"
    return ""


def _wrong_at_aws(given: Mapping[str, str]) -> Iterator[str]:
    if given.get("Emulator") == "true":
        yield "Emulator is for the emulator alone: it widens rights"
    if given.get("PublicUrl", "").startswith("http://"):
        yield "PublicUrl must start with https://: the API of AWS answers nothing else"
    certificate = given.get("Certificate", "")
    if certificate and f":acm:{REGION}:" not in certificate:
        yield f"Certificate must be one of {REGION}, where the API is, not {certificate!r}"

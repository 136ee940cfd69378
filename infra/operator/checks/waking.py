"""The functions: whether each is there and may run, and a stream, a queue or a schedule wakes it."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from infra.extras import ALIAS
from infra.operator.checks.answers import answer_of, aws
from infra.operator.checks.resources import (
    FUNCTION,
    MISSING,
    Kind,
    Resource,
    ResourceFault,
    faults_of,
)
from infra.operator.stage import Operator
from infra.stage_file import REGION

_WOKEN: Final = ("Enabled", "Enabling", "Updating", "Creating")


def sleeping_functions(operator: Operator) -> str | None:
    """Return a sentence when a function is missing or stopped, or a stream, a queue or a schedule
    does not wake it."""
    return faults_of(operator, WAKING)


def _functions(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    client = operator.client("lambda")
    for one in resources:
        name = one.physical
        about = answer_of(operator, client.get_function_configuration, FunctionName=name)
        if about is None:
            yield ResourceFault(MISSING, name)
            continue
        # One that nobody woke for long is Inactive, and wakes when it is called.
        if about.get("State") == "Failed":
            why = about.get("StateReason", "nothing of why")
            yield ResourceFault("failed", name, f"AWS says: {why}")
        held = answer_of(operator, client.get_function_concurrency, FunctionName=name) or {}
        if held.get("ReservedConcurrentExecutions") == 0:
            go_on = aws(f"lambda delete-function-concurrency --function-name {name}")
            yield ResourceFault("stopped (its reserved concurrency is 0)", name, go_on)


def _mappings(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    ask = operator.client("lambda").get_event_source_mapping
    for one in resources:
        found = answer_of(operator, ask, UUID=one.physical)
        if found is None:
            yield ResourceFault(MISSING, f"of {one.function}")
        elif found["State"] not in _WOKEN:
            enable = aws(f"lambda update-event-source-mapping --uuid {one.physical} --enabled")
            yield ResourceFault(found["State"].lower(), f"of {one.function}", enable)
        elif (said := found.get("LastProcessingResult", "OK")).startswith("PROBLEM"):
            yield ResourceFault("not as it should be", f"of {one.function}", f"AWS says: {said}")


def _rules(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    events = operator.client("events")
    for one in resources:
        found = answer_of(operator, events.describe_rule, Name=one.physical)
        if found is None:
            yield ResourceFault(MISSING, f"of {one.function}")
            continue
        if found["State"] == "DISABLED":
            enable = aws(f"events enable-rule --name {one.physical}")
            yield ResourceFault("off", f"of {one.function}", enable)
        targets = answer_of(operator, events.list_targets_by_rule, Rule=one.physical) or {}
        if not targets.get("Targets"):
            arn = f"arn:aws:lambda:{REGION}:{operator.account}:function:{one.function}"
            put = aws(f"events put-targets --rule {one.physical} --targets Id=1,Arn={arn}")
            yield ResourceFault("without a target", f"of {one.function}", put)


def _permissions(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
    """Yield the functions that something has no longer the right to wake."""
    for one in resources:
        # A function that is woken from a snapshot is called by the name of its version.
        if not any(one.physical in ids for ids in _permitted(operator, one.function)):
            yield ResourceFault(MISSING, f"of {one.function}")


def _permitted(operator: Operator, function: str) -> Iterator[set[str]]:
    ask = operator.client("lambda").get_policy
    for version in ({}, {"Qualifier": ALIAS}):
        found = answer_of(operator, ask, FunctionName=function, **version) or {}
        said = json.loads(found.get("Policy", "{}"))
        yield {each.get("Sid", "") for each in said.get("Statement", [])}


WAKING: Final = {
    FUNCTION: Kind("function", _functions),
    "AWS::Lambda::EventSourceMapping": Kind("event source mapping", _mappings),
    "AWS::Events::Rule": Kind("rule", _rules),
    "AWS::Lambda::Permission": Kind("permission", _permissions),
}
"""A kind of resource → what finds functions that do not run by it."""

"""What the stack made, one by one: whether it is there, and on.

CloudFormation goes by what it made last and not by what there is: a deploy of an unchanged
template does not make anew what somebody deleted, and does not see what somebody switched off.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from infra.cloud_stack import HOLDING
from infra.operator.checks.answers import all_of, answer_of, named
from infra.operator.stage import Operator


class Resource(NamedTuple):
    """One thing of the stack: its name in the template, its name at AWS, its kind, and the function
    at AWS that it belongs to, if to one."""

    logical: str
    physical: str
    kind: str
    function: str = ""


class ResourceFault(NamedTuple):
    """What is wrong with a thing in a word or two, its name, and the command that ends it."""

    fault: str
    name: str
    command: str = ""


class Kind(NamedTuple):
    """What things of a kind are called, and what finds what is wrong with those of a stack."""

    what: str
    faults: Callable[[Operator, Sequence[Resource]], Iterator[ResourceFault]]


MISSING: Final = "missing"

FUNCTION: Final = "AWS::Lambda::Function"


def resources_of(operator: Operator) -> list[Resource]:
    """Return what the stack is made of; nothing without a stack."""

    def listed() -> list[Resource]:
        pages = operator.client("cloudformation").get_paginator("list_stack_resources")
        return [
            Resource(
                one["LogicalResourceId"], one.get("PhysicalResourceId", ""), one["ResourceType"]
            )
            for page in pages.paginate(StackName=f"relais-{operator.stage}")
            for one in page["StackResourceSummaries"]
            if not one["ResourceStatus"].startswith("DELETE")
        ]

    found = answer_of(operator, listed) or []
    functions = {one.logical: one.physical for one in found if one.kind == FUNCTION}
    return [one._replace(function=_function_of(one.logical, functions)) for one in found]


def _function_of(logical: str, functions: Mapping[str, str]) -> str:
    """Return the function that a thing is named after, as SAM names what wakes one."""
    mine = [name for name in functions if logical.startswith(name)]
    return functions[max(mine, key=len)] if mine else ""


def faults_of(operator: Operator, kinds: Mapping[str, Kind]) -> str | None:
    """Return what is wrong with the resources of these kinds, and what to do. Raises NotLookedAt."""
    resources = resources_of(operator)
    return all_of(
        *(
            partial(_faults, operator, name, kind, [one for one in resources if one.kind == name])
            for name, kind in kinds.items()
        )
    )


def _faults(operator: Operator, name: str, kind: Kind, resources: Sequence[Resource]) -> str | None:
    found = defaultdict(list)
    for one in kind.faults(operator, resources):
        found[one.fault].append(one)
    return (
        "; ".join(
            f"{_named(kind.what, [one.name for one in faults])} {fault}: "
            + (_anew(operator, name) if fault == MISSING else _commands(faults))
            for fault, faults in found.items()
        )
        or None
    )


def _named(what: str, names: Sequence[str]) -> str:
    many = len(names) > 1
    plural = what.removesuffix("y") + "ies" if what.endswith("y") else what + "s"
    return f"the {plural if many else what} {named(names)} {'are' if many else 'is'}"


def _anew(operator: Operator, kind: str) -> str:
    """Return what brings back a thing that is gone."""
    anew = f"`relais deploy {operator.stage} --repair` makes anew what is missing"
    held = ", and a copy has what was in it (docs/operators.md, Backup and return)"
    return anew + (held if kind in HOLDING else "")


def _commands(faults: Sequence[ResourceFault]) -> str:
    return ", ".join(dict.fromkeys(one.command for one in faults))


def each(service: str, ask: Callable[[Any, str], Any]) -> Callable[..., Iterator[ResourceFault]]:
    """Return what asks a service for each thing by its name at AWS, and finds those that are
    missing."""

    def faults(operator: Operator, resources: Sequence[Resource]) -> Iterator[ResourceFault]:
        client = operator.mail_client() if service == "sesv2" else operator.client(service)
        for one in resources:
            if answer_of(operator, ask, client, one.physical) is None:
                yield ResourceFault(MISSING, short(one.physical))

    return faults


def short(physical: str) -> str:
    """Return a name without the address of a queue, or the account, in front of it."""
    return physical.rpartition("/" if physical.startswith("https:") else ":")[2]

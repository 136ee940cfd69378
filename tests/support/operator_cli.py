"""`relais …` in a test: what it writes, and what it raises."""

import json
import threading
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
import typer
from botocore.client import BaseClient
from typer.testing import CliRunner

from infra.operate import WRONG_USE, app, shared_first
from infra.operator.session import Session
from infra.operator.stage import Operator
from infra.rights import POLICIES, READER

DEPLOYING = {"deploy", "deploys", "destroy", "rollback"}
"""The commands of whoever deploys: infra/rights.py has their rights."""

OPERATOR = [
    statement
    for name in ("operator.json", READER)
    for statement in json.loads((POLICIES / name).read_text("utf-8"))["Statement"]
]
MAY = {action for statement in OPERATOR for action in statement["Action"]}

WRITING: tuple[str, ...] = ("PutObject", "DeleteObject", "DeleteObjects", "PutObjectTagging")
"""The calls that change what lies in a bucket."""

NAMED = {
    "DeleteObjects": {"s3:DeleteObject"},
    "HeadBucket": {"s3:ListBucket"},
    "ListObjectsV2": {"s3:ListBucket"},
    "HeadObject": {"s3:GetObject"},
    "ListObjectVersions": {"s3:ListBucketVersions"},
    "SendMessageBatch": {"sqs:SendMessage"},
}
"""The calls whose right has another name."""


def actions_of(service: str, operation: str, given: dict[str, Any]) -> set[str]:
    """The rights that a call needs."""
    if operation == "TransactWriteItems":
        kinds = {kind for item in given["TransactItems"] for kind in item}
        return {f"dynamodb:{kind}Item" for kind in kinds}
    return NAMED.get(operation, {f"{service}:{operation}"})


def may_write(name: str) -> bool:
    """Tell whether an operator may write an object, by its bucket and its key."""
    return any(
        fnmatchcase(f"arn:aws:s3:::{name}", pattern)
        for statement in OPERATOR
        if "s3:PutObject" in statement["Action"]
        for pattern in statement["Resource"]
    )


def _allowed(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Check the calls of a command and of its threads; those that were there are the local AWS's."""
    others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}

    def call(client: Any, operation: str, given: dict[str, Any]) -> Any:
        if threading.get_ident() in others:
            return plain(client, operation, given)
        model = client.meta.service_model
        service = {"sesv2": "ses"}.get(model.service_name, model.service_name)
        beyond = actions_of(service, operation, given) - MAY
        assert not beyond, f"infra/policies/operator*.json give no operator the right to {beyond}"
        if service == "s3" and operation in WRITING:
            assert may_write(f"{given['Bucket']}/x"), f"no operator may write to {given['Bucket']}"
        return plain(client, operation, given)

    return call


def relais(operator: Operator, *words: str, yes: bool = True) -> str:
    """Run one command, its questions answered with yes; raises what it ends with."""
    session = Session("local", yes=yes, given=operator)
    with pytest.MonkeyPatch.context() as patch:
        if not DEPLOYING & set(words):
            patch.setattr(BaseClient, "_make_api_call", _allowed(BaseClient._make_api_call))  # type: ignore[attr-defined]
        done = CliRunner().invoke(app, shared_first(words), obj=session)
    if done.exit_code == WRONG_USE:
        raise typer.BadParameter(" ".join(done.output.replace("│", "").split()))
    if done.exception is not None:
        raise done.exception
    return done.stdout.rstrip("\n")


def listed(operator: Operator, *words: str) -> Any:
    """Return the rows of a listing, as --json writes them."""
    return json.loads(relais(operator, "--json", *words))

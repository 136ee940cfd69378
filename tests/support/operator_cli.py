"""`relais …` in a test: what it writes, and what it raises."""

import json
from typing import Any

import typer
from typer.testing import CliRunner

from infra.operate import WRONG_USE, app, shared_first
from infra.operator.session import Session
from infra.operator.stage import Operator


def relais(operator: Operator, *words: str, yes: bool = True) -> str:
    """Run one command, its questions answered with yes; raises what it ends with."""
    session = Session("local", yes=yes, given=operator)
    done = CliRunner().invoke(app, shared_first(words), obj=session)
    if done.exit_code == WRONG_USE:
        raise typer.BadParameter(" ".join(done.output.replace("│", "").split()))
    if done.exception is not None:
        raise done.exception
    return done.stdout.rstrip("\n")


def listed(operator: Operator, *words: str) -> Any:
    """Return the rows of a listing, as --json writes them."""
    return json.loads(relais(operator, "--json", *words))

"""`relais chains …`: the spelling of before `relais audit …`, which still works and says the new."""

import typer

from infra.operator.audit import verify_
from infra.operator.commands import Commands

commands = Commands("Now `relais audit`.")


@commands.add("verify")
def verify(context: typer.Context) -> None:
    """Say the new spelling, and do it."""
    typer.echo("now: relais audit verify", err=True)
    verify_(context)

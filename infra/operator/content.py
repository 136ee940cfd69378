"""`relais content check`: whether the words and rules that staff may edit can be served."""

import typer

from infra.content.check import faults
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.session import session_of

commands = Commands("The words and rules of the programme, in chalicelib/content.")


@commands.add()
def check(context: typer.Context) -> None:
    """Say what is wrong with content and templates, each by file and line, and how to mend it."""
    found = faults()
    for fault in found:
        typer.echo(fault, err=True)
    if found:
        raise OperatorError(f"{len(found)} to mend")
    session_of(context).say("Well: every text, name and number meets")

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
    session, found = session_of(context), faults()
    if session.as_json:
        session.list_rows([{"wrong": fault} for fault in found])
    for fault in () if session.as_json else found:
        typer.echo(fault, err=True)
    if found:
        raise OperatorError(f"{len(found)} to mend")
    if not session.as_json:
        session.say("Well: every text, name and number meets")

"""`relais`, the operator's command: also `python -m infra.operate --stage STAGE …`."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from infra.operator import (
    audit,
    backup,
    chains,
    coaches,
    content,
    cost,
    deploying,
    desk,
    doctor,
    keys,
    letters,
    person,
    rewind,
    spam,
    staff,
    subscribers,
    trace,
    website,
)
from infra.operator.commands import WholeCommand
from infra.operator.errors import OperatorError, reason_of
from infra.operator.newsletter import commands as newsletter
from infra.operator.session import Session
from infra.operator.stage import LOCAL, stages

DONE, FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130

app = typer.Typer(
    name="relais",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _name, _commands in (
    ("staff", staff.commands),
    ("spam", spam.commands),
    ("desk", desk.commands),
    ("letters", letters.commands),
    ("audit", audit.commands),
    ("subscribers", subscribers.commands),
    ("issue", newsletter.commands),
    ("coaches", coaches.commands),
    ("content", content.commands),
    ("kit", website.commands),
    ("keys", keys.commands),
    ("person", person.commands),
    ("rewind", rewind.commands),
):
    app.add_typer(_commands, name=_name)
app.add_typer(chains.commands, name="chains", hidden=True)
for _command in (
    doctor.doctor,
    trace.trace,
    cost.cost,
    deploying.deploy,
    deploying.deploys,
    deploying.rollback,
    deploying.destroy,
    backup.backup,
    backup.restore,
    backup.compare,
):
    app.command(cls=WholeCommand)(_command)


@app.callback()
def _begin(
    context: typer.Context,
    stage: Annotated[
        str,
        typer.Option(help="`local` while `make run` runs, or a file of infra/stages."),
    ] = LOCAL,
    as_json: Annotated[bool, typer.Option("--json", help="Write listings as JSON.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do what cannot be undone without a question.")
    ] = False,
) -> None:
    """Deploy Relais, ask how a stage is, and keep what it runs on: staff, coaches, newsletter, keys.

    --stage, --json and --yes may also stand at the end.
    """
    session = context.obj or Session(stage)
    session.stage, session.as_json, session.yes = stage, as_json, session.yes or yes
    if stage not in stages():
        # Told by the command, with all else that is wrong in how it was called.
        session.wrong_stage = f"there is no stage {stage!r}; there are: {', '.join(stages())}"
    context.obj = session


def main() -> None:
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    status = run(sys.argv[1:])
    sys.stdout.flush()
    if status == STOPPED:
        # Threads that still wait for an answer would hold the process up.
        os._exit(STOPPED)
    sys.exit(status)


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit status; every error is one on stderr."""
    session = Session(LOCAL)
    try:
        status = app(
            args=shared_first(words), obj=session, standalone_mode=False, prog_name="relais"
        )
    except typer.Abort:
        status = STOPPED
    except typer.TyperException as error:
        message = " ".join(error.format_message().split())
        return _fail(f"{message} (relais … --help shows how)" if message else "", WRONG_USE)
    except OSError as error:
        return _cut_off(session, str(error))
    except Exception as error:
        if (why := reason_of(error, session.stage)) is None:
            raise
        if isinstance(error, OperatorError):
            return _fail(f"Not done: {why}")
        return _cut_off(session, why)
    if status == STOPPED:
        done = session.done or "what was under way may be done or not: look before you repeat it"
        typer.echo(f"Stopped: {done}", err=True)
    return status if isinstance(status, int) else DONE


def shared_first(words: Sequence[str]) -> list[str]:
    """Put the options of every command before the command, wherever they were written."""
    first: list[str] = []
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            return [*first, *rest, word, *left]
        if word in ("--json", "--yes") or word.startswith("--stage="):
            first.append(word)
        elif word == "--stage":
            first += [word, *[value for value in [next(left, None)] if value is not None]]
        else:
            rest.append(word)
    return [*first, *rest]


def _cut_off(session: Session, why: str) -> int:
    """Say what cut a command off, and what it had done already, where it had done something."""
    return _fail(f"Not all done: {why}; {session.done}" if session.done else f"Not done: {why}")


def _fail(text: str, status: int = FAILED) -> int:
    typer.echo(text, err=True)
    return status


if __name__ == "__main__":
    main()

"""One call of the command: its stage, how it writes, and whether it may do what stays done."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import typer
from rich import progress
from rich.console import Console
from rich.table import Table

from chalicelib.services import utc_now
from infra.operator.errors import OperatorError
from infra.operator.stage import Operator

WIDE_COLUMNS = 10_000
"""Columns, where nobody watches: a line of a listing stays one line."""

Row = Mapping[str, object]


@dataclass
class Session:
    """`done` says what is done already, to whoever stops the command half-way or is cut off."""

    stage: str
    as_json: bool = False
    yes: bool = False
    given: Operator | None = None
    done: str = ""

    wrong_stage: str = ""
    """Why the stage that was named is none; empty where it is one."""

    def now(self) -> datetime:
        """Return the time, also where no stage can be reached."""
        return self.given.now() if self.given else utc_now()

    @cached_property
    def operator(self) -> Operator:
        return self.given or Operator.of(self.stage)

    def say(self, text: str) -> None:
        typer.echo(text)

    def list_rows(self, rows: Sequence[Row], empty: str = "") -> None:
        """Write rows of the same columns as a table, as JSON when asked for; `empty`: of none."""
        if self.as_json:
            self.say(json.dumps(list(rows), ensure_ascii=False, indent=1))
            return
        if not rows:
            self.say(empty)
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in rows[0]:
            table.add_column(name.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*(_cell(value) for value in row.values()))
        width = None if sys.stdout.isatty() else WIDE_COLUMNS
        Console(width=width, markup=False, highlight=False, emoji=False).print(table)

    def confirm(self, question: str) -> None:
        """Ask before what cannot be undone. Raises OperatorError without a yes."""
        if self.yes:
            return
        if not sys.stdin.isatty():
            raise OperatorError(f"{question} Nobody is here to ask: add --yes to do it")
        if not typer.confirm(question, err=True):
            raise OperatorError("you said no")


def session_of(context: typer.Context) -> Session:
    """Return the session that the options before the command began."""
    found = context.find_object(Session)
    assert found is not None
    return found


@dataclass
class Bar:
    """A bar in motion."""

    _progress: progress.Progress
    _task: progress.TaskID

    @property
    def visible(self) -> bool:
        return not self._progress.disable

    def show(self, done: int, of: int | None = None, what: str | None = None) -> None:
        self._progress.update(self._task, completed=done, total=of, description=what)


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Bar]:
    """Show progress on a terminal, on the side of errors; nothing where nobody watches."""
    console = Console(stderr=True, markup=False, highlight=False)
    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    shown = progress.Progress(*columns, console=console, disable=not console.is_terminal)
    with shown:
        yield Bar(shown, shown.add_task(what, total=total))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)

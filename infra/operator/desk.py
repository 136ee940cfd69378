"""`relais desk …`: what the pages of the staff stand on."""

import typer

from chalicelib.cases.file_index import COUNTS, counts
from chalicelib.desk.reindex import Reindex
from infra.operator.commands import Commands
from infra.operator.session import session_of

commands = Commands("Keep what the staff's pages stand on.")


@commands.add()
def index(context: typer.Context) -> None:
    """Write the rows by which staff find files, and count all files anew; again does no harm."""
    session = session_of(context)
    operator = session.operator
    reindex = Reindex(operator.store)
    number = sum(reindex.rows(case) for case in operator.tables.cases())
    wrong = operator.recount.repair()
    session.say(f"{number} files are listed; counts that were wrong: {wrong}")


@commands.add("list")
def list_(context: typer.Context) -> None:
    """List how many files there are in each state, as the desk counts them."""
    session = session_of(context)
    found: dict[str, int] = {}
    for one in counts(session.operator.store.rows(COUNTS)):
        found[one.state] = found.get(one.state, 0) + one.number
    rows = [{"state": state, "files": number} for state, number in sorted(found.items())]
    session.list_rows(rows, "No files")

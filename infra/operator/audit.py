"""`relais chains …`, and `make verify`: whether all events are as they were written."""

from collections.abc import Callable, Iterable

import typer

from chalicelib.cases.audit import HEADS, BrokenChain, verified
from chalicelib.core.ports import Store
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.session import bar, session_of

commands = Commands("Check the events of files and issues.")


@commands.add("verify")
def verify_(context: typer.Context) -> None:
    """Check that all events are as they were written, and name each chain's first broken link."""
    session = session_of(context)
    operator = session.operator
    with bar("Chains") as shown:
        partitions = operator.tables.partitions(tuple(HEADS))
        count, faults = verify(operator.store, partitions, shown.show)
    for fault in faults:
        typer.echo(f"broken  {fault}", err=True)
    if faults:
        raise OperatorError(f"{len(faults)} of {count} chains are broken, first {faults[0]}")
    session.say(f"Whole: {count} chain{'' if count == 1 else 's'}")


def verify(
    store: Store, partitions: Iterable[str], progress: Callable[[int], None] = lambda count: None
) -> tuple[int, list[BrokenChain]]:
    """Return how many chains there are, and the first broken link of each that does not hold."""
    faults: list[BrokenChain] = []
    count = 0
    for count, pk in enumerate(partitions, 1):
        fault = verified(store, pk)
        if fault is not None:
            faults.append(fault)
        progress(count)
    return count, faults

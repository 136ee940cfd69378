"""`relais spam …`: forms that are held, and what lets them go."""

from typing import Annotated

import typer

from chalicelib.cases.case import Case
from chalicelib.cases.deadlines.agenda import held_forms
from chalicelib.cases.decisions import release_step
from chalicelib.cases.effects import Decider
from chalicelib.cases.transition import STAFF_PREFIX
from chalicelib.core import references
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.session import Session, session_of

commands = Commands("See the forms that are held.")


@commands.add("list")
def list_(context: typer.Context) -> None:
    """List the forms that are held, of every year, oldest first."""
    session = session_of(context)
    cases = [
        session.operator.services.lookup.case(item["id"])
        for item in held_forms(session.operator.store)
    ]
    rows = [
        {"reference": case.current_ref, "submitted_at": case.submitted_at, "org": case.org}
        for case in cases
        if case is not None
    ]
    session.list_rows(rows, "Nothing is held")


@commands.add()
def release(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help="The reference of the declaration.")],
) -> None:
    """Let a declaration go the way of the others: its letters leave."""
    session = session_of(context)
    operator = session.operator
    found = references.parse_reference(reference)
    case = operator.services.lookup.case(references.file_number_of(found or ""))
    if case is None:
        raise OperatorError(f"there is no {reference}: see `relais spam list`")
    session.confirm(
        f"Let {case.current_ref} go? {_mails(session, case)} e-mails leave, and cannot be called back."
    )
    operator.services.desk.releasing.release(case, Decider("operator", "operator"))
    session.say(f"Released {case.current_ref}: its letters leave now")


def _mails(session: Session, case: Case) -> int:
    """Return how many e-mails a released form sets off: one to its sender, and one to each who
    reads the letters to staff."""
    names = release_step(case).letters
    staff = len(session.operator.services.cases.file_roster.active())
    return sum(staff if name.startswith(STAFF_PREFIX) else 1 for name in names)

"""`relais spam …`: forms that are held as spam."""

from typing import Annotated

import typer

from chalicelib.cases.effects import Decider
from chalicelib.core import references
from chalicelib.newsletter.subscribers.pending import release as release_sign_up
from infra.operator.commands import Commands
from infra.operator.errors import OperatorError
from infra.operator.session import session_of

commands = Commands("See the forms that are held as spam.")


@commands.add("list")
def list_(context: typer.Context) -> None:
    """List the declarations that are held since the year before this one, oldest first."""
    session = session_of(context)
    year = session.operator.now().year
    rows = [
        {
            "reference": references.reference("eoi", item["id"]),
            "submitted_at": item["submitted_at"],
            "org": item["org"],
        }
        for of_year in (year - 1, year)
        for item in session.operator.store.listed(f"HELD_AS_SPAM#{of_year}")
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
    operator.services.cases.decisions.release(case, Decider("operator", "operator"))
    release_sign_up(operator.store, case.person, operator.now(), f"{case.ref}#")
    session.say(f"Released {case.current_ref}: its letters leave now")

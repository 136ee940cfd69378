"""`relais doctor`: what is wrong with a stage, although nothing fails."""

from collections.abc import Callable
from typing import Final

import typer

from infra.operator.checks.functions import FUNCTION_CHECKS
from infra.operator.checks.letters import LETTER_CHECKS
from infra.operator.checks.mail_account import MAIL_CHECKS
from infra.operator.checks.programme import PROGRAMME_CHECKS
from infra.operator.checks.stack import STACK_CHECKS
from infra.operator.errors import OperatorError
from infra.operator.session import session_of
from infra.operator.stage import Operator

Check = Callable[[Operator], str | None]

CHECKS: Final[tuple[Check, ...]] = (
    *LETTER_CHECKS,
    *PROGRAMME_CHECKS,
    *FUNCTION_CHECKS,
    *STACK_CHECKS,
    *MAIL_CHECKS,
)
"""Each looks at one thing that no error tells of. Its name heads its row in docs/operators.md."""


def doctor(context: typer.Context) -> None:
    """Check what fails without a word, and end with 1 when something is wrong."""
    session = session_of(context)
    found = {check.__name__: check(session.operator) for check in CHECKS}
    findings = {name: finding for name, finding in found.items() if finding}
    if session.as_json:
        session.list_rows([{"check": name, "wrong": finding} for name, finding in found.items()])
    for name, finding in ({} if session.as_json else findings).items():
        typer.echo(f"wrong  {name}: {finding}", err=True)
    if findings:
        raise OperatorError(f"{len(findings)} of {len(CHECKS)} checks found something")
    if not session.as_json:
        session.say(f"Well: {len(CHECKS)} check{'' if len(CHECKS) == 1 else 's'}")

"""`relais doctor`: what is wrong with a stage, although nothing fails."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import typer

from infra.cloud_stack import CloudStack
from infra.operator.checks.answers import Check, Looked, NotLookedAt, answer_of, look, not_looked_at
from infra.operator.checks.functions import FUNCTION_CHECKS
from infra.operator.checks.key_secrets import lost_secrets
from infra.operator.checks.letters import LETTER_CHECKS
from infra.operator.checks.mail_account import ACCOUNT_CHECKS
from infra.operator.checks.programme import PROGRAMME_CHECKS
from infra.operator.checks.sender import SENDER_CHECKS
from infra.operator.checks.stack import STACK_CHECKS
from infra.operator.errors import NotDeployed, OperatorError
from infra.operator.session import session_of
from infra.operator.stage import LOCAL, Operator

CHECKS: Final[tuple[Check, ...]] = (
    *LETTER_CHECKS,
    *PROGRAMME_CHECKS,
    *FUNCTION_CHECKS,
    *STACK_CHECKS,
    lost_secrets,
    *SENDER_CHECKS,
    *ACCOUNT_CHECKS,
)
"""Each looks at one thing that no error tells of. Its name heads its row in docs/operators.md."""


def doctor(context: typer.Context) -> None:
    """Check what fails without a word, and end with 1 when something is wrong."""
    session = session_of(context)
    _reach(session.operator)
    looked = [look(check, session.operator) for check in CHECKS]
    if session.as_json:
        session.list_rows(
            [
                {
                    "check": one.check,
                    "wrong": one.wrong or None,
                    "not_looked_at": ", ".join(one.not_looked_at) or None,
                }
                for one in looked
            ]
        )
    for line in () if session.as_json else _lines(looked):
        typer.echo(line, err=True)
    wrong = sum(bool(one.wrong) for one in looked)
    if wrong:
        raise OperatorError(f"{wrong} of {len(CHECKS)} checks found something{_rest(looked)}")
    if not session.as_json:
        well = sum(not one.not_looked_at for one in looked)
        session.say(f"Well: {well} check{'' if well == 1 else 's'}{_rest(looked)}")


def _lines(looked: Iterable[Looked]) -> list[str]:
    """Return a line for each thing that is wrong: checks that break for one reason share it."""
    names = defaultdict(list)
    for one in looked:
        if one.wrong:
            names[one.wrong].append(one.check)
    return [f"wrong  {', '.join(checks)}: {wrong}" for wrong, checks in names.items()]


def _rest(looked: Iterable[Looked]) -> str:
    """Return the end of the last sentence: of the checks that learnt nothing."""
    return f"; {rest}" if (rest := not_looked_at(looked)) else ""


def _reach(operator: Operator) -> None:
    """Raise NotDeployed for a stage that never was, and what AWS says to whoever is not signed in:
    each check would say so."""
    if operator.stage == LOCAL:
        return
    assert operator.account, "whoever is not signed in learns it here"
    stack = CloudStack(operator.client("cloudformation"), f"relais-{operator.stage}", print)
    try:
        found = answer_of(operator, stack.found)
    except NotLookedAt:
        return
    if found is None:
        raise NotDeployed(operator.stage)

"""`relais doctor`: what is wrong with a stage, although nothing fails."""

from datetime import timedelta
from typing import Final

import typer

from chalicelib.core.records import stamp
from chalicelib.mail import account
from infra.operator.aws_checks import AWS_CHECKS
from infra.operator.errors import OperatorError
from infra.operator.session import session_of
from infra.operator.stage import Operator

LOOK_BACK: Final = timedelta(days=7)
"""Letters that left before are not looked at."""

LATE_PERCENT: Final = 5
"""More late letters than this mean that the stream does not work; the alarm has the same."""


def doctor(context: typer.Context) -> None:
    """Check what fails without a word, and end with 1 when something is wrong."""
    session = session_of(context)
    found = {check.__name__: check(session.operator) for check in CHECKS}
    findings = [finding for finding in found.values() if finding]
    if session.as_json:
        session.list_rows([{"check": name, "wrong": finding} for name, finding in found.items()])
    for finding in () if session.as_json else findings:
        typer.echo(f"wrong  {finding}", err=True)
    if findings:
        raise OperatorError(f"{len(findings)} of {len(CHECKS)} checks found something")
    if not session.as_json:
        session.say(f"Well: {len(CHECKS)} check{'' if len(CHECKS) == 1 else 's'}")


def late_letters(operator: Operator) -> str | None:
    """Return a sentence when too many letters waited for the sweep, else None."""
    sent, late = stream_share(operator)
    if late * 100 <= sent * LATE_PERCENT:
        return None
    return (
        f"{late} of {sent} letters of the last {LOOK_BACK.days} days waited up to a minute for the "
        "sweep: the table's stream did not wake deliver_letters; look at its event source mapping"
    )


def stream_share(operator: Operator) -> tuple[int, int]:
    """Return how many letters left lately, and how many of them late: by the sweep, where the
    stream should have sent them."""
    since = stamp(operator.now() - LOOK_BACK)
    rows = list(operator.tables.letters_sent_since(since))
    return len(rows), sum(bool(row.get("late")) for row in rows)


def held_letters(operator: Operator) -> str | None:
    """Return a sentence while a pause holds letters, else None."""
    pause = operator.services.reputation.standing()
    if pause is None:
        return None
    which = "all letters" if pause.scope == "all" else "letters to new addresses"
    return f"{which} are held since {pause.at} by {pause.by}: `relais letters resume` ends it"


def refused_account(operator: Operator) -> str | None:
    """Return a sentence while SES refuses the account, else None."""
    row = operator.store.get(*account.ACCOUNT_KEY) or {}
    if "refused_at" not in row:
        return None
    return (
        f"SES refuses all letters since {row['refused_at']} ({row['why']}): they wait, and leave "
        "by themselves once it takes them"
    )


CHECKS: Final = (late_letters, held_letters, refused_account, *AWS_CHECKS)
"""Each looks at one thing that no error tells of."""

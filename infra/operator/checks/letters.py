"""The letters: whether they leave, by the stream, and soon."""

from datetime import timedelta
from typing import Final
from uuid import uuid4

from chalicelib.core.letter_row import DEAD
from chalicelib.core.records import stamp
from chalicelib.mail import account
from chalicelib.mail.canary import Canary, Flight, clear_leftovers
from chalicelib.mail.holds import NOTHING, MailHolds
from chalicelib.mail.service_status import OVERDUE
from infra.operator.checks.answers import NotLookedAt
from infra.operator.stage import Operator

LOOK_BACK: Final = timedelta(days=7)
"""Letters that left before are not looked at."""

LATE_PERCENT: Final = 5
"""More late letters than this mean that the stream does not work; the alarm has the same."""


CANARY_SECONDS: Final = 90
"""A sweep later than the stream, and the time that SES takes to report."""


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


def overdue_rows(operator: Operator) -> str | None:
    """Return a sentence when something waits that should have been done long ago."""
    waited = operator.now() - OVERDUE
    if next(iter(operator.store.due(stamp(waited))), None) is None:
        return None
    return (
        f"what was due waits for more than {OVERDUE.seconds // 60} minutes: the log of the function "
        "sweep says why, or nothing wakes it"
    )


def dead_letters(operator: Operator) -> str | None:
    """Return a sentence when letters were given up."""
    count = sum(1 for _ in operator.store.listed(DEAD))
    if count == 0:
        return None
    letters = f"{count} letter{'s' * (count > 1)}"
    return (
        f"{letters} could not be sent: `relais letters dead` says why, `relais letters retry` sends"
    )


def lost_canary(operator: Operator) -> str | None:
    """Send a canary, a declaration of nobody, through the stream to the mailbox simulator of SES,
    wait for its delivery, and take it away. Return a sentence when it did not come back; nothing
    while something keeps letters, which others say."""
    if MailHolds(operator.store, operator.now).read() != NOTHING:
        return None
    clear_leftovers(operator.store, operator.now(), "DOCTOR")
    canary = Canary(operator.store, operator.now, "DOCTOR", uuid4().hex)
    try:
        operator.store.commit(canary.written())
        flight = canary.flight()
        for _ in range(CANARY_SECONDS):
            if not flight.is_under_way:
                break
            operator.wait(1)
            flight = canary.flight()
    finally:
        operator.store.commit(canary.removed())
    return _said_of(flight)


def _said_of(flight: Flight) -> str | None:
    match flight.status:
        case "delivered":
            if flight.by == "sweep":
                return (
                    "the canary’s letter left by the sweep: the table’s stream did not wake "
                    "deliver_letters; look at its event source mapping"
                )
            return None
        case "owed" | "claimed":
            why = f" ({flight.why})" if flight.why else ""
            return (
                f"the canary’s letter did not leave within {CANARY_SECONDS} seconds{why}: read the "
                "logs of deliver_letters and sweep"
            )
        case "sent":
            return (
                f"the canary’s letter left, and SES reported nothing within {CANARY_SECONDS} "
                "seconds: look at the event destination of the configuration set, the queue "
                "mail-events and the log of settle_mail"
            )
        case "gone":
            raise NotLookedAt("the canary, which somebody took away")
        case _:
            return f"the canary’s letter was {flight.status} ({flight.why}): the log of settle_mail has the report"


LETTER_CHECKS: Final = (
    late_letters,
    overdue_rows,
    dead_letters,
    held_letters,
    refused_account,
    lost_canary,
)

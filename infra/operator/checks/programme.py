"""The programme: whether somebody is there who decides, and what ends by and by."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.aws.keys import KeyRing, read_secret
from chalicelib.core import eastern_time
from infra.holidays import YEARS_AHEAD, years_left
from infra.operator.checks.answers import answer_of
from infra.operator.stage import Operator
from infra.people_key import links_name

OLD_KEY: Final = timedelta(days=400)
"""A key of links that signs for longer than a year and a month is to be renewed."""


def nobody_decides(operator: Operator) -> str | None:
    """Return a sentence when no letter to staff finds a reader."""
    if not operator.services.cases.roster.active():
        return (
            "nobody is on the roster, so nobody hears of a form: `relais staff add --name NAME "
            "--email EMAIL --lang fr`"
        )
    staff = operator.services.cases.file_roster.active()
    if not staff:
        return (
            "nobody on the roster may see files, so e-mails about them wait: `relais staff role ID "
            "--role officer`"
        )
    today = eastern_time.today(operator.now()).isoformat()
    if not any(one.here(today) for one in staff):
        return (
            "everybody on the roster who sees files is away or unreachable: `relais staff list` shows until when; "
            "`relais staff back ID`, `relais staff reachable ID` or another person end it"
        )
    return None


def unreachable_staff(operator: Operator) -> str | None:
    """Return a sentence when mail to somebody on the roster comes back."""
    lost = [one for one in operator.services.cases.roster.active() if not one.reachable]
    if not lost:
        return None
    return (
        f"mail to {', '.join(one.id for one in lost)} comes back, and others get their letters: "
        "see to the address, then `relais staff reachable ID`"
    )


def no_admin(operator: Operator) -> str | None:
    """Return a sentence when no admin hears of what goes wrong."""
    staff = operator.services.cases.roster.active()
    if not staff or any(one.admin for one in staff):
        return None
    return "nobody is an admin, so all of staff get what is for admins: `relais staff admin ID on`"


def old_link_key(operator: Operator) -> str | None:
    """Return a sentence when the key that signs links was not renewed for long."""
    made = answer_of(operator, _signs_since, operator)
    if made is None or operator.now() - made < OLD_KEY:
        return None
    return (
        f"the key of links signs since {made.date()}: `relais keys rotate` makes a new one, and "
        "links that are out go on working"
    )


def few_holidays(operator: Operator) -> str | None:
    """Return a sentence when the calendar of business days ends soon."""
    left = years_left(operator.now().date())
    if left >= YEARS_AHEAD:
        return None
    return (
        f"the calendar knows the holidays of {max(left, 0)} more year{'s' * (left != 1)}: `python -m infra.holidays` "
        "writes it anew, then deploy"
    )


def _signs_since(operator: Operator) -> datetime:
    vault = operator.client("secretsmanager")
    name = links_name(operator.stage)
    since = KeyRing.parse(read_secret(vault, name)).signing(operator.now()).signs_from
    # The first key has no date of its own: it is as old as the secret.
    made: datetime = vault.describe_secret(SecretId=name)["CreatedDate"]
    return datetime.fromisoformat(since) if since else made


PROGRAMME_CHECKS: Final = (
    nobody_decides,
    unreachable_staff,
    no_admin,
    old_link_key,
    few_holidays,
)

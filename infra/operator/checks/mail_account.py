"""The account at SES: whether its mail leaves, and may go on doing so."""

from datetime import timedelta
from functools import partial
from typing import Final

from infra.operator.checks.answers import all_of, answer_of
from infra.operator.checks.metrics import latest
from infra.operator.stage import Operator
from infra.stage_file import REGION

QUOTA_PERCENT: Final = 80
"""From this share of a day's quota on it is spoken of."""

REVIEWED_SHARE: Final = {
    "AWS/SES/Reputation.BounceRate": 0.04,
    "AWS/SES/Reputation.ComplaintRate": 0.0008,
}
"""Below the shares at which SES reviews an account, 0.05 and 0.001; the alarms have the same."""


A_DAY: Final = timedelta(days=1)


def account_at_ses(operator: Operator) -> str | None:
    """Return a sentence when SES would not send to everybody, or soon stops, else None."""
    account = answer_of(operator, lambda: operator.mail_client().get_account())
    if account is None:
        return None
    found = []
    standing = account.get("EnforcementStatus", "HEALTHY")
    if not account.get("SendingEnabled", True) or standing == "SHUTDOWN":
        found.append("SES has paused this account: letters wait; its console says why")
    elif standing != "HEALTHY":
        found.append(
            f"SES reviews this account ({standing}), and may pause it: its console says why, and "
            "how to answer"
        )
    if not account.get("ProductionAccessEnabled", True):
        found.append(
            f"the account is in the sandbox of SES: ask AWS for production access, in {REGION}"
        )
    return "; ".join(found) or None


def shared_account(operator: Operator) -> str | None:
    """Return a sentence when another stage uses the same account at SES, else None."""
    found = answer_of(
        operator, lambda: operator.mail_client().list_configuration_sets(PageSize=100)
    )
    mine = f"relais-{operator.stage}"
    others = [n for n in (found or {}).get("ConfigurationSets", []) if n.startswith("relais-")]
    others = sorted(set(others) - {mine})
    if not others:
        return None
    return (
        f"{', '.join(others)} share this account's quota, suppression list and reputation at SES: "
        "give each stage an account of its own"
    )


def spent_quota(operator: Operator) -> str | None:
    """Return a sentence when little is left of what SES sends for the account in a day."""
    account = answer_of(operator, lambda: operator.mail_client().get_account())
    quota = (account or {}).get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", 0), quota.get("SentLast24Hours", 0)
    if most <= 0 or sent * 100 < most * QUOTA_PERCENT:
        return None
    return (
        f"{sent:,.0f} of {most:,.0f} mails of this day are sent: letters wait once none is left; "
        "ask AWS for more (Service Quotas, SES), or send the next issue slower"
    )


def bad_reputation(operator: Operator) -> str | None:
    """Return a sentence when so much mail bounces or is complained of that SES may stop it."""
    return all_of(*(partial(_share, operator, name) for name in REVIEWED_SHARE))


def _share(operator: Operator, name: str) -> str | None:
    share = answer_of(operator, latest, operator, name, "Average", A_DAY)
    if share is None or share <= REVIEWED_SHARE[name]:
        return None
    what = "bounces" if name.endswith("BounceRate") else "is complained of"
    return (
        f"{share:.2%} of the account's mail {what}: SES stops an account for that; "
        "`relais letters rates` says of which day it is"
    )


ACCOUNT_CHECKS: Final = (account_at_ses, spent_quota, bad_reputation, shared_account)

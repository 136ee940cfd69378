"""The account at SES: whether its mail leaves, arrives and may go on doing so."""

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from typing import Any, Final

from infra.operator.checks.answers import answer_of
from infra.operator.stage import Operator

QUOTA_PERCENT: Final = 80
"""From this share of a day's quota on it is spoken of."""

REVIEWED_SHARE: Final = {"Reputation.BounceRate": 0.04, "Reputation.ComplaintRate": 0.0008}
"""Below the shares at which SES reviews an account, 0.05 and 0.001; the alarms have the same."""


def account_at_ses(operator: Operator) -> str | None:
    """Return a sentence when SES would not send to everybody, else None."""
    account = answer_of(operator, lambda: operator.mail_client().get_account())
    if account is None:
        return None
    if not account.get("SendingEnabled", True):
        return "SES has paused this account: letters wait; its console says why"
    if not account.get("ProductionAccessEnabled", True):
        return "the account is in the sandbox of SES: ask AWS for production access, in this region"
    return None


def forwarded_feedback(operator: Operator) -> str | None:
    """Return a sentence while SES also mails each bounce to the sender, else None."""
    address = parseaddr(operator.settings.sender)[1]
    for identity in (address, address.rpartition("@")[2]):
        found = _identity(operator, identity)
        if found is None:
            continue
        if not found.get("VerifiedForSendingStatus", True):
            return f"{identity} is not verified in SES: no letter leaves until it is"
        if found.get("FeedbackForwardingStatus"):
            return (
                f"SES mails each bounce to the sender besides reporting it: aws sesv2 "
                f"put-email-identity-feedback-attributes --email-identity {identity} "
                "--no-email-forwarding-enabled"
            )
        return None
    return None


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
    for name, most in REVIEWED_SHARE.items():
        share = answer_of(operator, _latest, operator, name)
        if share is not None and share > most:
            what = "bounces" if name.endswith("BounceRate") else "is complained of"
            return (
                f"{share:.2%} of the account's mail {what}: SES stops an account for that; "
                "`relais letters rates` says of which day it is"
            )
    return None


def _latest(operator: Operator, name: str) -> float | None:
    """Return the last value that CloudWatch has of a share of this account."""
    now = operator.now()
    found = operator.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SES",
        MetricName=name,
        StartTime=now - timedelta(days=1),
        EndTime=now,
        Period=3600,
        Statistics=["Average"],
    )
    points = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
    return float(points[-1]["Average"]) if points else None


def unsigned_mail(operator: Operator) -> str | None:
    """Return a sentence when mail leaves without DKIM, or bounces go to a domain of Amazon's."""
    domain = sender_domain(operator)
    found = _identity(operator, domain)
    if found is None:
        return None
    dkim = found.get("DkimAttributes", {})
    if dkim.get("Status") != "SUCCESS":
        names = ", ".join(f"{token}._domainkey.{domain}" for token in dkim.get("Tokens", []))
        return (
            f"mail of {domain} is not signed (DKIM: {dkim.get('Status', 'not set up')}), and many "
            f"mailboxes refuse it: put these CNAMEs into its DNS: {names or 'see the SES console'}"
        )
    mail_from = found.get("MailFromAttributes", {})
    status = mail_from.get("MailFromDomainStatus")
    if mail_from.get("MailFromDomain") and status != "SUCCESS":
        return (
            f"the MAIL FROM domain {mail_from['MailFromDomain']} is {str(status).lower()}: put its "
            "MX and SPF records into the DNS, as the SES console shows them"
        )
    return None


def missing_dmarc(operator: Operator) -> str | None:
    """Return a sentence when the sender's domain says nothing by DMARC."""
    domain = sender_domain(operator)
    found = answer_of(operator, lambda: list(_dmarc(operator, domain)))
    if found is None or found:
        return None
    return (
        f"{domain} has no DMARC record, which Gmail and Yahoo ask of whoever sends to many: put "
        f'the TXT record "v=DMARC1; p=none; rua=mailto:{operator.settings.contact_email}" '
        f"at _dmarc.{domain}, and a stricter p once the reports are clean"
    )


def sender_domain(operator: Operator) -> str:
    return parseaddr(operator.settings.sender)[1].rpartition("@")[2]


def _dmarc(operator: Operator, domain: str) -> Iterator[str]:
    """Yield the policies that hold for mail of a domain: its own, or those of a domain above."""
    parts = domain.split(".")
    for start in range(len(parts) - 1):
        for text in operator.dns_texts(f"_dmarc.{'.'.join(parts[start:])}"):
            if text.lower().startswith("v=dmarc1"):
                yield text


def _identity(operator: Operator, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = answer_of(
        operator, lambda: operator.mail_client().get_email_identity(EmailIdentity=name)
    )
    return found


MAIL_CHECKS: Final = (
    account_at_ses,
    forwarded_feedback,
    unsigned_mail,
    missing_dmarc,
    spent_quota,
    bad_reputation,
    shared_account,
)

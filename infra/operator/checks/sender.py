"""The address that letters come from: whether SES sends from it, and mailboxes believe it."""

from collections.abc import Iterable, Iterator, Mapping
from email.utils import parseaddr
from functools import partial
from typing import Any, Final

from infra.operator.checks.answers import NotLookedAt, all_of, answer_of, aws
from infra.operator.stage import Operator
from infra.stage_file import REGION

Identity = tuple[str, Mapping[str, Any]]
"""An address or a domain, and what SES says of it."""

_POLICIES: Final = ("none", "quarantine", "reject")


def unknown_sender(operator: Operator) -> str | None:
    """Return a sentence when SES of this region does not send from the sender's address."""
    address, domain = _sender(operator)
    known = list(_identities(operator, (address, *_upward(domain))))
    if not known:
        return (
            f"neither {address} nor {domain} is an identity in SES of {REGION}, and no letter "
            "leaves: verify the domain there, also when it is verified in another region"
        )
    if any(about.get("VerifiedForSendingStatus", True) for _, about in known):
        return None
    return f"{known[0][0]} is not verified in SES: no letter leaves until it is"


def forwarded_feedback(operator: Operator) -> str | None:
    """Return a sentence while SES also mails each bounce to the sender, else None."""
    address, domain = _sender(operator)
    for identity, about in _identities(operator, (address, *_upward(domain))):
        if not about.get("FeedbackForwardingStatus"):
            return None
        return "SES mails each bounce to the sender besides reporting it: " + aws(
            f"sesv2 put-email-identity-feedback-attributes --email-identity {identity} "
            "--no-email-forwarding-enabled"
        )
    return None


def unsigned_mail(operator: Operator) -> str | None:
    """Return a sentence when mail leaves without DKIM, or bounces go to a domain of Amazon's."""
    address, domain = _sender(operator)
    for found in _identities(operator, _upward(domain)):
        return all_of(partial(_unsigned, operator, found), partial(_bounces_elsewhere, found))
    if next(_identities(operator, (address,)), None):
        raise NotLookedAt(f"DKIM, for {address} is an identity in SES and {domain} is not")
    return None


def missing_dmarc(operator: Operator) -> str | None:
    """Return a sentence when the sender's domain says nothing by DMARC that anybody heeds."""
    return answer_of(operator, _dmarc_fault, operator)


def _unsigned(operator: Operator, found: Identity) -> str | None:
    domain, about = found
    dkim = about.get("DkimAttributes", {})
    names = [f"{token}._domainkey.{domain}" for token in dkim.get("Tokens", [])]
    if dkim.get("Status") != "SUCCESS":
        return (
            f"mail of {domain} is not signed (DKIM: {dkim.get('Status', 'not set up')}), and many "
            "mailboxes refuse it: put these CNAMEs into its DNS: "
            f"{', '.join(names) or 'see the SES console'}"
        )
    gone = [name for name in names if not operator.dns_texts(name)]
    if not gone:
        return None
    return (
        f"the DNS has no {', '.join(gone)}: SES signs by it, and mailboxes cannot check the "
        "signature; put its CNAME back as the SES console shows it"
    )


def _bounces_elsewhere(found: Identity) -> str | None:
    domain, about = found
    mail_from = about.get("MailFromAttributes", {})
    if not mail_from.get("MailFromDomain"):
        return f"{domain} has no MAIL FROM domain, so its mail bounces to one of Amazon's: " + aws(
            f"sesv2 put-email-identity-mail-from-attributes --email-identity {domain} "
            f"--mail-from-domain bounce.{domain}"
        )
    status = mail_from.get("MailFromDomainStatus")
    if status == "SUCCESS":
        return None
    return (
        f"the MAIL FROM domain {mail_from['MailFromDomain']} is {str(status).lower()}: put its "
        "MX and SPF records into the DNS, as the SES console shows them"
    )


def _dmarc_fault(operator: Operator) -> str | None:
    """Return what is wrong with the policy that holds for mail of the sender's domain: its own, or
    that of the nearest domain above."""
    _, domain = _sender(operator)
    for name in _upward(domain):
        texts = operator.dns_texts(f"_dmarc.{name}")
        records = [text for text in texts if text.lower().startswith("v=dmarc1")]
        if len(records) > 1:
            return (
                f"{name} has {len(records)} DMARC records, and mailboxes then heed none: leave "
                f"one at _dmarc.{name}"
            )
        for record in records:
            return None if _policy(record) in _POLICIES else _no_policy(name, record)
    return (
        f"{domain} has no DMARC record, which Gmail and Yahoo ask of whoever sends to many: put "
        f'the TXT record "v=DMARC1; p=none; rua=mailto:{operator.settings.contact_email}" '
        f"at _dmarc.{domain}, and a stricter p once the reports are clean"
    )


def _policy(record: str) -> str:
    """Return the policy in a record of DMARC; empty for none."""
    tags = dict(part.partition("=")[::2] for part in record.lower().replace(" ", "").split(";"))
    return tags.get("p", "")


def _no_policy(domain: str, record: str) -> str:
    return (
        f"the DMARC record of {domain} says no p ({record}), and mailboxes heed none of it: write "
        "p=none, p=quarantine or p=reject after v=DMARC1;"
    )


def _sender(operator: Operator) -> tuple[str, str]:
    """Return the address that letters come from, and its domain."""
    address = parseaddr(operator.settings.sender)[1]
    return address, address.rpartition("@")[2]


def _upward(domain: str) -> Iterator[str]:
    """Yield a domain and those above it, whose identity and policy hold for it too."""
    parts = domain.split(".")
    for start in range(max(len(parts) - 1, 1)):
        yield ".".join(parts[start:])


def _identity(operator: Operator, name: str) -> Mapping[str, Any]:
    found: dict[str, Any] = operator.mail_client().get_email_identity(EmailIdentity=name)
    return found


def _identities(operator: Operator, names: Iterable[str]) -> Iterator[Identity]:
    for name in names:
        found = answer_of(operator, _identity, operator, name)
        if found is not None:
            yield name, found


SENDER_CHECKS: Final = (unknown_sender, forwarded_feedback, unsigned_mail, missing_dmarc)

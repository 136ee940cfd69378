"""What the doctor asks AWS itself about: the account at SES, and how much runs at a time."""

from datetime import timedelta
from email.utils import parseaddr
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.operator.stage import LOCAL, Operator
from infra.supply import RUNTIME, RUNTIME_ENDS

ENOUGH_FUNCTIONS: Final = 50
"""A new account runs ten functions at a time; below this a busy hour keeps visitors waiting."""

RUNTIME_NOTICE: Final = timedelta(days=180)
"""So long before its end a runtime is spoken of."""

_NO_RIGHT: Final = {"AccessDenied", "AccessDeniedException", "UnrecognizedClientException"}


def account_at_ses(operator: Operator) -> str | None:
    """Return a sentence when SES would not send to everybody, else None."""
    account = _asked(operator, lambda: operator.mail_client().get_account())
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
        found = _asked(
            operator,
            lambda name=identity: operator.mail_client().get_email_identity(EmailIdentity=name),
        )
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


def few_functions(operator: Operator) -> str | None:
    """Return a sentence when few functions run at a time in this account, else None."""
    found = _asked(operator, lambda: operator.client("lambda").get_account_settings())
    if found is None:
        return None
    limit = found["AccountLimit"]["ConcurrentExecutions"]
    if limit >= ENOUGH_FUNCTIONS:
        return None
    return (
        f"{limit} functions run at a time in this account: ask AWS for more (Service Quotas, "
        "Lambda, concurrent executions), then raise Workers in the stage's file"
    )


def old_runtime(operator: Operator) -> str | None:
    """Return a sentence when AWS soon stops supporting the runtime of the functions, else None."""
    left = RUNTIME_ENDS - operator.now().date()
    if left >= RUNTIME_NOTICE:
        return None
    return (
        f"AWS supports {RUNTIME} until {RUNTIME_ENDS}: move PLATFORM in infra/supply.py to a newer "
        "one, `make lock`, and deploy"
    )


def shared_account(operator: Operator) -> str | None:
    """Return a sentence when another stage uses the same account at SES, else None."""
    found = _asked(operator, lambda: operator.mail_client().list_configuration_sets(PageSize=100))
    mine = f"relais-{operator.stage}"
    others = [n for n in (found or {}).get("ConfigurationSets", []) if n.startswith("relais-")]
    others = sorted(set(others) - {mine})
    if not others:
        return None
    return (
        f"{', '.join(others)} share this account's quota, suppression list and reputation at SES: "
        "give each stage an account of its own"
    )


def _asked(operator: Operator, ask: Any) -> Any:
    """Return what AWS answers; None on the emulator, for what does not exist, and without the
    right to ask: that is no finding."""
    if operator.stage == LOCAL:
        return None
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in {*_NO_RIGHT, "NotFoundException"}:
            return None
        raise


AWS_CHECKS: Final = (account_at_ses, forwarded_feedback, few_functions, old_runtime, shared_account)

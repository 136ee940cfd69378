"""Whose fault an error of SES is: the letter's, the account's, or that of the moment."""

import re
from typing import Final, Literal

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

Fault = Literal["letter", "account", "speed", "ses"]
"""`letter`: it will never be taken. `account`: no letter is, for now. `speed`: too many calls.
`ses`: SES failed, and may have taken it all the same."""

UNREACHED: Final = (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError)
"""Nobody was there to ask: no letter is to blame."""

NEVER_LEFT: Final = (*UNREACHED, ParamValidationError)
"""Failures before anything was sent: trying again cannot double a letter."""

_LETTER: Final = {"MessageRejected", "BadRequestException", "ValidationException"}

_SPEED: Final = {
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
}

_ACCOUNT: Final = {
    "AccessDenied",
    "AccessDeniedException",
    "AccountSuspendedException",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "LimitExceededException",
    "MailFromDomainNotVerifiedException",
    "NotFoundException",
    "OptInRequired",
    "SendingPausedException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""`NotFoundException` is about the configuration set: a letter names nothing else."""

_SAYS_ACCOUNT: Final = re.compile(
    r"not verified|sending (is |has been )?(paused|suspended|disabled)|"
    r"account .*(paused|suspended|shut ?down|disabled)|daily message quota",
    re.I,
)
"""What SES says of the account under the code of a bad letter, or of too many calls."""


def code_of(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def fault_of(error: ClientError) -> Fault:
    """Return whose fault an error of a call is."""
    code, message = code_of(error), error.response["Error"].get("Message", "")
    if code in _ACCOUNT or says_account(message):
        return "account"
    if code in _SPEED:
        return "speed"
    return "letter" if code in _LETTER else "ses"


def says_account(message: str) -> bool:
    """Tell whether a message blames the account. An address that is not verified does too: it is
    ours, or the account is in the sandbox, where every recipient must be."""
    return bool(_SAYS_ACCOUNT.search(message))


def plain(message: str) -> str:
    """Return what SES says, without the addresses that it names."""
    return re.sub(r"\S+@\S+", "…", message)[:300]

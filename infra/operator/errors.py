"""What an operator's command may end with."""

import re
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from chalicelib.core.errors import Conflict, RelaisError, StoreDown
from chalicelib.core.settings import SettingsError

_NOBODY: Final = "AWS knows nobody here: sign in, or set AWS_PROFILE"

_ENDED: Final = "the sign-in at AWS has ended: sign in again, and repeat the command"

_NEW_ACCOUNT: Final = (
    "AWS has not activated this account yet: that takes up to a day, once its payment is verified"
)

_WHO_ASKS: Final = {
    "ExpiredToken": _ENDED,
    "ExpiredTokenException": _ENDED,
    "RequestExpired": _ENDED,
    "InvalidClientTokenId": _NOBODY,
    "UnrecognizedClientException": _NOBODY,
    "OptInRequired": _NEW_ACCOUNT,
    "SubscriptionRequiredException": _NEW_ACCOUNT,
}
"""What each service says, by its own code, of whoever it would answer nothing at all."""


class OperatorError(Exception):
    """Why a command did nothing, or not all, and what to do: a line, or one for each thing."""


class NotDeployed(OperatorError):
    """A stage has no stack in the account that answers."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"{stage} is not deployed in this account: relais deploy {stage}")


def reason_of(error: BaseException, stage: str) -> str | None:
    """Say what went wrong and what to do; None for what nobody foresaw."""
    match error:
        case OperatorError():
            return str(error)
        case Conflict():
            return "it is no longer as it was; look again"
        case SettingsError():
            return f"the settings of {stage} are wrong: {'; '.join(str(error).splitlines())}"
        case NoCredentialsError():
            return _NOBODY
        case UnauthorizedSSOTokenError() | SSOTokenLoadError() | TokenRetrievalError():
            return _ENDED
        case EndpointConnectionError():
            return f"AWS cannot be reached: {error}"
        case ClientError():
            problem = error.response.get("Error", {})
            if said := _WHO_ASKS.get(problem.get("Code", "")):
                return said
            action = re.sub(r"(?<!^)(?=[A-Z])", " ", error.operation_name).lower()
            return f"AWS refuses to {action}: {problem.get('Code')}: {problem.get('Message')}"
        case BotoCoreError():
            return f"AWS: {error}"
        case StoreDown() if isinstance(error.__cause__, BotoCoreError | ClientError):
            return reason_of(error.__cause__, stage)
        case RelaisError():
            return str(error)
        case _:
            return None

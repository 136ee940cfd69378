"""How a check asks AWS."""

from collections.abc import Callable
from typing import Final, TypeVar

from botocore.exceptions import ClientError

from infra.operator.stage import LOCAL, Operator

_NO_RIGHT: Final = {"AccessDenied", "AccessDeniedException", "UnrecognizedClientException"}

_NO_SUCH_THING: Final = {
    "NotFound",
    "NotFoundException",
    "NoSuchBucket",
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
}

Answer = TypeVar("Answer")


def answer_of(operator: Operator, ask: Callable[..., Answer], *given: object) -> Answer | None:
    """Return what AWS answers when it is asked with what is `given`; None on the emulator, for what does not exist, and without the
    right to ask: that is no finding."""
    if operator.stage == LOCAL:
        return None
    try:
        return ask(*given)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_RIGHT | _NO_SUCH_THING:
            return None
        raise

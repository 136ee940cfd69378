"""How a check asks AWS, and what comes of a check that learns nothing."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from botocore.exceptions import ClientError

from infra.operator.errors import reason_of
from infra.operator.stage import LOCAL, Operator
from infra.stage_file import REGION

_NO_RIGHT: Final = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
}

_NO_SUCH_THING: Final = {
    "404",
    "NotFound",
    "NotFoundException",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
}

_NO_RIGHT_TO: Final = "no right to "

MAX_NAMED: Final = 3
"""Things that one sentence names."""

Answer = TypeVar("Answer")

Check = Callable[[Operator], str | None]


class NotLookedAt(Exception):
    """Why a check learnt nothing, where that is no fault of the stage: one reason or several."""


@dataclass(frozen=True)
class Looked:
    """What came of a check: `wrong` is a sentence for what it found, `not_looked_at` says why it
    learnt nothing; without either all is well."""

    check: str
    wrong: str = ""
    not_looked_at: tuple[str, ...] = ()


def look(check: Check, operator: Operator) -> Looked:
    """Make one check; one that breaks is a finding of its own, and stops no other."""
    name = check.__name__
    try:
        return Looked(name, wrong=check(operator) or "")
    except NotLookedAt as error:
        return Looked(name, not_looked_at=error.args)
    except Exception as error:
        why = reason_of(error, operator.stage) or f"{type(error).__name__}: {error}"
        return Looked(name, wrong=f"could not be looked at: {why}")


def not_looked_at(looked: Iterable[Looked]) -> str:
    """Return how many checks learnt nothing, and why; empty for none."""
    unknown = [one.not_looked_at for one in looked if one.not_looked_at]
    reasons = dict.fromkeys(reason for each in unknown for reason in each)
    rights = [one.removeprefix(_NO_RIGHT_TO) for one in reasons if one.startswith(_NO_RIGHT_TO)]
    why = [one for one in reasons if not one.startswith(_NO_RIGHT_TO)]
    if rights:
        why.append(f"{_NO_RIGHT_TO}{', '.join(rights)}")
    return f"{len(unknown)} not looked at: {'; '.join(why)}" if unknown else ""


def answer_of(
    operator: Operator, ask: Callable[..., Answer], *given: object, **named: object
) -> Answer | None:
    """Return what AWS answers when it is asked with what is given; None for what does not exist,
    which `missing_resources` speaks of. Raises NotLookedAt on the emulator, and without the right
    to ask."""
    if operator.stage == LOCAL:
        raise NotLookedAt("what only AWS has")
    try:
        return ask(*given, **named)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NO_RIGHT:
            raise NotLookedAt(f"{_NO_RIGHT_TO}{_right(error)}") from None
        if code in _NO_SUCH_THING:
            return None
        raise


def all_of(*parts: Callable[[], str | None]) -> str | None:
    """Return what all parts of a check find, joined. Raises NotLookedAt when nothing was found and
    a part learnt nothing."""
    found: list[str | None] = []
    unknown: list[str] = []
    for part in parts:
        try:
            found.append(part())
        except NotLookedAt as error:
            unknown += error.args
    if not any(found) and unknown:
        raise NotLookedAt(*dict.fromkeys(unknown))
    return "; ".join(filter(None, found)) or None


def aws(command: str) -> str:
    """Return a command of AWS's own as a sentence tells it: for the region of the stage."""
    return f"`aws {command} --region {REGION}`"


def named(names: Iterable[str], between: str = ", ") -> str:
    """Return the first of many names, and how many more there are."""
    every = list(names)
    more = len(every) - MAX_NAMED
    return between.join(every[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _right(error: ClientError) -> str:
    """Return the right that was missing, as AWS names it where it does."""
    message = error.response["Error"].get("Message", "")
    found = re.search(r"not authorized to perform: (\S+)", message)
    return found[1] if found else error.operation_name

"""What a reply of SES makes of a recipient, and when errors are no longer the recipients' fault."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, Literal, assert_never

from chalicelib.core.errors import RelaisError
from chalicelib.core.ports import Item
from chalicelib.newsletter.sending import ledger
from chalicelib.newsletter.sending.ledger import RecipientOutcome
from chalicelib.newsletter.sending.ports import SesReply

ERRORS_IN_A_ROW: Final = 20
"""So many errors of one kind, and the issue is paused: the next ones would fail too."""

BULK_THROTTLED_WAIT: Final = timedelta(seconds=10)
"""After a throttled try. The rate has been halved by then."""

SHORT_WAIT: Final = timedelta(minutes=1)
"""After a try that failed for reasons that are not the recipient's."""


StopReason = Literal["time", "paused", "quota", "account", "busy", "errors"]
"""`busy`: SES would not even say what it allows; a minute mends it."""


class Stop(RelaisError):
    """No more is sent for now; `facts` go into the letter about it."""

    def __init__(self, why: StopReason, **facts: object) -> None:
        super().__init__(why)
        self.why: StopReason = why
        self.facts = facts


class Streak:
    """Counts the errors for one reason that a worker met in a row, over all its calls."""

    def __init__(self) -> None:
        self._why = ""
        self._number = 0

    def judge(
        self, found: Mapping[int, tuple[SesReply, RecipientOutcome]]
    ) -> tuple[dict[int, RecipientOutcome], Stop | None]:
        """Return the outcomes of a call; and a Stop when too many failed in a row for one reason,
        which is then not the recipients': those of this call are not given up."""
        self._count(reply for reply, _ in found.values())
        outcomes = {n: outcome for n, (_, outcome) in found.items()}
        if self._number < ERRORS_IN_A_ROW:
            return outcomes, None
        why, number = self._why, self._number
        self._begin("")
        kept = RecipientOutcome(ledger.RETRY, why, counts=False, wait=timedelta(0))
        spared = {n: kept for n, (r, _) in found.items() if r.kind == "refused" and r.why == why}
        return {**outcomes, **spared}, Stop("errors", kind=why, number=number)

    def _count(self, replies: Iterable[SesReply]) -> None:
        before = ""
        for reply in replies:
            if reply.kind in ("skipped", "throttled"):
                continue
            if reply.kind == "sent":
                self._begin("")
                before = ""
                continue
            if reply.why != self._why:
                self._begin(reply.why)
            # An error of the whole call is one error, however many it was to be sent to.
            if not reply.of_call or reply.why != before:
                self._number += 1
            before = reply.why

    def _begin(self, why: str) -> None:
        self._why, self._number = why, 0


def unwanted(profile: Item | None, topics: Sequence[str], now: str) -> str:
    """Return why this person gets no mail on these topics now, empty when they do: `erased`,
    `expired`, `paused`, `topics`, or their status in small letters."""
    if profile is None:
        return "erased"
    if profile["status"] != "ACTIVE":
        return str(profile["status"]).lower()
    if not profile.get("email"):
        return "erased"
    if str(profile.get("expires_at") or "9") <= now:
        return "expired"
    if (profile.get("paused_until") or "") > now:
        return "paused"
    if topics and not set(topics) & set(profile.get("topics") or ()):
        return "topics"
    return ""


def outcome_of(reply: SesReply, tries: int) -> RecipientOutcome:
    """Return what a reply makes of a recipient who was tried `tries` times before.

    A first refusal may be the fault of all of them, and be found out only by the twentieth in
    a row: nobody is given up at once.
    """
    match reply.kind:
        case "sent":
            return RecipientOutcome(ledger.SENT, message_id=reply.message_id)
        case "unknown":
            return RecipientOutcome(ledger.UNKNOWN, reply.why)
        case "throttled":
            return RecipientOutcome(ledger.RETRY, reply.why, counts=False, wait=BULK_THROTTLED_WAIT)
        case "account":
            return RecipientOutcome(ledger.RETRY, reply.why, counts=False, wait=SHORT_WAIT)
        case "later":
            return RecipientOutcome(ledger.RETRY, reply.why)
        case "refused":
            return RecipientOutcome(ledger.FAILED if tries else ledger.RETRY, reply.why)
        case "skipped":
            return RecipientOutcome(ledger.SKIPPED, reply.why)
        case _:
            assert_never(reply.kind)

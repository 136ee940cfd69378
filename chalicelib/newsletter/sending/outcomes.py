"""What a reply of SES makes of a recipient, and when the errors are no longer the recipients'."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from chalicelib.core.errors import RelaisError
from chalicelib.core.ports import Item
from chalicelib.newsletter.sending import ledger
from chalicelib.newsletter.sending.ledger import Outcome
from chalicelib.newsletter.sending.ports import Reply

ERRORS_IN_A_ROW: Final = 20
"""So many errors of one kind, and the issue is paused: the next ones would fail too."""

THROTTLED_WAIT: Final = timedelta(seconds=10)
"""After a throttled try. The rate has been halved by then."""

SHORT_WAIT: Final = timedelta(minutes=1)
"""After a try that failed for reasons that are not the recipient's."""


class Stop(RelaisError):
    """Why no more is sent for now: `time`, `paused`, `quota`, `account`, or `errors`."""

    def __init__(self, why: str, **facts: Any) -> None:
        super().__init__(why)
        self.why = why
        self.facts = facts


class Streak:
    """Errors of one worker in a row, over all its calls."""

    def __init__(self) -> None:
        self._row: tuple[str, int] = ("", 0)

    def judged(
        self, found: Mapping[int, tuple[Reply, Outcome]]
    ) -> tuple[dict[int, Outcome], Stop | None]:
        """The outcomes; and a Stop when too many failed in a row for one reason, which is then
        not the recipients': those of this call are not given up."""
        last = ""
        for reply, _ in found.values():
            if reply.kind in ("skipped", "throttled"):
                continue
            if reply.kind == "sent":
                self._row, last = ("", 0), ""
                continue
            # An error of the whole call is one error, however many it was to be sent to.
            again = reply.why == last and reply.kind != "refused"
            last = reply.why
            same = self._row[1] if self._row[0] == reply.why else 0
            self._row = (reply.why, same if again else same + 1)
        outcomes = {n: outcome for n, (_, outcome) in found.items()}
        why, number = self._row
        if number < ERRORS_IN_A_ROW:
            return outcomes, None
        self._row = ("", 0)
        kept = Outcome(ledger.RETRY, why, counts=False, wait=timedelta(0))
        spared = {n: kept for n, (r, _) in found.items() if r.kind == "refused" and r.why == why}
        return {**outcomes, **spared}, Stop("errors", kind=why, number=number)


def unwanted(profile: Item | None, topics: Sequence[str], now: str) -> str:
    """Why this person gets no mail now; empty when they do."""
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


def outcome_of(reply: Reply, tries: int) -> Outcome:
    """A first refusal may be the fault of all of them, and be found out only by the twentieth
    in a row: nobody is given up at once."""
    match reply.kind:
        case "refused" if not tries:
            return Outcome(ledger.RETRY, reply.why)
        case "sent":
            return Outcome(ledger.SENT, message_id=reply.message_id)
        case "unknown":
            return Outcome(ledger.UNKNOWN, reply.why)
        case "throttled":
            return Outcome(ledger.RETRY, reply.why, counts=False, wait=THROTTLED_WAIT)
        case "account":
            return Outcome(ledger.RETRY, reply.why, counts=False, wait=SHORT_WAIT)
        case "later":
            return Outcome(ledger.RETRY, reply.why)
        case _:
            return Outcome(ledger.FAILED, reply.why)

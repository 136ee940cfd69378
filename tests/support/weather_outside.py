"""The store and SES of the newsletter's weather: where anything may happen, and go wrong."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Literal, Protocol

from chalicelib.core.errors import OutcomeUnknown
from chalicelib.core.ports import Item, Key, Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.ports import Bulk, BulkDeclined, Envelope, SesReply
from clock_steps import QuickStore
from fakes import SetClock


class Died(BaseException):
    """The process is gone: nothing in the app may catch it."""


@dataclass
class Chances:
    """How likely what goes wrong is, at each call of the store or of SES."""

    die: float = 0.02
    meanwhile: float = 0.02
    throttle: float = 0.06
    lose: float = 0.05
    fail: float = 0.04
    twice: float = 0.05


CALM: Final = Chances(0, 0, 0, 0, 0, 0)


class OpenStore(QuickStore):
    """Where somebody may act, or the process die, at each call."""

    def __init__(self) -> None:
        super().__init__()
        self.call: Callable[[str], None] = lambda name: None

    def commit(self, writes: Sequence[Write]) -> None:
        self.call("before")
        super().commit(writes)
        self.commits.clear()
        self.call("after")

    def get(self, pk: str, sk: str) -> Item | None:
        self.call("read")
        return super().get(pk, sk)

    def rows(self, pk: str, prefix: str = "") -> list[Item]:
        self.call("read")
        found = sorted(sk for sk in self._parts.get(pk, ()) if sk.startswith(prefix))
        return [item for sk in found if (item := self.peek(pk, sk))]

    def peek(self, pk: str, sk: str) -> Item | None:
        """A row, without anybody acting meanwhile."""
        return super().get(pk, sk)

    def audience(self, key: str) -> Iterator[Item]:
        self.call("read")
        yield from super().audience(key)

    def profiles(self, people: Sequence[str]) -> dict[str, Item]:
        self.call("read")
        return super().profiles(people)

    def gather(self, key: Key, found: Mapping[str, set[int]], facts: Mapping[str, Any]) -> Item:
        self.call("before")
        after = super().gather(key, found, facts)
        self._noted(key)
        self.call("after")
        return after


class Sky(Protocol):
    """What SES depends on: the luck, the time, and who may be written to."""

    luck: Random
    odds: Chances
    clock: SetClock

    def judge(self, bulk: Bulk) -> None: ...


class Ses:
    """Takes what it is offered, and judges whether that may be offered at all."""

    def __init__(self, sky: Sky) -> None:
        self._sky = sky
        self.taken: Counter[str] = Counter()
        self.mails: list[tuple[Envelope, datetime]] = []
        self.events: list[tuple[datetime, int, dict[str, Any]]] = []
        self.allowed = Allowance(rate=10, daily=None, used=0)

    def allowance(self) -> Allowance:
        return self.allowed

    def offer(self, bulk: Bulk) -> list[SesReply]:
        sky, luck, odds = self._sky, self._sky.luck, self._sky.odds
        sky.judge(bulk)
        number = len(bulk.envelopes)
        if luck.random() < odds.throttle:
            return [SesReply("throttled", "TooManyRequestsException")] * number
        if luck.random() < odds.fail:
            if luck.random() < 0.3:
                raise BulkDeclined("BadRequestException")
            kind: Literal["later", "account"] = luck.choice(("later", "account"))
            return [SesReply(kind, "InternalFailure", of_call=True)] * number
        replies = [self._one(envelope) for envelope in bulk.envelopes]
        if luck.random() < odds.lose:
            raise OutcomeUnknown("ReadTimeoutError")
        return replies

    def _one(self, envelope: Envelope) -> SesReply:
        luck, odds = self._sky.luck, self._sky.odds
        if luck.random() < odds.throttle / 4:
            return SesReply("throttled", "ACCOUNT_THROTTLED")
        if luck.random() < odds.fail / 4:
            return SesReply("refused", "MAIL_FROM_DOMAIN_NOT_VERIFIED")
        self.taken[envelope.to] += 1
        self.mails.append((envelope, self._sky.clock()))
        self._report(envelope, len(self.mails))
        return SesReply("sent", message_id=f"m{len(self.mails)}")

    def _report(self, envelope: Envelope, number: int) -> None:
        """What SES tells of a mail that it took: in any order, late, and some of it twice. One of
        it comes soon: what is in flight is waited for a quarter of an hour."""
        luck = self._sky.luck
        kinds = ["Send", *luck.choice(_FATES)]
        luck.shuffle(kinds)
        for place, kind in enumerate(kinds):
            again = 2 if luck.random() < 0.1 else 1
            for _ in range(again):
                late = place > 0 and luck.random() < 0.2
                after = luck.uniform(900, 2400) if late else luck.uniform(0.5, 40)
                at = self._sky.clock() + timedelta(seconds=after)
                self.events.append((at, len(self.events), _event(envelope, number, kind, at)))

    def told(self) -> list[dict[str, Any]]:
        """The events whose time has come, which are taken away."""
        now = self._sky.clock()
        ready = sorted(one for one in self.events if one[0] <= now)
        self.events = [one for one in self.events if one[0] > now]
        return [event for _, _, event in ready]


_FATES: Final = (
    ("Delivery",), ("Delivery",), ("Delivery",), ("Delivery",), ("Delivery", "soft"), ("soft",),
    ("Bounce",), ("Delivery", "Complaint"), ("Reject",), (),
)  # fmt: skip
"""What becomes of a mail: the fifth is an answering machine."""


def _event(envelope: Envelope, number: int, kind: str, at: datetime) -> dict[str, Any]:
    tags = {name: [value] for name, value in envelope.tags.items()}
    mail = {
        "messageId": f"m{number}",
        "tags": tags,
        "destination": [envelope.to],
        "timestamp": stamp(at),
    }
    who = [{"emailAddress": envelope.to}]
    details: dict[str, dict[str, Any]] = {
        "soft": {"bounceType": "Transient", "bouncedRecipients": who},
        "Bounce": {"bounceType": "Permanent", "bouncedRecipients": who},
        "Complaint": {"complainedRecipients": who},
    }
    name = "Bounce" if kind == "soft" else kind
    detail = {"timestamp": stamp(at), **details.get(kind, {})}
    return {"eventType": name, "mail": mail, name.lower(): detail, "fate": kind}

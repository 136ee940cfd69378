"""A programme whose time a test moves: people act, the sweep works each minute there is work."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import samples
from chalicelib.aws.keys import Keys
from chalicelib.cases.applicant import ApplicantReply
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.core import eastern_time, references
from chalicelib.core.letter_row import key_of
from chalicelib.core.ports import Item, Key, Mail, Write
from chalicelib.core.records import DUE_SHARDS, stamp
from chalicelib.core.settings import read
from chalicelib.services import Services
from environment import ENVIRONMENT, RITA, SAM
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock, copied
from indexes import index_of

NOOR = {**RITA, "sk": "noor-ali", "name": "Noor Ali", "email": "noor.ali@example.org"}


class QuickStore(MemoryStore):
    """The store in memory, with its indexes kept instead of looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[Key, tuple[str, str]] = {}
        self._parts: dict[str, set[str]] = {}
        self._states: dict[str, set[Key]] = {}
        self._state_of: dict[Key, str] = {}

    def rows(self, pk: str, prefix: str = "") -> list[Item]:
        found = sorted(sk for sk in self._parts.get(pk, ()) if sk.startswith(prefix))
        return [item for sk in found if (item := self.get(pk, sk)) is not None]

    def due(self, now: str, first: int = 0) -> Iterator[Key]:
        for shard in [(first + turn) % DUE_SHARDS for turn in range(DUE_SHARDS)]:
            ripe = [(at, key) for key, (own, at) in self.waiting.items()
                    if own == str(shard) and at <= now]  # fmt: skip
            yield from (key for _, key in sorted(ripe))

    def listed(self, state_key: str) -> Iterator[Item]:
        index = index_of("Records", "state")
        found = [self.items[key] for key in self._states.get(state_key, ())]
        return iter(copied(index.parts(row for row in found if index.holds(row, state_key))))

    @property
    def next_due(self) -> datetime | None:
        found = min((at for _, at in self.waiting.values()), default=None)
        return None if found is None else datetime.fromisoformat(found)

    def put(self, item: Mapping[str, Any]) -> None:
        """A row from nowhere."""
        key = (item["pk"], item["sk"])
        self.items[key] = dict(item)
        self._noted(key)

    def _apply(self, write: Write) -> None:
        super()._apply(write)
        self._noted(write.key)

    def _noted(self, key: Key) -> None:
        item = self.items.get(key)
        if item is None:
            self._parts.get(key[0], set()).discard(key[1])
        else:
            self._parts.setdefault(key[0], set()).add(key[1])
        self._states.get(self._state_of.pop(key, ""), set()).discard(key)
        if item is not None and "state_key" in item:
            self._state_of[key] = item["state_key"]
            self._states.setdefault(item["state_key"], set()).add(key)
        if item is not None and "due_at" in item:
            self.waiting[key] = (item["due_shard"], item["due_at"])
        else:
            self.waiting.pop(key, None)


@dataclass(frozen=True)
class Sent:
    """A letter that left: when, which, to whom (by role or id), of which row."""

    at: datetime
    letter: str
    to: str
    key: Key
    mail: Mail

    @property
    def there(self) -> datetime:
        return eastern_time.local(self.at)

    @property
    def clock(self) -> str | None:
        """`B000002-001` for a letter that a clock set off."""
        number = self.key[1].split("#")[1]
        return number if re.fullmatch(r"[A-Z]\d{6}-\d{3}", number) else None


class Programme:
    def __init__(
        self, start: str, staff: Sequence[Mapping[str, Any]] = (RITA, SAM), **changed: str
    ) -> None:
        self.store = QuickStore()
        self.mailer = MemoryMailer()
        self.clock = SetClock(start)
        self.letters: list[Sent] = []
        for one in staff:
            self.store.put(one)
        keys = Keys(links=("a" * 64,), people=b"p" * 32)
        settings = read({**ENVIRONMENT, "POSTS_PER_HOUR": "100000", **changed})
        self.service = Services(
            settings, self.store, keys, self.mailer, self.clock, MemorySuppression()
        )
        self.service.cases.digest.ensure_scheduled()
        self.swept = True
        self._last = datetime.min.replace(tzinfo=UTC)

    # Time
    def until(self, moment: datetime) -> None:
        """Sweeps every minute in which something is due, as the schedule would."""
        while self.swept and (due := self.store.next_due) is not None and due <= moment:
            # What did not move in its minute is looked at again in the next one.
            minute = max(_minute(due), self._last + timedelta(minutes=1))
            if minute > moment:
                break
            self.clock.now = self._last = max(self.clock.now, minute)
            self.settle()
        self.clock.now = max(self.clock.now, moment)
        self.settle()

    def pass_(self, **span: float) -> None:
        self.until(self.clock.now + timedelta(**span))

    def day(self, day: str, hour: str = "12:00") -> None:
        """That time on the wall."""
        there = datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=eastern_time.zone())
        self.until(there.astimezone(UTC))

    def settle(self) -> None:
        """Sweeps of one minute until nothing more is due: a sweep takes a step of each clock."""
        while self.swept:
            before = dict(self.store.waiting)
            self.service.mail.outbox.sweep()
            self._noted()
            now = stamp(self.clock())
            if not list(self.store.due(now)) or before == self.store.waiting:
                return

    def _noted(self) -> None:
        for mail in self.mailer.sent[len(self.letters) :]:
            key = key_of(mail.tag)
            assert key is not None
            _, _, name, to = key[1].split("#")[:4]
            self.letters.append(Sent(self.clock(), name, to, key, mail))

    # People
    def declare(self, address: str, **answers: Any) -> Case:
        form = samples.eoi(contact_email=address, **answers)
        receipt = self.service.views.forms.intake.receive(IncomingForm("eoi", form, "fr"))
        self.settle()
        return self.case(receipt.ref)

    def apply(self, case: Case, **answers: Any) -> Case:
        form = samples.application(applicant_email=case.email, **answers)
        invite = self.service.links.invite(case.id, case.person, "fr").partition("invite=")[2]
        arrival = IncomingForm("application", form, "fr", invite=invite)
        receipt = self.service.views.forms.intake.receive(arrival)
        self.settle()
        return self.case(receipt.ref)

    def act(self, case: Case, name: str, by: str = "rita-roy", **word: Any) -> Case:
        after = self.service.cases.decisions.act(
            self.again(case), name, Decider(by, by), DecisionInput(**word)
        )
        self.settle()
        return after

    def final(self, case: Case, name: str, by: str = "rita-roy", **word: Any) -> Case:
        """A decision that nobody undid."""
        self.act(case, name, by, **word)
        self.pass_(minutes=11)
        return self.again(case)

    def ask(self, case: Case, by: str = "rita-roy") -> Case:
        return self.final(case, "ask", by, message="Combien de jeunes?")

    def reply(self, case: Case) -> Case:
        after = self.service.cases.applicant.reply(self.again(case), ApplicantReply("Douze."))
        self.settle()
        return after

    def withdraw(self, case: Case) -> Case:
        after = self.service.cases.applicant.withdraw(self.again(case), "")
        self.settle()
        return after

    # What is there
    def case(self, ref: str) -> Case:
        found = self.service.lookup.case(references.file_number_of(ref))
        assert found is not None
        return found

    def again(self, case: Case) -> Case:
        return self.case(case.ref)

    def sent(self, letter: str, to: str | None = None) -> list[str]:
        """When a letter left, on the wall: `2026-03-09 09:00`."""
        return [
            f"{one.there:%Y-%m-%d %H:%M}"
            for one in self.letters
            if one.letter == letter and to in (None, one.to)
        ]


def _minute(moment: datetime) -> datetime:
    """The next full minute: when the sweep comes by."""
    seconds = math.ceil(moment.timestamp() / 60) * 60
    return datetime.fromtimestamp(seconds, UTC)

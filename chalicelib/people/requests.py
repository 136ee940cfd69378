"""The register of what people ask for: when it is due, and who is reminded of it."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from chalicelib import content
from chalicelib.cases.roles import EVERYBODY
from chalicelib.core import business_days, eastern_time
from chalicelib.core.errors import Overtaken, RelaisError
from chalicelib.core.letter_row import ADMINS, letter
from chalicelib.core.ports import Change, Delete, Item, Key, Now, Put, Store, Write
from chalicelib.core.records import stamp
from chalicelib.mail.draft import Draft
from chalicelib.mail.letters import STAFF
from chalicelib.mail.letters import letter as writes_letter
from chalicelib.mail.writers.draft import ToStaff

if TYPE_CHECKING:
    from chalicelib.cases.staff import Staff

RequestKind = Literal[
    "access", "rectification", "erasure", "withdrawal", "portability", "complaint"
]  # fmt: skip

LETTER: Final = "staff_privacy_request"
REQUEST_LETTERS: Final = "REQUEST"
"""How the keys of requests and of their letters begin."""

STATE_KEY: Final = "REQUEST_OPEN"
"""The key under which the index of states lists the requests that wait for an answer."""

REMINDER_HOUR: Final = time(9)


class RequestRefused(RelaisError):
    """The register is as it was; the message says why, for the operator."""


@dataclass(frozen=True)
class PersonRequest:
    """One request as the register has it; days are ISO dates."""

    id: str
    kind: RequestKind
    email: str
    received: str
    due: str
    extended: bool = False
    closed_on: str | None = None
    outcome: str | None = None

    @classmethod
    def of(cls, row: Item) -> "PersonRequest":
        return cls(
            id=row["pk"].partition("#")[2], kind=row["asks"], email=row["email"],
            received=row["received"], due=row["due"], extended=row.get("extended", False),
            closed_on=row.get("closed_on"), outcome=row.get("outcome"),
        )  # fmt: skip


class Register:
    """Each method is one transaction: a request and its reminders cannot disagree."""

    def __init__(self, store: Store, now: Now) -> None:
        self._store = store
        self._now = now

    def add(self, kind: RequestKind, email: str, received: date) -> PersonRequest:
        """Note a request; those who run the programme are reminded before it is due, and after."""
        due = received + timedelta(days=content.rights()["answer_days"])
        request = PersonRequest(f"{received:%Y%m%d}-{secrets.token_hex(2)}", kind, email,
                          str(received), str(due))  # fmt: skip
        pk, sk = request_key(request.id)
        row: Item = {
            "pk": pk, "sk": sk, "kind": "request", "asks": kind, "email": email,
            "received": request.received, "due": request.due, "state_key": STATE_KEY,
            "updated_at": stamp(self._now()),
            # Nobody may forget one that is open: it is kept three years at least.
            "expires": self._expires(due),
        }  # fmt: skip
        self._store.commit([Put(row), *self._reminders(request.id, due)])
        return request

    def open(self) -> list[PersonRequest]:
        """Return the requests that wait for an answer, the first that is due first."""
        keys = [(item["pk"], item["sk"]) for item in self._store.listed(STATE_KEY)]
        rows = [row for key in keys if (row := self._store.get(*key)) is not None]
        return sorted(map(PersonRequest.of, rows), key=lambda request: request.due)

    def get(self, id: str) -> PersonRequest:
        """Return a request. Raises RequestRefused when there is none."""
        row = self._store.get(*request_key(id))
        if row is None:
            raise RequestRefused(f"there is no request {id}: see `relais person request list`")
        return PersonRequest.of(row)

    def extend(self, id: str) -> PersonRequest:
        """Give 30 days more, once; the person must be told before the first term is over."""
        request = self._open(id)
        if request.extended:
            raise RequestRefused(f"{id} was extended already: it is due on {request.due}")
        if str(eastern_time.today(self._now())) > request.due:
            raise RequestRefused(f"{id} was due on {request.due}: too late to extend it")
        days = timedelta(days=content.rights()["extension_days"])
        due = date.fromisoformat(request.due) + days
        change = Change(
            request_key(id),
            expect={"due": request.due},
            absent=("closed_on", "extended"),
            set={"due": str(due), "extended": True, "expires": self._expires(due)},
        )
        self._store.commit([change, *self._recalled(id), *self._reminders(id, due)])
        return self.get(id)

    def close(self, id: str, outcome: str) -> PersonRequest:
        """Note that a request was answered, and how; nobody is reminded of it any more."""
        request = self._open(id)
        today = eastern_time.today(self._now())
        change = Change(
            request_key(id),
            expect={"due": request.due},
            absent=("closed_on",),
            set={"closed_on": str(today), "outcome": outcome, "expires": self._expires(today)},
            remove=("state_key", "updated_at"),
        )
        self._store.commit([change, *self._recalled(id)])
        return self.get(id)

    def _open(self, id: str) -> PersonRequest:
        request = self.get(id)
        if request.closed_on:
            raise RequestRefused(f"{id} was closed on {request.closed_on}")
        return request

    def _reminders(self, id: str, due: date) -> list[Write]:
        """Return the letters owed: some days before, and when it is late."""
        before = content.rights()["reminders_before_days"]
        days = [*(due - timedelta(days=n) for n in before), due + timedelta(days=1)]
        pk, _ = request_key(id)
        puts: list[Write] = []
        for day in days:
            at = max(business_days.at_eastern_time(day, REMINDER_HOUR), self._now())
            owed = letter(pk, f"{day:%Y%m%d}", LETTER, to=ADMINS, due=stamp(at), held=True)
            puts.append(Put(owed))
        return puts

    def _recalled(self, id: str) -> list[Write]:
        rows = self._store.rows(request_key(id)[0], "LETTER#")
        return [
            Delete((row["pk"], row["sk"]), expect={"status": "owed"})
            for row in rows
            if row["status"] == "owed"
        ]

    def _expires(self, day: date) -> int:
        last = business_days.after_months(day, content.retention()["request_months"])
        return int(business_days.at_eastern_time(last, REMINDER_HOUR).timestamp())


def request_key(id: str) -> Key:
    return f"{REQUEST_LETTERS}#{id}", "REQUEST"


class RequestReminder(TypedDict):
    staff_name: str
    number: str
    asks: str
    received: date
    due: date
    late: bool
    command: str


@dataclass(frozen=True)
class RequestLetter:
    """To one of those who run the programme, on a day."""

    request: PersonRequest
    staff: "Staff"
    today: date
    stage: str


@writes_letter(LETTER, to=STAFF, roles=EVERYBODY)
def staff_privacy_request(owed: RequestLetter) -> RequestReminder:
    request = owed.request
    return {
        "staff_name": owed.staff.name,
        "number": request.id,
        "asks": content.rights()["requests"][request.kind][owed.staff.reads],
        "received": date.fromisoformat(request.received),
        "due": date.fromisoformat(request.due),
        "late": str(owed.today) > request.due,
        "command": f"relais --stage {owed.stage} person request list",
    }


class RequestLetterWriter:
    """Names nobody but the number of the request: the register has the rest."""

    def __init__(self, register: Register, to_staff: ToStaff) -> None:
        self._register = register
        self._to_staff = to_staff

    def write(self, row: Item, now: datetime) -> Draft | None:
        """Write a letter about a request. Raises Overtaken when the request was answered meanwhile."""
        staff = self._to_staff.reader(row)
        if staff is None:
            return None
        request = self._register.get(row["pk"].partition("#")[2])
        if request.closed_on:
            raise Overtaken("the request was answered")
        today, stage = eastern_time.today(now), self._to_staff.sender.stage
        return self._to_staff.draft(row, staff, RequestLetter(request, staff, today, stage))

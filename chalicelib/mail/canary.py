"""A canary: a declaration of nobody, which goes the way of all others and is taken away.

It is no case: it stands in no list, figure, index or export, nobody on the staff hears of it, and
its one letter goes to the mailbox simulator of SES, which always takes it and reports so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from chalicelib.cases.case import Case
from chalicelib.core.letter_row import APPLICANT, CANARY, letter
from chalicelib.core.links import Links
from chalicelib.core.ports import Delete, Item, Key, Now, Put, Store
from chalicelib.core.records import stamp
from chalicelib.mail.draft import Draft
from chalicelib.mail.writers.context import CaseLetter
from chalicelib.mail.writers.draft import LetterSender

ADDRESS: Final = "success@simulator.amazonses.com"
"""A mailbox of SES that takes every letter, costs no reputation and counts in no quota."""

Sender = Literal["DOCTOR", "DAILY"]
"""Who sends one: each has one at a time, and takes away what an earlier one left."""

LETTER_NAME: Final = "eoi_received"
"""Its letter: the receipt that every declaration owes."""

NAME: Final = "Canari – Canary"

CANARY_LIFETIME: Final = timedelta(hours=1)
"""How long one stays that nobody took away."""

Status = Literal["owed", "claimed", "sent", "delivered", "bounced", "complained", "dead", "gone"]


@dataclass(frozen=True)
class Flight:
    """Where a canary is: what became of its letter, who sent it, and why not."""

    status: Status
    by: str = ""
    why: str = ""
    is_late: bool = False
    """Whether the stream should have sent it, and the sweep did."""

    @property
    def is_under_way(self) -> bool:
        return self.status in ("owed", "claimed", "sent")


@dataclass(frozen=True)
class Canary:
    store: Store
    now: Now
    sender: Sender

    @property
    def key(self) -> Key:
        return f"{CANARY}#{self.sender}", CANARY

    def release(self) -> None:
        """Store a canary with the letter that it owes, in one transaction, as a form is stored."""
        self.take_away()
        now = self.now()
        expires = int((now + CANARY_LIFETIME).timestamp())
        since = f"{now:%Y%m%d%H%M%S}"
        pk, sk = self.key
        owed = letter(pk, since, LETTER_NAME, to=APPLICANT, due=stamp(now))
        row = {"pk": pk, "sk": sk, "kind": "canary", "at": stamp(now), "expires": expires}
        self.store.commit([Put(row), Put({**owed, "expires": expires})])

    def flight(self) -> Flight:
        """Return how far it came."""
        for row in self.store.rows(self.key[0], "LETTER#"):
            return Flight(
                row["status"],
                row.get("sent_by") or "",
                row.get("why") or "",
                is_late=bool(row.get("late")),
            )
        return Flight("gone")

    def take_away(self) -> None:
        """Take away all that there is of one; what SES reports later meets nothing."""
        if rows := self.store.rows(self.key[0]):
            self.store.commit([Delete((row["pk"], row["sk"])) for row in rows])


@dataclass(frozen=True)
class CanaryWriter:
    """Writes the letter of a canary: the very receipt of a declaration."""

    store: Store
    links: Links
    sender: LetterSender

    def write(self, row: Item, now: datetime) -> Draft | None:
        if self.store.get(row["pk"], CANARY) is None:
            return None
        case = Case.begun(
            now,
            person="",
            lang="fr",
            email=ADDRESS,
            contact_name=NAME,
            org=NAME,
            answers={"org_legal_name": NAME, "contact_email": ADDRESS},
            warnings=[],
        )
        owed = CaseLetter(case, "fr", row["facts"], row["to"], now, self.store, self.links)
        return self.sender.draft(row, ADDRESS, "fr", owed, case=case)

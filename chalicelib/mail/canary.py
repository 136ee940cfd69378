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
from chalicelib.core.records import is_over, stamp
from chalicelib.mail.draft import Draft
from chalicelib.mail.writers.context import CaseLetter
from chalicelib.mail.writers.draft import LetterSender

ADDRESS: Final = "success@simulator.amazonses.com"
"""A mailbox of SES that takes every letter, costs no reputation and counts in no quota."""

Sender = Literal["DOCTOR", "DAILY"]
"""Who sends them; of a sender several may fly at once."""

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
    """One canary. Its `id` is its own: whoever sends another at the same time sees and takes away
    that one alone."""

    store: Store
    now: Now
    sender: Sender
    id: str

    @property
    def key(self) -> Key:
        return _partition(self.sender), f"{CANARY}#{self.id}"

    def written(self) -> list[Put]:
        """Return what stores a canary with the letter that it owes, as a form is stored."""
        now, (pk, sk) = self.now(), self.key
        expires = int((now + CANARY_LIFETIME).timestamp())
        owed = letter(pk, self.id, LETTER_NAME, to=APPLICANT, due=stamp(now))
        row = {"pk": pk, "sk": sk, "kind": "canary", "at": stamp(now), "expires": expires}
        return [Put(row), Put({**owed, "expires": expires})]

    def flight(self) -> Flight:
        """Return how far it came."""
        row = self.store.get(*self._letter)
        if row is None:
            return Flight("gone")
        return Flight(
            row["status"],
            row.get("sent_by") or "",
            row.get("why") or "",
            is_late=bool(row.get("late")),
        )

    def removed(self) -> list[Delete]:
        """Return what takes it away; what SES reports later meets nothing."""
        return [Delete(self.key), Delete(self._letter)]

    @property
    def _letter(self) -> Key:
        return self.key[0], f"LETTER#{self.id}#{LETTER_NAME}#{APPLICANT}"


def clear_leftovers(store: Store, now: datetime, sender: Sender) -> None:
    """Take away what is over of canaries whose sender died; the table would, a day or two later."""
    for row in store.rows(_partition(sender)):
        if is_over(row, now):
            store.commit([Delete((row["pk"], row["sk"]))])


def _partition(sender: Sender) -> str:
    return f"{CANARY}#{sender}"


@dataclass(frozen=True)
class CanaryWriter:
    """Writes the letter of a canary: the very receipt of a declaration."""

    store: Store
    links: Links
    sender: LetterSender

    def write(self, row: Item, now: datetime) -> Draft | None:
        _, id_, *_ = row["sk"].split("#")
        if self.store.get(row["pk"], f"{CANARY}#{id_}") is None:
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

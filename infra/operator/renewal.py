"""Letters with new links, after a key was taken back: owed once each, a few in a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.cases.case import Case
from chalicelib.cases.lost_link import FILE_LINKS, LETTER_RETENTION_SECONDS
from chalicelib.cases.lost_link import LETTER as FILE_LINKS_LETTER
from chalicelib.cases.states import kind
from chalicelib.coaches.messages import TO_COACH
from chalicelib.coaches.upkeep import CHECK_INTERVAL
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import APPLICANT, letter
from chalicelib.core.ports import Item, Put, Store
from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.repository import SUBSCRIBER
from chalicelib.newsletter.subscribers.subscriber import ACTIVE, Subscriber

if TYPE_CHECKING:
    from chalicelib.coaches.coach import Coach

LETTERS_A_MINUTE: Final = 60


@dataclass
class Renewal:
    """Owes the letters that follow the retirement of one key.

    A letter is named by the key, so that it is owed once however often the command is run, and
    whatever died in between. `owed` counts those of this run: the more, the later they are due.
    """

    store: Store
    key_id: str
    start: datetime
    owed: int = 0

    def to_applicant(self, case: Case) -> None:
        """Owe one letter with the links of all files of the applicant of an open file."""
        if kind(case.state) != "active":
            return
        facts = {"lang": case.lang, "renewed": True}
        expires = int(self.start.timestamp()) + LETTER_RETENTION_SECONDS
        pk = f"{FILE_LINKS}#{case.person}"
        row = self._letter(pk, FILE_LINKS_LETTER, APPLICANT, facts)
        self._owe({**row, "address": case.mail_to, "expires": expires})

    def to_coach(self, coach: "Coach") -> None:
        """Owe a coach whose page is public the letter with a new link of their own."""
        if not coach.public:
            return
        row = self._letter(f"COACH#{coach.slug}", "coach_link_renewed", TO_COACH, {})
        expires = int((self.start + CHECK_INTERVAL * 2).timestamp())
        self._owe({**row, "expires": expires})

    def to_subscriber(self, row: Item) -> None:
        """Owe a subscriber the letter whose links leave and choose in place of the old ones."""
        found = Subscriber.of(row)
        if found.status != ACTIVE:
            return
        pk = subscriber.letters_pk(found.person)
        owed = self._letter(pk, "newsletter_links_renewed", SUBSCRIBER, {"lang": found.lang})
        expires = int((self.start + subscriber.EVIDENCE_RETENTION).timestamp())
        self._owe({**owed, "address": found.email, "expires": expires})

    def _letter(self, pk: str, name: str, to: str, facts: dict[str, object]) -> Item:
        due = self.start + timedelta(minutes=self.owed // LETTERS_A_MINUTE)
        return letter(
            pk, f"KEY{self.key_id}", name, to=to, due=stamp(due), facts=facts, by_day=True
        )

    def _owe(self, row: Item) -> None:
        try:
            self.store.commit([Put(row)])
        except Conflict:
            return  # Owed already, by an earlier run or for another file of theirs.
        self.owed += 1

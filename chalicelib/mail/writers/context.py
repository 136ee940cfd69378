"""What the letters of a case are written from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from chalicelib.cases import turnaround
from chalicelib.cases.case import Case
from chalicelib.cases.decisions import reopen_by
from chalicelib.cases.due_dates import decision_due
from chalicelib.cases.known import known_state, letters_of
from chalicelib.cases.matching import CaseCandidates
from chalicelib.cases.review.link import review_link
from chalicelib.cases.staff import Roster, Staff
from chalicelib.cases.states import choices, staff_name, staff_steps
from chalicelib.cases.turnaround import Turnaround
from chalicelib.core.email_address import is_same_address
from chalicelib.core.errors import Overtaken
from chalicelib.core.languages import Lang
from chalicelib.core.letter_row import APPLICANT, FIDUCIARY, NEW_ADDRESS, OLD_ADDRESS
from chalicelib.core.links import Links, StoredLink
from chalicelib.core.ports import Item, Store
from chalicelib.mail.writers.draft import LetterSender
from chalicelib.mail.writers.phrases import file_notes


@dataclass(frozen=True)
class CaseLetter:
    """What a letter of a case to somebody outside is written from.

    `facts` are those of the row that owes it; `reader` is who it goes to.
    """

    case: Case
    lang: Lang
    facts: Item
    reader: str
    now: datetime
    store: Store
    links: Links

    @property
    def address(self) -> str:
        """The address of the reader."""
        if self.reader == FIDUCIARY:
            return str((self.case.application or {})["fid_lead_email"])
        if self.reader in (OLD_ADDRESS, NEW_ADDRESS):
            return str(self.facts[self.reader])
        return self.case.mail_to

    @property
    def owns_file(self) -> bool:
        """Whether the letter goes to the file's own address: a link that shows answers or changes
        anything is in no other letter."""
        return is_same_address(self.address, self.case.mail_to)

    @property
    def status_url(self) -> str:
        """The link to the file; for whoever does not own it, one that says it was received."""
        give = self.links.file if self.owns_file else self.links.standing
        return give(self.case.id, self.case.person)

    @property
    def copy_url(self) -> str:
        """The page of the answers, to print."""
        return f"{self.status_url}?copy=1"

    @property
    def days_url(self) -> str:
        """The days that the letter tells of, for a calendar."""
        return f"{self.status_url}?days=1"

    @property
    def apply_url(self) -> str:
        """Raises Overtaken for an address that is not the file's own."""
        if not self.owns_file:
            raise Overtaken("the file has another address")
        return self.links.invite(self.case.id, self.case.person, self.lang)

    @property
    def known_state(self) -> str:
        """The state that the applicant may know now."""
        return known_state(self.store, self.case, self.now)

    def was_told(self, event: int | None) -> bool:
        """Say whether a letter of this event may have reached the applicant, or they acted."""
        row = None if event is None else self.store.get(self.case.key[0], f"EVENT#{event:06d}")
        if event is None or row is None or row["actor"] == APPLICANT:
            return True
        letters = letters_of(self.store, self.case, event)
        return not letters or any(one["attempts"] for one in letters)

    @property
    def apply_days_url(self) -> str:
        """The last day to apply, for a calendar: an invitation is shared, and opens no file."""
        return self.links.invite_days(self.case.id, self.case.person, self.lang)

    @property
    def apply_by(self) -> date:
        """Raises Overtaken once nobody is invited any more."""
        if self.case.apply_by is None:
            raise Overtaken("the invitation was taken back")
        return date.fromisoformat(self.case.apply_by)

    @property
    def reopen_by(self) -> date:
        """Raises Overtaken once the file is open again."""
        if self.case.closed is None:
            raise Overtaken("the file is open again")
        return date.fromisoformat(reopen_by(self.case))

    def usual(self) -> Turnaround | None:
        """Return how long the form that is under review usually takes."""
        return turnaround.usual(self.store, self.case.form, self.now)


@dataclass(frozen=True)
class StaffLetter:
    """What a letter of a case to a member of staff is written from.

    `facts` are those of the row that owes it. `stored_links` holds the links that the letter
    was given, to be stored with it: the reader's own link is made when it is first used.
    """

    case: Case
    staff: Staff
    facts: Item
    now: datetime
    store: Store
    links: Links
    roster: Roster
    candidates: CaseCandidates
    sender: LetterSender
    stored_links: list[Item] = field(default_factory=list)

    @property
    def lang(self) -> Lang:
        return self.staff.reads

    def new_link(self, allowed: Sequence[str]) -> StoredLink:
        """Make a link for the reader alone that allows these steps."""
        made = self.links.new_review()
        self.stored_links.append(
            review_link(
                made.token_hash,
                case=self.case,
                recipient=self.staff.id,
                allowed=allowed,
                now=self.now,
            )
        )
        return made

    @cached_property
    def _link(self) -> StoredLink:
        return self.new_link(staff_steps(self.case.state))

    @property
    def review_url(self) -> str:
        return self._link.url

    @property
    def code(self) -> str | None:
        """The four characters to the link, where a decision asks for them."""
        is_asked_for = any(choice.code for choice in choices(self.case.state))
        return self._link.code if is_asked_for else None

    @property
    def notes(self) -> list[str]:
        """What staff should know before they decide: whose the file is, what is proved, and which
        other files are of the same organization."""
        owner = self.roster.get(self.case.owner) if self.case.owner else None
        return file_notes(self.case, owner, self.candidates.twins(self.case), self.lang)

    @property
    def due(self) -> date | None:
        """When a decision is due; None where nobody waits for one."""
        return decision_due(self.case)

    @property
    def state_name(self) -> str:
        return staff_name(self.case.state, self.lang)

"""Cases as their links open them: an invitation, a file, a result."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chalicelib.cases.case import Case, case_key
from chalicelib.cases.joining import ADDRESS_REQUEST
from chalicelib.cases.known import known_state
from chalicelib.cases.states import invitation_is_over, is_invited, kind
from chalicelib.core import eastern_time, references
from chalicelib.core.errors import (
    AlreadyApplied,
    BadLink,
    FileErased,
    InviteOver,
    LinkOver,
    NotInvited,
)
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Item, Key, Now, Store
from chalicelib.core.records import is_over, stamp
from chalicelib.core.shown_words import shown_key
from chalicelib.forms.attachment import Attachment, attachments_in

INVITATION_GRACE: Final = timedelta(hours=48)
"""An invitation still works this long after its date, in silence."""


RECEIPT_LIFETIME: Final = timedelta(hours=24)
"""How long whoever posted a form may look whether it came."""

_NO_STAFF: Final = (APPLICANT, "clock", "post", "system")
"""Actors of events that are not among the staff."""


class Posted(NamedTuple):
    """What whoever posts a form may know of it: that it came, and its reference. `case` is what
    was kept of it, if anything; once it `is_over`, not even that is told."""

    ref: str
    case: Case | None
    is_over: bool


class Cases:
    """Looks, and changes nothing."""

    def __init__(self, store: Store, links: Links, now: Now) -> None:
        self._store = store
        self._links = links
        self._now = now

    def documents(self, case: Case) -> list[Attachment]:
        """Return the documents that came with a case."""
        return attachments_in(self._store, case.key[0], case.attachments)

    def invited(self, token: str) -> Case:
        """Return the case that an invitation opens. Raises NotInvited, InviteOver, AlreadyApplied."""
        case = self._case_of_invite(token)
        self._check_invite(case)
        return case

    def invitation_of(self, token: str) -> Case | None:
        """Return the case whose invitation a token is or was, whatever became of it; None for any
        other token."""
        try:
            return self._case_of_invite(token)
        except NotInvited:
            return None

    def claimed(self, ref: str, person: str) -> Case | None:
        """Return the case that waits for an application, if the reference and its address
        (`person`, its key) name one: whoever knows both has proved neither."""
        found = references.parse_reference(ref)
        case = None if found is None else self.case(references.file_number_of(found))
        if case is None or case.person != person:
            return None
        try:
            self._check_invite(case)
        except (AlreadyApplied, InviteOver, NotInvited):
            return None
        return case

    def claim(self, token: str) -> tuple[Case, Case]:
        """Return the application and the case that it names, behind the link that asks the
        address of that case. Raises BadLink, also once that address was corrected."""
        application_id, case_id, person = self._links.open_claim(token)
        application, case = self.unerased(application_id), self.unerased(case_id)
        if application is None or application.claims != case_id:
            raise BadLink("claim")
        if case is None or not case.person.startswith(person):
            raise BadLink("claim")
        return application, case

    def case(self, case_id: str) -> Case | None:
        item = self._store.get(*case_key(case_id))
        return None if item is None else Case.of(item)

    def unerased(self, case_id: str) -> Case | None:
        """Return the case that a genuine link leads to. Raises FileErased: whose it was, nothing
        can tell any more."""
        case = self.case(case_id)
        if case is not None and kind(case.state) == "gone":
            raise FileErased(case_id)
        return case

    def followed(self, token: str) -> Case:
        """Return the case behind a link that came by mail. Raises BadLink."""
        case_id, person = self._links.open_file(token)
        case = self.unerased(case_id)
        if case is None or not case.person.startswith(person):
            raise BadLink("file")
        return case

    def received(self, token: str) -> Posted | None:
        """Return what the link of whoever posts a form tells: that this form came, whatever else
        has come to its file since. None for any other link. Raises LinkOver."""
        try:
            ref, _ = self._links.open_standing(token)
        except LinkOver:
            raise
        except BadLink:
            return None
        # Nothing may have been kept of it, which is not for its sender to know.
        case = self.unerased(references.file_number_of(ref))
        return Posted(ref, case, case is not None and self._receipt_is_over(case, ref))

    def _receipt_is_over(self, case: Case, ref: str) -> bool:
        """Say whether staff have taken a step since this form came, or a day has gone by."""
        is_application = references.is_reference_of("application", ref)
        posted_at = (case.applied_at if is_application else None) or case.submitted_at
        if stamp(self._now() - RECEIPT_LIFETIME) > posted_at:
            return True
        return any(
            row["at"] >= posted_at and row["actor"] not in _NO_STAFF for row in self.history(case)
        )

    def assessed(self, token: str) -> Item:
        """Return the row of the assessment behind the link to its result. Raises BadLink."""
        ref, _ = self._links.open_file(token)
        item = self._assessment(ref)
        if item is None:
            raise BadLink("file")
        return item

    def attached(self, case: Case) -> Item | None:
        """Return the row of the self-assessment that the applicant chose to show, if any."""
        ref = case.answers.get("assessment_id")
        return None if ref is None else self._assessment(ref)

    def _assessment(self, ref: str) -> Item | None:
        item = self._store.get(*assessment_key(ref))
        return None if item is None or is_over(item, self._now()) else item

    def notice(self, text_hash: str) -> Item | None:
        """Return the row of the words that somebody consented to."""
        return self._store.get(*shown_key("notice", text_hash))

    def known_state(self, case: Case) -> str:
        """Return the state of a case that its applicant may know now."""
        return known_state(self._store, case, self._now())

    def history(self, case: Case) -> list[Item]:
        """Return the rows of the audit events of a case, in order."""
        return self._store.rows(case.key[0], "EVENT#")

    def letters(self, case: Case) -> list[Item]:
        """Return the rows of the letters of a case, in the order of what owed them."""
        return self._store.rows(case.key[0], "LETTER#")

    def requested_address(self, case: Case) -> str | None:
        """Return the address that was last asked whether it is to be the file's; None where none
        was. A later request ends the ones before it: the first address may have been a mistake."""
        asked = [row for row in self.letters(case) if row["letter"] == ADDRESS_REQUEST]
        return asked[-1]["facts"]["new_address"] if asked else None

    def _case_of_invite(self, token: str) -> Case:
        try:
            case_id, person = self._links.open_invite(token)
        except BadLink:
            raise NotInvited from None
        case = self.unerased(case_id)
        if case is None or not case.person.startswith(person):
            raise NotInvited
        return case

    def _check_invite(self, case: Case) -> None:
        if case.application is not None:
            raise AlreadyApplied(str(case.app_ref))
        if invitation_is_over(case.state):
            raise InviteOver(str(case.apply_by))
        # Of an approval whose letter has not left nobody knows, whoever knows the reference.
        if not is_invited(self.known_state(case)) or case.apply_by is None:
            raise NotInvited
        if not in_time(case, self._now()):
            raise InviteOver(case.apply_by)


def in_time(case: Case, sent_at: datetime) -> bool:
    """Say whether an application that was sent then is within the invitation of a case."""
    if case.apply_by is None:
        return False
    last = datetime.fromisoformat(f"{case.apply_by}T23:59:59")
    return eastern_time.local(sent_at).replace(tzinfo=None) <= last + INVITATION_GRACE


def assessment_key(ref: str) -> Key:
    return f"ASSESSMENT#{ref}", "ASSESSMENT"

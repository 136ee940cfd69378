"""Cases as their links open them: an invitation, a file, a result."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.cases.case import Case, case_key
from chalicelib.core import eastern_time, references
from chalicelib.core.errors import AlreadyApplied, BadLink, InviteOver, NotInvited
from chalicelib.core.letter_row import APPLICANT
from chalicelib.core.links import Links
from chalicelib.core.ports import Change, Item, Now, Store, Write

GRACE: Final = timedelta(hours=48)
"""An invitation still works this long after its date, in silence."""


class Cases:
    """Looks, and changes nothing."""

    def __init__(self, store: Store, links: Links, now: Now) -> None:
        self._store = store
        self._links = links
        self._now = now

    def invited(self, token: str) -> Case:
        """The case that an invitation opens. Raises NotInvited, InviteOver, AlreadyApplied."""
        case = self._case_of_invite(token)
        self._check_invite(case)
        return case

    def referred(self, ref: str, person: str) -> Case:
        """The case that a reference and its applicant's address open, as an invitation would."""
        found = references.parse_reference(ref)
        case = None if found is None else self.case(references.file_number_of(found))
        if case is None or case.person != person:
            raise NotInvited
        self._check_invite(case)
        return case

    def case(self, case_id: str) -> Case | None:
        item = self._store.get(*case_key(case_id))
        return None if item is None else Case.of(item)

    def followed(self, token: str) -> tuple[Case, bool]:
        """The case behind a link, and whether its answers may be shown. Raises BadLink."""
        case_id, person, whole = self._links.open_file(token)
        case = self.case(case_id)
        if case is None or not case.person.startswith(person):
            raise BadLink("file")
        return case, whole

    def assessed(self, token: str) -> Item:
        """The assessment behind the link to its result. Raises BadLink."""
        ref, *_ = self._links.open_file(token)
        item = self._store.get(*assessment_key(ref))
        if item is None:
            raise BadLink("file")
        return item

    def attached(self, case: Case) -> Item | None:
        """The self-assessment that the applicant chose to show; None without one."""
        ref = case.answers.get("assessment_id")
        return None if ref is None else self._store.get(*assessment_key(ref))

    def recalled(self, case: Case) -> list[Write]:
        """Takes back the letters that a decision held: only while nobody sends them."""
        if case.decided is None:
            return []
        prefix = f"LETTER#{case.decided.get('event', case.events):06d}#"
        return [
            Change(
                (row["pk"], row["sk"]),
                expect={"status": "owed", "attempts": 0},
                set={"status": "cancelled"},
                remove=("due_shard", "due_at"),
            )
            for row in self._store.rows(case.key[0], prefix)
            if row["to"] == APPLICANT
        ]

    def history(self, case: Case) -> list[Item]:
        return self._store.rows(case.key[0], "EVENT#")

    def _case_of_invite(self, token: str) -> Case:
        try:
            case_id, person = self._links.open_invite(token)
        except BadLink:
            raise NotInvited from None
        case = self.case(case_id)
        if case is None or not case.person.startswith(person):
            raise NotInvited
        return case

    def _check_invite(self, case: Case) -> None:
        if case.application is not None:
            raise AlreadyApplied(str(case.app_ref))
        if case.state == "INVITE_EXPIRED":
            raise InviteOver(str(case.apply_by))
        # An approval that can still be undone was never made, whoever knows the reference.
        if case.state != "EOI_APPROVED" or case.apply_by is None or case.undo_open(self._now()):
            raise NotInvited
        last = datetime.fromisoformat(f"{case.apply_by}T23:59:59")
        if eastern_time.local(self._now()).replace(tzinfo=None) > last + GRACE:
            raise InviteOver(case.apply_by)


def assessment_key(ref: str) -> tuple[str, str]:
    return f"ASSESSMENT#{ref}", "ASSESSMENT"

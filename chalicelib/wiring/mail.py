"""The parts of mail: the outbox with its writers and clocks, and what SES tells of letters.

Only the functions that write letters pay for Jinja2 and the SES client.
"""

from functools import cached_property

from chalicelib.cases.intake.stored_form import OWNER as STORED_FORMS
from chalicelib.cases.lost_link import FILE_LINKS
from chalicelib.coaches import letters as coach_letters
from chalicelib.core.letter_row import CANARY, DAILY_CANARY
from chalicelib.desk.letters import DeskCodeWriter, SignInWriter
from chalicelib.desk.sessions import SESSION
from chalicelib.desk.sign_in import SIGN_IN
from chalicelib.forms.attachments.minding import CLOCK as ATTACHMENT_CLOCK
from chalicelib.forms.drafts.letters import CLOCK, DRAFT_LETTERS
from chalicelib.mail.canary import CanaryWriter
from chalicelib.mail.ceilings import Ceilings
from chalicelib.mail.daily_canary import DailyCanary
from chalicelib.mail.draft import LetterWriter
from chalicelib.mail.outbox import Outbox
from chalicelib.mail.writers.alert import AlertLetterWriter
from chalicelib.mail.writers.assessment import AssessmentLetterWriter
from chalicelib.mail.writers.case import CaseLetterWriter, LetterWriters
from chalicelib.mail.writers.digest import DigestWriter
from chalicelib.mail.writers.draft import LetterSender, ToStaff, letter_sender
from chalicelib.mail.writers.file_links import FileLinksWriter
from chalicelib.mail.writers.form_drafts import FormDraftWriter
from chalicelib.mail.writers.stored_form import StoredFormLetterWriter
from chalicelib.newsletter.issues.lifecycle import ISSUE_LETTERS
from chalicelib.newsletter.letters.approval import ApprovalWriter
from chalicelib.newsletter.letters.held import HeldWriter
from chalicelib.newsletter.letters.subscriber import NEWS, SubscriberLetterWriter
from chalicelib.newsletter.sending.auto_pause import HELD_LETTERS
from chalicelib.people.requests import REQUEST_LETTERS, Register, RequestLetterWriter
from chalicelib.wiring.cases import CaseServices
from chalicelib.wiring.coaches import CoachServices
from chalicelib.wiring.drafts import FormDrafts
from chalicelib.wiring.issues import IssueServices
from chalicelib.wiring.parts import Parts
from chalicelib.wiring.subscribers import SubscriberServices


class MailServices:
    """The outbox, joined with the writers and the clocks of every room."""

    def __init__(
        self,
        parts: Parts,
        cases: CaseServices,
        coaches: CoachServices,
        subscribers: SubscriberServices,
        issues: IssueServices,
        drafts: FormDrafts,
    ) -> None:
        self._parts = parts
        self._cases = cases
        self._coaches = coaches
        self._subscribers = subscribers
        self._issues = issues
        self._drafts = drafts

    @cached_property
    def outbox(self) -> Outbox:
        parts = self._parts
        due_handlers = {
            "PERSON": self._subscribers.expiry.mind,
            "CLOCK": self._cases.deadlines.fire,
            CLOCK: self._drafts.letters.fire,
            ATTACHMENT_CLOCK: self._drafts.minder.mind,
            DAILY_CANARY: self.daily_canary.fire,
            "ISSUE": lambda key: self._issues.scheduler.mind(key),
        }
        return Outbox(
            parts.store,
            parts.mailer(),
            self.writers,
            self._cases.roster,
            parts.now,
            due_handlers,
            self._cases.quiet_hours,
            Ceilings(
                parts.people_key,
                parts.settings.unproved_letters_per_hour,
                parts.settings.staff_letters_per_hour,
            ),
            parts.measure,
        )

    @cached_property
    def daily_canary(self) -> DailyCanary:
        parts = self._parts
        return DailyCanary(parts.store, parts.now, parts.settings.daily_canary)

    @cached_property
    def sender(self) -> LetterSender:
        """Who the letters are from, in their foot."""
        return letter_sender(self._parts.settings)

    @cached_property
    def writers(self) -> LetterWriters:
        """The writers of all letters, by the first word of the keys of what owes them."""
        parts, cases, sender = self._parts, self._cases, self.sender
        store, links = parts.store, parts.links
        to_staff = ToStaff(cases.roster, sender)
        coaches = coach_letters.CoachLetterWriter(
            store, self._coaches.upkeep, self._coaches.proposals, to_staff
        )
        subscribers = SubscriberLetterWriter(
            self._subscribers.repository, links, sender, parts.people_key
        )
        by_kind: dict[str, LetterWriter] = {
            "CASE": CaseLetterWriter(store, links, to_staff, cases.candidates, parts.people_key),
            "ASSESSMENT": AssessmentLetterWriter(store, links, sender),
            STORED_FORMS: StoredFormLetterWriter(store, to_staff, sender, parts.people_key),
            CANARY: CanaryWriter(store, links, sender),
            "INCIDENT": AlertLetterWriter(to_staff),
            "MORNING": DigestWriter(
                store, links, to_staff, f"{parts.settings.public_url}/desk/files"
            ),
            FILE_LINKS: FileLinksWriter(
                store, links, sender, parts.people_key, self._coaches.upkeep.link_of
            ),
            SIGN_IN: SignInWriter(store, cases.roster, links, sender),
            SESSION: DeskCodeWriter(links, to_staff),
            DRAFT_LETTERS: FormDraftWriter(store, links, sender, parts.people_key),
            NEWS: subscribers,
            ISSUE_LETTERS: ApprovalWriter(store, links, to_staff),
            HELD_LETTERS: HeldWriter(links, to_staff),
            REQUEST_LETTERS: RequestLetterWriter(Register(store, parts.now), to_staff),
            **dict.fromkeys(coach_letters.KINDS, coaches),
        }
        return LetterWriters(by_kind)

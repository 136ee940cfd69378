"""The parts of the desk: sessions, the way in, what was kept of a form."""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.cases.review.reviews import Reviews
from chalicelib.desk.appraisals import Appraisals
from chalicelib.desk.confirming import Confirming
from chalicelib.desk.files import Files
from chalicelib.desk.kept import KeptForms
from chalicelib.desk.looks import Looks
from chalicelib.desk.notes import StaffNotes
from chalicelib.desk.releasing import Releasing
from chalicelib.desk.sessions import Limits, Sessions
from chalicelib.desk.sign_in import SignIns
from chalicelib.mail.writers.draft import letter_sender
from chalicelib.mail.writers.previews import Previews
from chalicelib.newsletter.subscribers import pending
from chalicelib.wiring.cases import CaseServices
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.desk.exporting import Exporting
    from chalicelib.desk.issue_tests import IssueTests
    from chalicelib.desk.jobs import Jobs
    from chalicelib.desk.many import Many
    from chalicelib.desk.recount import Recount
    from chalicelib.people.reader_imports import ReaderImports
    from chalicelib.people.reader_lists import ReaderLists
    from chalicelib.wiring.issues import IssueServices
    from chalicelib.wiring.subscribers import SubscriberServices


class DeskServices:
    """What the pages of the staff stand on; no form of a visitor loads it."""

    def __init__(
        self,
        parts: Parts,
        cases: CaseServices,
        subscribers: "SubscriberServices",
        issues: "Callable[[], IssueServices]",
    ) -> None:
        self._parts = parts
        self._cases = cases
        self._subscribers = subscribers
        self._issues = issues

    @cached_property
    def sessions(self) -> Sessions:
        parts, settings = self._parts, self._parts.settings
        limits = Limits(
            timedelta(minutes=settings.desk_idle_minutes),
            timedelta(hours=settings.desk_session_hours),
        )
        return Sessions(parts.store, self._cases.roster, parts.now, limits)

    @cached_property
    def sign_ins(self) -> SignIns:
        parts = self._parts
        return SignIns(
            parts.store,
            self._cases.roster,
            self.sessions,
            parts.links,
            parts.now,
            parts.people_key,
            parts.settings.signups_per_hour,
        )

    @cached_property
    def kept(self) -> KeptForms:
        return KeptForms(self._parts.store, self._parts.now)

    @cached_property
    def files(self) -> Files:
        return Files(self._parts.store, self._parts.now, self._parts.people_key)

    @cached_property
    def looks(self) -> Looks:
        return Looks(self._parts.store)

    @cached_property
    def appraisals(self) -> Appraisals:
        return Appraisals(self._parts.store, self._parts.now)

    @cached_property
    def notes(self) -> StaffNotes:
        return StaffNotes(self._parts.store, self._parts.now)

    @cached_property
    def releasing(self) -> Releasing:
        store, now = self._parts.store, self._parts.now
        return Releasing(
            self._cases.decisions,
            self._cases.lookup,
            lambda person, source: pending.freed(store, person, now(), source),
        )

    @cached_property
    def exporting(self) -> "Exporting":
        from chalicelib.desk.exporting import Exporting

        parts = self._parts
        return Exporting(
            parts.store, self.files, self._cases.file_roster, parts.objects(), parts.now
        )

    @cached_property
    def many(self) -> "Many":
        from chalicelib.desk.many import Many

        parts, cases = self._parts, self._cases
        return Many(
            parts.store, cases.lookup, self.reviews, parts.links, cases.file_roster, parts.now
        )

    @cached_property
    def issue_tests(self) -> "IssueTests":
        from chalicelib.desk.issue_tests import IssueTests
        from chalicelib.newsletter.issues.trial import Trials

        parts = self._parts
        trials = Trials(parts.store, self._issues().newsroom, lambda: parts.outside().deliver)
        return IssueTests(parts.store, trials.send, trials.note, parts.now)

    @cached_property
    def reader_lists(self) -> "ReaderLists":
        from chalicelib.people.reader_lists import ReaderLists

        return ReaderLists(self._parts.store, self._parts.objects(), self._parts.now)

    @cached_property
    def reader_imports(self) -> "ReaderImports":
        from chalicelib.people.reader_imports import ReaderImports

        parts, imports = self._parts, self._subscribers.imports
        return ReaderImports(parts.store, parts.objects(), imports, parts.now)

    @cached_property
    def jobs(self) -> "Jobs":
        """What is done in steps; a kind of job loads its parts when there is one."""
        from chalicelib.desk.jobs import Jobs

        parts = self._parts
        return Jobs(
            parts.store,
            parts.now,
            {
                "export": lambda job, beat: self.exporting.step(job, beat),
                "decisions": lambda job, beat: self.many.step(job, beat),
                "issue_test": lambda job, beat: self.issue_tests.step(job, beat),
                "reader_count": lambda job, beat: self.reader_lists.step(job, beat),
                "reader_sheet": lambda job, beat: self.reader_lists.step(job, beat),
                "reader_trial": lambda job, beat: self.reader_imports.step(job, beat),
                "reader_import": lambda job, beat: self.reader_imports.step(job, beat),
            },
        )

    @cached_property
    def recount(self) -> "Recount":
        from chalicelib.desk.recount import Recount
        from chalicelib.newsletter.subscribers.growth import growth_of_all

        parts = self._parts
        return Recount(parts.store, parts.now, parts.every_file, lambda: growth_of_all(parts.store))

    @cached_property
    def previews(self) -> Previews:
        parts = self._parts
        return Previews(parts.store, parts.links, letter_sender(parts.settings))

    @cached_property
    def reviews(self) -> Reviews:
        """Those of a review link; a session that typed a mailed code asks for no other one."""
        return self._cases.reviews_of(step_up=False)

    @cached_property
    def confirming(self) -> Confirming:
        return Confirming(self._parts.store, self._parts.links, self._parts.now)

"""The parts of a file's life: who decides, what the applicant may do, what falls due."""

from datetime import timedelta
from functools import cached_property

from chalicelib.cases import turnaround
from chalicelib.cases.applicant import ApplicantFiles
from chalicelib.cases.deadlines.digest import Digest
from chalicelib.cases.deadlines.runner import DeadlineRunner
from chalicelib.cases.decisions import Decisions
from chalicelib.cases.file_roster import FileRoster
from chalicelib.cases.kept_declarations import KeptDeclarations
from chalicelib.cases.leaving import LeavingTimes
from chalicelib.cases.lookup import Cases
from chalicelib.cases.matching import CaseCandidates
from chalicelib.cases.orphans import Orphans
from chalicelib.cases.review.own_acts import ToldReviews
from chalicelib.cases.review.reviews import Reviews
from chalicelib.cases.staff import Roster
from chalicelib.cases.turnaround import Turnaround
from chalicelib.core.business_days import QuietHours
from chalicelib.wiring.parts import Parts


class CaseServices:
    """The use cases of a file, each built when it is first asked for."""

    def __init__(self, parts: Parts, lookup: Cases) -> None:
        self._parts = parts
        self.lookup = lookup

    @cached_property
    def roster(self) -> Roster:
        return Roster(self._parts.store)

    @cached_property
    def file_roster(self) -> FileRoster:
        """Those of the roster whose role lets them see files."""
        return FileRoster(self._parts.store)

    @cached_property
    def decisions(self) -> Decisions:
        parts = self._parts
        return Decisions(
            parts.store,
            self.lookup,
            parts.now,
            roster=self.file_roster,
            people_key=parts.people_key,
            leaving=self.leaving,
            quorum=parts.settings.quorum_application,
        )

    @cached_property
    def applicant(self) -> ApplicantFiles:
        parts = self._parts
        return ApplicantFiles(parts.store, parts.now, people_key=parts.people_key)

    @cached_property
    def orphans(self) -> Orphans:
        return Orphans(self._parts.store, self.file_roster, self._parts.now)

    @cached_property
    def kept_declarations(self) -> KeptDeclarations:
        parts = self._parts
        return KeptDeclarations(parts.store, self.lookup, parts.links, parts.now)

    @cached_property
    def candidates(self) -> CaseCandidates:
        return CaseCandidates(self._parts.store, self._parts.people_key)

    @cached_property
    def reviews(self) -> Reviews:
        return self.reviews_of(step_up=self._parts.settings.step_up)

    def reviews_of(self, *, step_up: bool) -> Reviews:
        """Build what decides; `step_up` asks for a mailed code before the last decision."""
        from chalicelib.desk.looks import Looks  # no form of a visitor loads it

        parts = self._parts
        return ToldReviews(
            parts.store,
            self.lookup,
            self.decisions,
            self.applicant,
            self.file_roster,
            parts.links,
            parts.now,
            step_up=step_up,
        ).telling(Looks(parts.store).acted)

    @cached_property
    def digest(self) -> Digest:
        parts = self._parts
        return Digest(parts.store, self.roster, parts.now, self.quiet_hours)

    @cached_property
    def deadlines(self) -> DeadlineRunner:
        parts = self._parts
        return DeadlineRunner(
            parts.store, self.file_roster, parts.now, self.digest, self.quiet_hours
        )

    @property
    def leaving(self) -> LeavingTimes:
        undo = timedelta(seconds=self._parts.settings.undo_seconds)
        return LeavingTimes(undo, self.quiet_hours)

    @property
    def quiet_hours(self) -> QuietHours | None:
        return QuietHours.parse(self._parts.settings.quiet_hours)

    def turnaround(self, form: str) -> Turnaround | None:
        """Say how long decisions on a form took lately; None before there were enough."""
        return turnaround.usual(self._parts.store, form, self._parts.now())

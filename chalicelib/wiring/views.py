"""The views, joined with the use cases they ask: each is loaded with its first request."""

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from chalicelib.cases.intake.receive import Intake
from chalicelib.cases.lookup import Cases
from chalicelib.views.forms import FormViews
from chalicelib.web.responses import Responder
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.views.coach_contact import CoachContactViews
    from chalicelib.views.coach_links import CoachLinkViews, ProposalViews
    from chalicelib.views.coaches import CoachViews
    from chalicelib.views.file import FileViews
    from chalicelib.views.lost_link import LostLinkViews
    from chalicelib.views.newsletter import NewsletterViews
    from chalicelib.views.newsletter_archive import ArchiveViews
    from chalicelib.views.newsletter_confirm import ConfirmViews
    from chalicelib.views.newsletter_preferences import PreferencesViews
    from chalicelib.views.newsletter_progress import ProgressViews
    from chalicelib.views.newsletter_review import IssueReviewViews
    from chalicelib.views.review import ReviewViews
    from chalicelib.wiring.cases import CaseServices
    from chalicelib.wiring.coaches import CoachServices
    from chalicelib.wiring.issues import IssueServices
    from chalicelib.wiring.subscribers import SubscriberServices


class Rooms(Protocol):
    """What views may ask of the rooms: see `Services`."""

    @property
    def intake(self) -> Intake: ...
    @property
    def lookup(self) -> Cases: ...
    @property
    def cases(self) -> "CaseServices": ...
    @property
    def coaches(self) -> "CoachServices": ...
    @property
    def subscribers(self) -> "SubscriberServices": ...
    @property
    def issues(self) -> "IssueServices": ...


class Views:
    """One attribute an address; a script's form loads none but the first."""

    def __init__(self, parts: Parts, rooms: Rooms, responder: Responder) -> None:
        self._parts = parts
        self._rooms = rooms
        self._responder = responder

    @cached_property
    def forms(self) -> FormViews:
        parts, rooms = self._parts, self._rooms
        return FormViews(rooms.intake, rooms.lookup, parts.links, parts.settings, self._responder)

    @cached_property
    def coaches(self) -> "CoachViews":
        from chalicelib.views.coaches import CoachViews

        parts, directory = self._parts, self._rooms.coaches.directory
        return CoachViews(directory, parts.settings, self._responder, parts.now)

    @cached_property
    def coach_contact(self) -> "CoachContactViews":
        from chalicelib.views.coach_contact import CoachContactViews

        parts, coaches = self._parts, self._rooms.coaches
        return CoachContactViews(
            coaches.directory, coaches.messages, parts.settings, self._responder, parts.now
        )

    @cached_property
    def coach_link(self) -> "CoachLinkViews":
        from chalicelib.views.coach_links import CoachLinkViews

        parts, coaches = self._parts, self._rooms.coaches
        return CoachLinkViews(
            coaches.upkeep, coaches.proposals, parts.links, parts.settings, self._responder
        )

    @cached_property
    def proposal(self) -> "ProposalViews":
        from chalicelib.views.coach_links import ProposalViews

        parts = self._parts
        return ProposalViews(
            self._rooms.coaches.proposals, parts.links, parts.settings, self._responder
        )

    @cached_property
    def review(self) -> "ReviewViews":
        from chalicelib.views.review import ReviewViews

        parts, cases = self._parts, self._rooms.cases
        return ReviewViews(
            cases.reviews,
            cases.lookup,
            cases.candidates,
            parts.links,
            parts.settings,
            self._responder,
        )

    @cached_property
    def file(self) -> "FileViews":
        from chalicelib.views.file import FileViews
        from chalicelib.views.file_pages import FilePages

        parts, cases = self._parts, self._rooms.cases
        pages = FilePages(
            cases.lookup,
            parts.links,
            parts.settings,
            self._responder,
            parts.now,
            cases.turnaround,
        )
        return FileViews(
            cases.lookup,
            cases.applicant,
            parts.links,
            self._responder,
            parts.now,
            pages,
            self.lost_link,
        )

    @cached_property
    def lost_link(self) -> "LostLinkViews":
        from chalicelib.cases.lost_link import LostLinks
        from chalicelib.views.lost_link import LostLinkViews

        parts = self._parts
        lost_links = LostLinks(
            parts.store, parts.now, parts.people_key, parts.settings.signups_per_hour
        )
        return LostLinkViews(lost_links, self._responder)

    @cached_property
    def newsletter(self) -> "NewsletterViews":
        from chalicelib.views.newsletter import NewsletterViews

        subscribers = self._rooms.subscribers
        return NewsletterViews(
            subscribers.sign_ups, subscribers.subscriptions, self._parts.links, self._responder
        )

    @cached_property
    def confirm(self) -> "ConfirmViews":
        from chalicelib.views.newsletter_confirm import ConfirmViews

        return ConfirmViews(self.newsletter, self._rooms.subscribers.preferences)

    @cached_property
    def preferences(self) -> "PreferencesViews":
        from chalicelib.views.newsletter_preferences import PreferencesViews

        subscribers = self._rooms.subscribers
        return PreferencesViews(self.newsletter, subscribers.preferences, subscribers.proof)

    @cached_property
    def archive(self) -> "ArchiveViews":
        from chalicelib.views.newsletter_archive import ArchiveViews

        return ArchiveViews(self._parts.store, self._responder)

    @cached_property
    def issue_review(self) -> "IssueReviewViews":
        from chalicelib.views.newsletter_review import IssueReviewViews

        parts, rooms = self._parts, self._rooms
        return IssueReviewViews(
            parts.store,
            rooms.issues.approvals,
            rooms.cases.roster,
            parts.links,
            self._responder,
        )

    @cached_property
    def progress(self) -> "ProgressViews":
        from chalicelib.views.newsletter_progress import ProgressViews

        parts, rooms = self._parts, self._rooms
        return ProgressViews(
            parts.store,
            rooms.issues.newsroom,
            rooms.cases.roster,
            parts.links,
            self._responder,
            rooms.issues.unreached,
        )

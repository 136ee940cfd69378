"""The views, joined with the use cases they ask: each is loaded with its first request."""

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from chalicelib.cases.consent import Notices
from chalicelib.cases.intake.receive import Intake
from chalicelib.cases.lookup import Cases
from chalicelib.views.forms import FormViews
from chalicelib.web.cookies import has_session
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.views.coach_contact import CoachContactViews
    from chalicelib.views.coach_links import CoachLinkViews, ProposalViews
    from chalicelib.views.coaches import CoachViews
    from chalicelib.views.declaration import DeclarationViews
    from chalicelib.views.drafts import DraftViews
    from chalicelib.views.file import FileViews
    from chalicelib.views.home import HomeViews
    from chalicelib.views.kit import KitViews
    from chalicelib.views.lost_link import LostLinkViews
    from chalicelib.views.newsletter import NewsletterPages, NewsletterViews
    from chalicelib.views.newsletter_archive import ArchiveViews
    from chalicelib.views.newsletter_confirm import ConfirmViews
    from chalicelib.views.newsletter_preferences import PreferencesViews
    from chalicelib.views.newsletter_progress import ProgressViews
    from chalicelib.views.newsletter_review import IssueReviewViews
    from chalicelib.views.review import ReviewViews
    from chalicelib.wiring.cases import CaseServices
    from chalicelib.wiring.coaches import CoachServices
    from chalicelib.wiring.desk import DeskServices
    from chalicelib.wiring.desk_views import DeskViews
    from chalicelib.wiring.drafts import FormDrafts
    from chalicelib.wiring.issues import IssueServices
    from chalicelib.wiring.subscribers import SubscriberServices


class Rooms(Protocol):
    """What views may ask of the rooms: see `Services`."""

    @property
    def intake(self) -> Intake: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def lookup(self) -> Cases: ...
    @property
    def cases(self) -> "CaseServices": ...
    @property
    def drafts(self) -> "FormDrafts": ...
    @property
    def coaches(self) -> "CoachServices": ...
    @property
    def desk(self) -> "DeskServices": ...
    @property
    def subscribers(self) -> "SubscriberServices": ...
    @property
    def issues(self) -> "IssueServices": ...


class Views:
    """One attribute an address; a script's form loads none but the first."""

    def __init__(self, parts: Parts, rooms: Rooms, pages: Pages, problems: Problems) -> None:
        self._parts = parts
        self._rooms = rooms
        self._pages = pages
        self._problems = problems

    @cached_property
    def forms(self) -> FormViews:
        parts, rooms = self._parts, self._rooms
        return FormViews(
            rooms.intake,
            rooms.lookup,
            parts.store,
            parts.now,
            parts.links,
            parts.settings,
            parts.consent_texts,
            self._pages,
            self._problems,
            rooms.notices,
        )

    @cached_property
    def home(self) -> "HomeViews":
        from chalicelib.views.home import HomeViews

        parts = self._parts
        return HomeViews(parts.settings, self._pages, parts.store, parts.now, parts.keys)

    @cached_property
    def kit(self) -> "KitViews":
        from chalicelib.views.kit import KitViews

        parts, rooms = self._parts, self._rooms
        return KitViews(parts.settings, parts.consent_texts, rooms.notices, rooms.lookup)

    @cached_property
    def drafts(self) -> "DraftViews":
        return self._rooms.drafts.views(
            self._rooms.intake, self.forms.prefilled, self._pages, self._problems
        )

    @cached_property
    def coaches(self) -> "CoachViews":
        from chalicelib.views.coaches import CoachViews

        parts, coaches = self._parts, self._rooms.coaches
        missed = coaches.missed_words.count
        return CoachViews(coaches.directory, parts.links, self._pages, parts.now, missed)

    @cached_property
    def coach_contact(self) -> "CoachContactViews":
        from chalicelib.views.coach_contact import CoachContactViews

        parts, coaches = self._parts, self._rooms.coaches
        return CoachContactViews(
            coaches.directory,
            coaches.messages,
            parts.settings,
            self._pages,
            self._problems,
            parts.now,
        )

    @cached_property
    def coach_link(self) -> "CoachLinkViews":
        from chalicelib.views.coach_links import CoachLinkViews

        parts, coaches = self._parts, self._rooms.coaches
        return CoachLinkViews(
            coaches.upkeep,
            coaches.proposals,
            parts.links,
            parts.settings,
            self._pages,
            self._problems,
            self.lost_link,
        )

    @cached_property
    def proposal(self) -> "ProposalViews":
        from chalicelib.views.coach_links import ProposalViews

        links, proposals = self._parts.links, self._rooms.coaches.proposals
        return ProposalViews(proposals, links, self._pages, self._problems)

    @cached_property
    def review(self) -> "ReviewViews":
        from chalicelib.views.review import ReviewViews

        parts, cases = self._parts, self._rooms.cases
        given = (cases.reviews, cases.lookup, cases.candidates, parts.links, parts.settings)
        how = (parts.now, self._pages, self._problems, self._rooms.drafts.document_link)
        return ReviewViews(*given, *how, lambda one: has_session(one) and self.desk.whose(one))

    @cached_property
    def desk(self) -> "DeskViews":
        from chalicelib.wiring.desk_views import DeskViews

        return DeskViews(self._parts, self._rooms, self._pages)

    @cached_property
    def file(self) -> "FileViews":
        from chalicelib.views.claim import ClaimViews
        from chalicelib.views.file import FileViews
        from chalicelib.views.file_documents import FileDocuments
        from chalicelib.views.file_pages import FilePages

        parts, cases, drafts = self._parts, self._rooms.cases, self._rooms.drafts
        pages = FilePages(
            cases.lookup, parts.links, parts.settings, self._pages, parts.now, cases.turnaround
        )
        which = (cases.lookup, cases.orphans, cases.applicant)
        claims = ClaimViews(*which, parts.links, self._pages, pages)
        return FileViews(
            cases.lookup,
            cases.applicant,
            parts.links,
            self._problems,
            parts.now,
            pages,
            self.lost_link,
            claims,
            FileDocuments(drafts.added, drafts.document_link, pages, self._problems),
        )

    @cached_property
    def declaration(self) -> "DeclarationViews":
        from chalicelib.views.declaration import DeclarationViews

        cases = self._rooms.cases
        return DeclarationViews(
            cases.kept_declarations,
            cases.applicant,
            self._parts.links,
            self._pages,
            self._problems,
            self.lost_link,
        )

    @cached_property
    def lost_link(self) -> "LostLinkViews":
        from chalicelib.cases.lost_link import LostLinks
        from chalicelib.views.lost_link import LostLinkViews

        parts = self._parts
        asked = LostLinks(parts.store, parts.now, parts.people_key, parts.settings.signups_per_hour)
        return LostLinkViews(asked, self._pages, self._problems)

    @cached_property
    def _newsletter_pages(self) -> "NewsletterPages":
        from chalicelib.views.newsletter import NewsletterPages

        return NewsletterPages(self._pages)

    @cached_property
    def newsletter(self) -> "NewsletterViews":
        from chalicelib.views.newsletter import NewsletterViews

        parts, subscribers = self._parts, self._rooms.subscribers
        return NewsletterViews(
            subscribers.sign_ups,
            subscribers.subscriptions,
            parts.links,
            parts.settings,
            self._newsletter_pages,
            self._problems,
            parts.now,
        )

    @cached_property
    def confirm(self) -> "ConfirmViews":
        from chalicelib.views.newsletter_confirm import ConfirmViews

        parts, subscribers = self._parts, self._rooms.subscribers
        return ConfirmViews(
            subscribers.subscriptions,
            subscribers.preferences,
            parts.links,
            subscribers.sign_ups.texts,
            self._newsletter_pages,
        )

    @cached_property
    def preferences(self) -> "PreferencesViews":
        from chalicelib.views.newsletter_preferences import PreferencesViews

        subscribers = self._rooms.subscribers
        return PreferencesViews(
            subscribers.subscriptions,
            subscribers.preferences,
            subscribers.proof,
            self._parts.links,
            self._newsletter_pages,
        )

    @cached_property
    def archive(self) -> "ArchiveViews":
        from chalicelib.views.issue_images import IssueImageViews
        from chalicelib.views.newsletter_archive import ArchiveViews

        parts = self._parts
        images = IssueImageViews(parts.store, parts.settings, parts.images)
        return ArchiveViews(parts.store, parts.settings, self._pages, images)

    @cached_property
    def issue_review(self) -> "IssueReviewViews":
        from chalicelib.views.newsletter_review import IssueReviewViews

        parts, rooms = self._parts, self._rooms
        return IssueReviewViews(
            parts.store,
            rooms.issues.approvals,
            rooms.cases.roster,
            parts.links,
            self._pages,
            self._problems,
            self.archive.images.origins,
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
            self._pages,
            rooms.issues.acts,
            rooms.issues.figures,
        )

"""The views of the newsletter at the desk, joined with what they ask; see the table of rights."""

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from chalicelib.newsletter.sending.audience import reader_counts
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.issue_images import IssueImageDeskViews
from chalicelib.views.desk.issue_send import IssueSendViews
from chalicelib.views.desk.issue_text import IssueTextViews
from chalicelib.views.desk.newsletter import NewsletterDeskViews
from chalicelib.views.desk.subscribers import SubscriberDeskViews
from chalicelib.views.issue_frames import IssueFrames
from chalicelib.views.issue_images import IssueImageViews
from chalicelib.web.pages import Pages
from chalicelib.web.request import Request
from chalicelib.web.responses import Response
from chalicelib.wiring.cases import CaseServices
from chalicelib.wiring.desk import DeskServices
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.wiring.issues import IssueServices
    from chalicelib.wiring.subscribers import SubscriberServices


class NewsletterRooms(Protocol):
    """What the newsletter's pages may ask of the rooms: see `Services`."""

    @property
    def cases(self) -> CaseServices: ...
    @property
    def desk(self) -> DeskServices: ...
    @property
    def issues(self) -> "IssueServices": ...
    @property
    def subscribers(self) -> "SubscriberServices": ...


class NewsletterDesk:
    """One method an address and method of HTTP, as `app.py` names them."""

    def __init__(
        self,
        entry: Entry,
        parts: Parts,
        pages: Pages,
        rooms: NewsletterRooms,
    ) -> None:
        self._entry = entry
        self._parts = parts
        self._pages = pages
        self._rooms = rooms
        self._desk = rooms.desk
        self._issues = rooms.issues

    @cached_property
    def _views(self) -> NewsletterDeskViews:
        issues = self._issues
        return NewsletterDeskViews(
            self._entry,
            self._parts.store,
            self._rooms.cases.roster,
            issues.newsroom,
            issues.editing,
            issues.acts,
            issues.figures,
            self._desk.jobs,
            self._desk.issue_tests,
        )

    @cached_property
    def _texts(self) -> IssueTextViews:
        frames = IssueFrames(self._pages, self._uploads.origins)
        return IssueTextViews(self._entry, self._parts.store, self._issues.editing, frames)

    @cached_property
    def _uploads(self) -> IssueImageViews:
        parts = self._parts
        return IssueImageViews(parts.store, parts.settings, parts.images)

    @cached_property
    def _images(self) -> IssueImageDeskViews:
        origins = self._uploads.origins
        return IssueImageDeskViews(self._entry, self._parts.store, self._issues.images, origins)

    @cached_property
    def _sending(self) -> IssueSendViews:
        parts, issues = self._parts, self._issues
        return IssueSendViews(
            self._entry,
            parts.store,
            issues.newsroom,
            issues.acts,
            issues.figures,
            lambda topics: reader_counts(parts.store, topics, parts.now()),
        )

    @cached_property
    def _subscribers(self) -> SubscriberDeskViews:
        parts, desk = self._parts, self._desk
        return SubscriberDeskViews(
            self._entry,
            parts.store,
            desk.jobs,
            desk.reader_lists,
            desk.reader_imports,
            self._rooms.subscribers.repository,
            parts.people_key,
        )

    def show(self, request: Request) -> Response:
        return self._entry.open("/desk/newsletter", request, lambda one: self._views.show(one))

    def begin(self, request: Request) -> Response:
        return self._entry.open("/desk/newsletter", request, lambda one: self._views.begin(one))

    def issue(self, request: Request, issue: str) -> Response:
        view = self._views.issue
        return self._entry.open("/desk/newsletter/{issue}", request, view, issue=issue)

    def act(self, request: Request, issue: str) -> Response:
        view = self._views.act
        return self._entry.open("/desk/newsletter/{issue}", request, view, issue=issue)

    def text(self, request: Request, issue: str) -> Response:
        view = self._texts.show
        return self._entry.open("/desk/newsletter/{issue}/text", request, view, issue=issue)

    def save(self, request: Request, issue: str) -> Response:
        view = self._texts.save
        return self._entry.open("/desk/newsletter/{issue}/text", request, view, issue=issue)

    def preview(self, request: Request, issue: str) -> Response:
        view = self._texts.preview
        return self._entry.open("/desk/newsletter/{issue}/preview", request, view, issue=issue)

    def images(self, request: Request, issue: str) -> Response:
        view = self._images.show
        return self._entry.open("/desk/newsletter/{issue}/images", request, view, issue=issue)

    def change_images(self, request: Request, issue: str) -> Response:
        view = self._images.act
        return self._entry.open("/desk/newsletter/{issue}/images", request, view, issue=issue)

    def sending(self, request: Request, issue: str) -> Response:
        view = self._sending.show
        return self._entry.open("/desk/newsletter/{issue}/send", request, view, issue=issue)

    def send(self, request: Request, issue: str) -> Response:
        view = self._sending.act
        return self._entry.open("/desk/newsletter/{issue}/send", request, view, issue=issue)

    def missed(self, request: Request, issue: str) -> Response:
        view = self._sending.missed
        return self._entry.open("/desk/newsletter/{issue}/missed", request, view, issue=issue)

    def subscribers(self, request: Request) -> Response:
        view = self._subscribers.show
        return self._entry.open("/desk/subscribers", request, view)

    def ask_subscribers(self, request: Request) -> Response:
        view = self._subscribers.act
        return self._entry.open("/desk/subscribers", request, view)

    def show_import(self, request: Request) -> Response:
        view = self._subscribers.show_import
        return self._entry.open("/desk/subscribers/import", request, view)

    def try_list(self, request: Request) -> Response:
        view = self._subscribers.try_list
        return self._entry.open("/desk/subscribers/import", request, view)

    def show_export(self, request: Request) -> Response:
        view = self._subscribers.show_export
        return self._entry.open("/desk/subscribers/export", request, view)

    def export(self, request: Request) -> Response:
        view = self._subscribers.export
        return self._entry.open("/desk/subscribers/export", request, view)

    def list_job(self, request: Request, job: str) -> Response:
        view = self._subscribers.job
        return self._entry.open("/desk/subscribers/lists/{job}", request, view, job=job)

    def import_list(self, request: Request, job: str) -> Response:
        view = self._subscribers.import_list
        return self._entry.open("/desk/subscribers/lists/{job}", request, view, job=job)

    def fetch(self, request: Request, job: str) -> Response:
        view = self._subscribers.fetch
        return self._entry.open("/desk/subscribers/lists/{job}/file", request, view, job=job)

"""The views of the desk, joined with what they ask; each opens through the table of rights."""

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from chalicelib.desk.next_file import NextFiles
from chalicelib.desk.roster import DeskRoster
from chalicelib.views.desk.appraisals import AppraisalViews
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.file import DeskFileViews
from chalicelib.views.desk.files import FilesViews
from chalicelib.views.desk.opened_files import OpenedFiles
from chalicelib.views.desk.sign_in import AccountViews, SignInViews
from chalicelib.web.cookies import STAFF_COOKIE, Cookies
from chalicelib.web.pages import Pages
from chalicelib.web.request import Request
from chalicelib.web.responses import Response
from chalicelib.wiring.cases import CaseServices
from chalicelib.wiring.coaches import CoachServices
from chalicelib.wiring.desk import DeskServices
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.views.desk.exports import ExportViews
    from chalicelib.views.desk.many import ManyViews
    from chalicelib.views.desk.printing import PrintViews
    from chalicelib.views.desk.programme import ProgrammeViews
    from chalicelib.wiring.coach_desk import CoachDesk
    from chalicelib.wiring.desk_edits import EditDesk
    from chalicelib.wiring.desk_newsletter import NewsletterDesk
    from chalicelib.wiring.drafts import FormDrafts
    from chalicelib.wiring.issues import IssueServices
    from chalicelib.wiring.subscribers import SubscriberServices


class DeskRooms(Protocol):
    """What the desk may ask of the rooms: see `Services`."""

    @property
    def cases(self) -> CaseServices: ...
    @property
    def desk(self) -> DeskServices: ...
    @property
    def coaches(self) -> CoachServices: ...
    @property
    def drafts(self) -> "FormDrafts": ...
    @property
    def issues(self) -> "IssueServices": ...
    @property
    def subscribers(self) -> "SubscriberServices": ...


class DeskViews:
    """One method an address and method of HTTP, as `app.py` names them."""

    def __init__(
        self,
        parts: Parts,
        rooms: DeskRooms,
        pages: Pages,
    ) -> None:
        self._parts = parts
        self._rooms = rooms
        self._cases = rooms.cases
        self._desk = rooms.desk
        self._coaches = rooms.coaches
        self._pages = pages

    @cached_property
    def news(self) -> "NewsletterDesk":
        from chalicelib.wiring.desk_newsletter import NewsletterDesk

        return NewsletterDesk(self._entry, self._parts, self._pages, self._rooms)

    @cached_property
    def _entry(self) -> Entry:
        parts = self._parts
        return Entry(
            self._desk.sessions,
            self._desk.kept,
            parts.links,
            parts.settings,
            self._pages,
            parts.now,
            Cookies(parts.settings.public_url),
        )

    def problem(self, request: Request, error: Exception) -> Response:
        """Answer what went wrong at an address of the desk, also one that is not there."""
        return self._entry.problem(request, error)

    @cached_property
    def coaches(self) -> "CoachDesk":
        """The pages of the directory."""
        from chalicelib.wiring.coach_desk import CoachDesk

        return CoachDesk(self._parts, self._coaches, self._entry, self._desk.kept)

    @cached_property
    def edits(self) -> "EditDesk":
        """The pages of texts and rules."""
        from chalicelib.wiring.desk_edits import EditDesk

        return EditDesk(self._entry, self._parts)

    @cached_property
    def _sign_in(self) -> SignInViews:
        return SignInViews(self._entry, self._desk.sign_ins, self._parts.links)

    @cached_property
    def _account(self) -> AccountViews:
        desk = self._desk
        kept = DeskRoster(self._parts.store, self._parts.now)
        return AccountViews(self._entry, desk.sessions, self._cases.roster, desk.confirming, kept)

    @cached_property
    def _files(self) -> FilesViews:
        desk = self._desk
        return FilesViews(self._entry, desk.files, desk.looks, self._cases.roster)

    @cached_property
    def _opened(self) -> OpenedFiles:
        return OpenedFiles(self._cases.lookup, self._cases.file_roster, self._parts.now)

    @cached_property
    def _printing(self) -> "PrintViews":
        from chalicelib.views.desk.printing import PrintViews

        desk, cases = self._desk, self._cases
        return PrintViews(
            self._entry,
            self._opened,
            desk.notes,
            self._appraisals,
            desk.reviews,
            cases.lookup,
            cases.candidates,
        )

    @cached_property
    def _appraisals(self) -> AppraisalViews:
        return AppraisalViews(self._entry, self._desk.appraisals)

    @cached_property
    def _file(self) -> DeskFileViews:
        desk, cases = self._desk, self._cases
        return DeskFileViews(
            self._entry,
            self._opened,
            desk.files,
            NextFiles(desk.files),
            desk.looks,
            desk.notes,
            self._appraisals,
            desk.reviews,
            desk.releasing,
            desk.previews,
            cases.lookup,
            cases.candidates,
            self._parts.links,
            self._rooms.drafts.document_link,
        )

    @cached_property
    def _exports(self) -> "ExportViews":
        from chalicelib.views.desk.exports import ExportViews

        desk = self._desk
        return ExportViews(self._entry, desk.files, desk.jobs, desk.exporting, self._cases.roster)

    @cached_property
    def _many(self) -> "ManyViews":
        from chalicelib.views.desk.many import ManyViews

        desk = self._desk
        return ManyViews(
            self._entry,
            self._opened,
            desk.jobs,
            desk.many,
            desk.files,
            desk.reviews,
            desk.previews,
        )

    def many(self, request: Request) -> Response:
        return self._entry.open("/desk/many", request, lambda visit: self._many.show(visit))

    def decide_many(self, request: Request) -> Response:
        return self._entry.open("/desk/many", request, lambda visit: self._many.act(visit))

    def many_results(self, request: Request, job: str) -> Response:
        view = self._many.results
        return self._entry.open("/desk/many/{job}", request, view, job=job)

    @cached_property
    def _programme(self) -> "ProgrammeViews":
        from chalicelib.views.desk.programme import ProgrammeViews

        kept = DeskRoster(self._parts.store, self._parts.now)
        return ProgrammeViews(self._entry, self._cases.roster, kept)

    def programme(self, request: Request) -> Response:
        return self._entry.open("/desk/programme", request, lambda one: self._programme.show(one))

    def add_member(self, request: Request) -> Response:
        return self._entry.open("/desk/programme", request, lambda one: self._programme.add(one))

    def member(self, request: Request, staff: str) -> Response:
        view = self._programme.member
        return self._entry.open("/desk/programme/{staff}", request, view, staff=staff)

    def change_member(self, request: Request, staff: str) -> Response:
        view = self._programme.change
        return self._entry.open("/desk/programme/{staff}", request, view, staff=staff)

    def absence(self, request: Request, staff: str) -> Response:
        view = self._programme.absence
        return self._entry.open("/desk/programme/{staff}/absence", request, view, staff=staff)

    def log(self, request: Request) -> Response:
        from chalicelib.views.desk.log import LogViews

        view = LogViews(self._entry, self._parts.store, self._cases.roster).show
        return self._entry.open("/desk/log", request, view)

    def figures(self, request: Request) -> Response:
        from chalicelib.desk.figures import Figures
        from chalicelib.views.desk.figures import FiguresViews

        view = FiguresViews(self._entry, Figures(self._parts.store)).show
        return self._entry.open("/desk/figures", request, view)

    def whose(self, request: Request) -> str:
        """Return the id of whose session a browser has; blank for none that lives."""
        cookie = self._entry.cookies.read(request, STAFF_COOKIE)
        session = self._desk.sessions.find(cookie)
        return "" if session is None else session.staff.id

    def all_jobs(self, request: Request) -> Response:
        from chalicelib.views.desk.jobs import JobsViews

        view = JobsViews(self._entry, self._desk.jobs, self._cases.roster).show
        return self._entry.open("/desk/jobs", request, view)

    def export(self, request: Request) -> Response:
        return self._entry.open("/desk/export", request, lambda visit: self._exports.show(visit))

    def begin_export(self, request: Request) -> Response:
        return self._entry.open("/desk/export", request, lambda visit: self._exports.begin(visit))

    def exported(self, request: Request, job: str) -> Response:
        view = self._exports.progress
        return self._entry.open("/desk/exports/{job}", request, view, job=job)

    def fetch_export(self, request: Request, job: str) -> Response:
        view = self._exports.fetch
        return self._entry.open("/desk/exports/{job}/file", request, view, job=job)

    def files(self, request: Request) -> Response:
        return self._entry.open("/desk/files", request, self._files.show)

    def file(self, request: Request, ref: str) -> Response:
        return self._entry.open("/desk/files/{ref}", request, self._file.show, ref=ref)

    def printed(self, request: Request, ref: str) -> Response:
        view = self._printing.show
        return self._entry.open("/desk/files/{ref}/print", request, view, ref=ref)

    def decide(self, request: Request, ref: str) -> Response:
        return self._entry.open("/desk/files/{ref}", request, self._file.act, ref=ref)

    def home(self, request: Request) -> Response:
        return self._entry.open("/desk", request, self._sign_in.show)

    def sign_in(self, request: Request) -> Response:
        return self._entry.open("/desk", request, self._sign_in.act)

    def link(self, request: Request, token: str) -> Response:
        view = self._sign_in.show_link
        return self._entry.open("/desk/sign-in/{token}", request, view, token=token)

    def use_link(self, request: Request, token: str) -> Response:
        view = self._sign_in.use_link
        return self._entry.open("/desk/sign-in/{token}", request, view, token=token)

    def account(self, request: Request) -> Response:
        return self._entry.open("/desk/account", request, self._account.show)

    def change_account(self, request: Request) -> Response:
        return self._entry.open("/desk/account", request, self._account.act)

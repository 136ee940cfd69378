"""The views of the directory at the desk, joined with what they ask."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.desk.kept import KeptForms
from chalicelib.views.desk.coach_messages import CoachMessageViews
from chalicelib.views.desk.entry import Entry
from chalicelib.web.request import Request
from chalicelib.web.responses import Response
from chalicelib.wiring.coaches import CoachServices
from chalicelib.wiring.parts import Parts

if TYPE_CHECKING:
    from chalicelib.views.desk.coach_table import CoachTableViews
    from chalicelib.views.desk.coaches import DeskCoachViews
    from chalicelib.views.desk.directory import DirectoryViews


class CoachDesk:
    """One method an address and method of HTTP; each opens through the table of rights."""

    def __init__(self, parts: Parts, coaches: CoachServices, entry: Entry, kept: KeptForms) -> None:
        self._parts = parts
        self._coaches = coaches
        self._entry = entry
        self._kept = kept

    @cached_property
    def _pages(self) -> "DeskCoachViews":
        from chalicelib.coaches.keeping import CoachKeeping
        from chalicelib.views.desk.coaches import DeskCoachViews

        coaches = self._coaches
        return DeskCoachViews(
            self._entry,
            coaches.editions,
            CoachKeeping(coaches.editions),
            coaches.proposals,
        )

    @cached_property
    def _table(self) -> "CoachTableViews":
        from chalicelib.views.desk.coach_table import CoachTableViews

        coaches = self._coaches
        return CoachTableViews(self._entry, coaches.editions, coaches.proposals, coaches.messages)

    @cached_property
    def _directory(self) -> "DirectoryViews":
        from chalicelib.coaches.publishing import DirectoryPublishing
        from chalicelib.views.desk.directory import DirectoryViews

        editions = self._coaches.editions
        publishing = DirectoryPublishing(editions)
        return DirectoryViews(self._entry, editions, publishing, self._kept, self._parts.objects())

    @cached_property
    def _messages(self) -> CoachMessageViews:
        return CoachMessageViews(self._entry, self._coaches.messages, self._coaches.editions)

    def table(self, request: Request) -> Response:
        return self._entry.open("/desk/coaches", request, lambda one: self._table.show(one))

    def new(self, request: Request) -> Response:
        return self._entry.open("/desk/coach", request, lambda one: self._pages.new(one))

    def add(self, request: Request) -> Response:
        return self._entry.open("/desk/coach", request, lambda one: self._pages.add(one))

    def coach(self, request: Request, slug: str) -> Response:
        view = self._pages.show
        return self._entry.open("/desk/coach/{slug}", request, view, slug=slug)

    def change(self, request: Request, slug: str) -> Response:
        view = self._pages.act
        return self._entry.open("/desk/coach/{slug}", request, view, slug=slug)

    def sheet(self, request: Request) -> Response:
        route = "/desk/coaches/import"
        return self._entry.open(route, request, lambda one: self._directory.sheet(one))

    def bring(self, request: Request) -> Response:
        route = "/desk/coaches/import"
        return self._entry.open(route, request, lambda one: self._directory.act(one))

    def fetch(self, request: Request) -> Response:
        route = "/desk/coaches/sheet"
        return self._entry.open(route, request, lambda one: self._directory.fetch(one))

    def editions(self, request: Request) -> Response:
        route = "/desk/coaches/editions"
        return self._entry.open(route, request, lambda one: self._directory.restorable(one))

    def restore(self, request: Request) -> Response:
        route = "/desk/coaches/editions"
        return self._entry.open(route, request, lambda one: self._directory.restore(one))

    def messages(self, request: Request) -> Response:
        return self._entry.open("/desk/coaches/messages", request, self._messages.show)

    def judge(self, request: Request) -> Response:
        return self._entry.open("/desk/coaches/messages", request, self._messages.judge)

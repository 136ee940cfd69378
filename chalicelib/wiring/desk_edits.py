"""The pages on which staff edit texts and rules, joined with what they ask."""

from functools import cached_property

from chalicelib.desk.edits import DeskEdits
from chalicelib.views.desk.edits import EditViews, is_preview
from chalicelib.views.desk.entry import Entry, View
from chalicelib.views.desk.texts import TextViews
from chalicelib.web.request import Request
from chalicelib.web.responses import Response
from chalicelib.wiring.parts import Parts


class EditDesk:
    """One method an address and method of HTTP; each opens through the table of rights."""

    def __init__(self, entry: Entry, parts: Parts) -> None:
        self._entry = entry
        self._parts = parts

    @cached_property
    def _views(self) -> EditViews:
        parts = self._parts
        edits = DeskEdits(parts.store, parts.edits, parts.now)
        return EditViews(self._entry, edits, parts.deployed)

    @cached_property
    def _texts(self) -> TextViews:
        return TextViews(self._entry, self._views)

    def rules(self, request: Request) -> Response:
        return self._entry.open("/desk/rules", request, self._views.rules)

    def rule(self, request: Request, part: str) -> Response:
        return self._entry.open("/desk/rules/{part}", request, self._views.rule, part=part)

    def change_rule(self, request: Request, part: str) -> Response:
        return self._sent("/desk/rules/{part}", request, self._views.change_rule, part)

    def texts(self, request: Request) -> Response:
        return self._entry.open("/desk/texts", request, self._texts.texts)

    def text(self, request: Request, part: str) -> Response:
        return self._entry.open("/desk/texts/{part}", request, self._texts.text, part=part)

    def change_text(self, request: Request, part: str) -> Response:
        return self._sent("/desk/texts/{part}", request, self._texts.change_text, part)

    def _sent(self, route: str, request: Request, view: View, part: str) -> Response:
        saves = not is_preview(request)
        return self._entry.open(route, request, view, saves=saves, part=part)

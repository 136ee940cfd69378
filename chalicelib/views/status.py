"""How the service does: for anybody, without a number, and cheap however many ask."""

from dataclasses import dataclass
from typing import Final

from chalicelib.core.eastern_time import local
from chalicelib.core.formatting import date_and_time
from chalicelib.core.records import moment
from chalicelib.mail.service_status import ServiceStatus
from chalicelib.web.pages import Pages
from chalicelib.web.request import Request
from chalicelib.web.responses import Response, json_response

CACHED: Final = {"Cache-Control": "public, max-age=60"}

WORSE: Final = ("works", "late", "down")
"""States, the best first: the whole is as well as its worst part."""


@dataclass(frozen=True)
class StatusViews:
    status: ServiceStatus
    pages: Pages

    def show(self, request: Request) -> Response:
        parts = self.status.parts()
        whole = max((one.state for one in parts), key=WORSE.index)
        if not request.wants_page:
            each = [{"part": p.part, "status": p.state, "since": p.since} for p in parts]
            return json_response({"status": whole, "parts": each}, CACHED)
        lang = request.lang
        rows = [
            (p.part, p.state, date_and_time(local(moment(p.since)), lang) if p.since else "")
            for p in parts
        ]
        facts = {"whole": whole, "parts": rows}
        address = self.pages.address("status")
        return self.pages.respond("status", lang, facts, address=address, headers=CACHED)

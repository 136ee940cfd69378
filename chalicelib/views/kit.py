"""What a website needs to show our forms and the directory in its own pages."""

from dataclasses import dataclass
from typing import Final

from chalicelib.cases.consent import Notices
from chalicelib.cases.lookup import Cases
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang
from chalicelib.core.settings import Settings
from chalicelib.forms.paused import paused_or_blank
from chalicelib.newsletter.subscribers.consent_text import ConsentTexts
from chalicelib.views import kit_parts
from chalicelib.views.described import known_of
from chalicelib.views.kit_parts import NOBODY, Invited
from chalicelib.web.request import Request
from chalicelib.web.responses import HTML, PRIVATE, Response, json_response, with_etag

CACHEABLE: Final = {
    "Cache-Control": "public, max-age=300",
    "X-Robots-Tag": "noindex",
    "Access-Control-Allow-Origin": "*",
}
"""Nothing in a part belongs to one visitor: any website may read it, and any cache keep it."""

PAUSED: Final = "paused"
"""The field of the query that asks whether a form is paused, and of the answer that says so in
words; blank for one that is open."""

PLAIN: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class KitViews:
    settings: Settings
    consent_texts: ConsentTexts
    notices: Notices
    cases: Cases

    def show(self, request: Request, name: str) -> Response:
        """Answer with a part in the language that is asked for, the script, or the style sheet; to
        whom a letter invited, with what is known of them."""
        if name in kit_parts.SERVED:
            body, kind = kit_parts.file(name), kit_parts.SERVED[name]
            return with_etag(request, Response(200, body, kind, CACHEABLE))
        if name not in kit_parts.PARTS:
            raise NotFound(name)
        headers = {**CACHEABLE, "Content-Language": f"{request.lang}-CA"}
        if PAUSED in request.query:
            # For the script beside a part that was pasted before the form was paused.
            words = paused_or_blank(name, request.lang)
            return with_etag(request, json_response({PAUSED: words}, headers))
        shown = None if name == kit_parts.COACHES else self.notices.current(name, request.lang)
        if shown is not None:
            # A part may be pasted and kept: its words are kept first, or it is not given.
            self.notices.keep(shown)
        invite = request.query.get("invite", "") if name == "application" else ""
        if invite:
            values = known_of(invite, self.cases, request.lang)
            body = self._part(name, request.lang, Invited(invite, values))
            return Response(200, body, HTML, PRIVATE)
        # For whoever copies a part from a browser: as text, which nothing shows as a page.
        kind = PLAIN if "source" in request.query else HTML
        return with_etag(request, Response(200, self._part(name, request.lang), kind, headers))

    def _part(self, name: str, lang: Lang, invited: Invited = NOBODY) -> str:
        return kit_parts.part(name, lang, self.settings, self.consent_texts, invited)

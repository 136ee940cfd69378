"""The way into every page of the desk: same site, session, role, form, and mailed code, in turn."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, Literal
from urllib.parse import urlencode

from chalicelib.core import eastern_time
from chalicelib.core.errors import RelaisError, StoreDown
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.ports import Now
from chalicelib.core.settings import Settings
from chalicelib.desk.kept import KeptForms, Pairs
from chalicelib.desk.once import ONCE
from chalicelib.desk.sessions import Sessions, StaffSession
from chalicelib.views.desk.own_address import own_address, safe_next
from chalicelib.views.desk.rights import RIGHTS, Right
from chalicelib.views.desk.routes import SENT_WITH, TYPED_AT
from chalicelib.views.desk.visit import Visit
from chalicelib.web.cookies import STAFF_COOKIE, Cookies
from chalicelib.web.pages import Pages
from chalicelib.web.problems import Problems
from chalicelib.web.request import BODY_LIMIT, URLENCODED, Request, text_field
from chalicelib.web.responses import PRIVATE, Response, see_other

FORM_FIELD: Final = "nonce"
"""What every form of a session hides: a token that is right for this form, and for no other."""

Missing = Literal["session", "away", "role", "form", "code"]
"""What a visit lacks: somebody signed in, who is not away, of a role, with this very form of
this session, and a mailed code."""

NAVIGATED: Final = ("files", "programme", "coaches", "newsletter", "texts")
"""The parts of the desk that every page leads to."""

NOT_KEPT: Final = (FORM_FIELD, "lang", "confirm", "code", "step_code", "version", ONCE)
"""Fields that a page sends for itself, and what is to be said anew."""


View = Callable[..., Response]


@dataclass(frozen=True)
class Entry:
    sessions: Sessions
    kept: KeptForms
    links: Links
    settings: Settings
    pages: Pages
    now: Now
    cookies: Cookies

    def open(
        self, route: str, request: Request, view: View, *, saves: bool = True, **arguments: str
    ) -> Response:
        """Answer with a view, for whoever may use this address; with a page that says what is
        missing for everybody else. What is sent but not saved asks for no code."""
        method = "GET" if request.method == "HEAD" else request.method
        right = RIGHTS[method, route]
        right = right if saves else right._replace(confirmed=False)
        if method == "POST" and not self._is_same_site(request):
            return self.refused(self._lang(request, None), "other_site")
        visit = self._visit(route, request, right, method, arguments)
        if right.framed:
            return self._in_frame(visit, right, method, lambda: view(visit, **arguments))
        missing = self._missing(visit, right, method)
        if missing is not None:
            return self._not_yet(visit, missing, method)
        response = view(visit, **arguments)
        if not visit.kept:
            return response
        from chalicelib.web import switching  # most pages show nothing again

        return switching.filled_again(response, visit.kept)

    def _in_frame(
        self, visit: Visit, right: Right, method: str, view: Callable[[], Response]
    ) -> Response:
        """Answer with what a frame of a page of ours shows, or why there is nothing to be seen:
        what was typed stands on that page."""
        try:
            missing = self._missing(visit, right, method)
            if missing is None:
                return view()
            facts: dict[str, object] = {"why": missing, "title": "", "detail": ""}
            status = 409 if missing in ("away", "form") else 403
        except RelaisError as error:
            text = Problems(self.pages).text(error, visit.lang)
            facts = {"why": "", "title": text.title, "detail": text.detail}
            status = text.status
        policy = self.pages.policy(images=["'none'"], framed_by="'self'")
        headers = {"Content-Security-Policy": policy}
        return self.pages.respond(
            "desk/no_preview", visit.lang, facts, status=status, headers=headers
        )

    def _visit(
        self,
        route: str,
        request: Request,
        right: Right,
        method: str,
        arguments: Mapping[str, str],
    ) -> Visit:
        session = self.sessions.find(self.cookies.read(request, STAFF_COOKIE))
        page = route if method == "GET" else TYPED_AT.get(route, route)
        kept: Pairs = ()
        if session is not None and method == "GET":
            kept = self.kept.of(request.query.get("kept", ""), session.staff.id)
        lang, path = self._lang(request, session), page.format(**arguments)
        sent_to = SENT_WITH.get(route, route).format(**arguments)
        return Visit(request, path, session, lang, sent_to, right.brings_file, kept)

    def page(
        self,
        visit: Visit,
        template: str,
        facts: dict[str, object],
        *,
        address: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
        framed: bool = False,
        scripted: bool = False,
    ) -> Response:
        """Return a page of the desk, with who is signed in and where they may go."""
        session = visit.session
        frame: dict[str, object] = {
            "staff": None if session is None else session.staff,
            "home": self.address(),
            **{f"sees_{part}": self._sees(session, part) for part in NAVIGATED},
            "form": partial(self.form, session),
            "again": bool(visit.kept),
            "once": secrets.token_urlsafe(9),
        }
        return self.pages.respond(
            f"desk/{template}",
            visit.lang,
            {**facts, "desk": frame},
            address=address,
            status=status,
            headers=headers,
            framed=framed,
            scripted=scripted,
        )

    def problem(self, request: Request, error: Exception) -> Response:
        """Answer what went wrong in the language of the desk, with the way back."""
        session = None
        with suppress(StoreDown):
            session = self.sessions.find(self.cookies.read(request, STAFF_COOKIE))
        lang, problems = self._lang(request, session), Problems(self.pages)
        if not request.wants_page:
            return problems.respond(request, error, lang)
        text = problems.text(error, lang)
        facts: dict[str, object] = {
            "title": text.title,
            "detail": text.detail,
            "home": self.address(),
            "sees_files": self._sees(session, "files"),
        }
        return self.pages.respond(
            "desk/problem", lang, facts, status=text.status, headers=text.headers
        )

    def _sees(self, session: StaffSession | None, part: str) -> bool:
        right = RIGHTS["GET", f"/desk/{part}"]
        return session is not None and bool(session.staff.roles & right.roles)

    def address(self, *parts: str) -> str:
        return self.pages.address("desk", *parts)

    def go(self, address: str, headers: dict[str, str] | None = None) -> Response:
        """Return a redirect, which is as private as the pages."""
        policy = {"Content-Security-Policy": self.pages.policy(images=["'none'"])}
        return see_other(address, {**PRIVATE, **policy, **(headers or {})})

    def onward(self, next_page: str) -> str:
        """Return the address of a page of the desk that was asked for before; its first page for
        anything else."""
        return self.settings.public_url + (safe_next(next_page) or "/desk")

    def _missing(self, visit: Visit, right: Right, method: str) -> Missing | None:
        """Return what a visit lacks; None when nothing is missing. Raises TooLarge, WrongType or
        Malformed for a form that cannot be read."""
        session = visit.session
        if right.anybody:
            return None
        if session is None:
            return "session"
        today = str(eastern_time.today(self.now()))
        if session.staff.away(today) and not right.away:
            return "away"
        if not session.staff.roles & right.roles:
            return "role"
        if method == "POST" and not self._has_form(visit, session):
            return "form"
        if right.confirmed and not session.is_confirmed(self.now()):
            return "code"
        return None

    def _not_yet(self, visit: Visit, missing: Missing, method: str) -> Response:
        """Return the page that says what is missing."""
        match missing:
            case "session":
                return self._sign_in_first(visit, method)
            case "away":
                return self._away(visit, visit.signed_in, method)
            case "code":
                return self.confirm_first(visit, visit.signed_in, method)
            case "form":
                return self.refused(visit.lang, "form", 409)
        return self.refused(visit.lang, missing)

    def _sign_in_first(self, visit: Visit, method: str) -> Response:
        """Ask to sign in, and keep what was typed for whoever's session it was."""
        address = own_address(visit.path, visit.request)
        if method == "GET":
            return self.go(f"{self.address()}?{urlencode({'next': address})}")
        owner, there = self.sessions.owner(self.cookies.read(visit.request, STAFF_COOKIE)), address
        if owner is not None:
            address = self._with_kept(visit.request, there, owner)
        own = f"{self.address()}?{urlencode({'next': address})}"
        facts = {
            "next": address, "lost": True, "is_kept": address != there, "wrong": "", "entered": "",
            "action": own,
        }  # fmt: skip
        return self.page(visit, "sign_in", facts, address=own, status=403)

    def confirm_first(self, visit: Visit, session: StaffSession, method: str) -> Response:
        there = self._back_here(visit, session, method)
        return self.go(f"{self.address('account')}?{urlencode({'next': there})}")

    def _back_here(self, visit: Visit, session: StaffSession, method: str) -> str:
        """Return the page that is asked for, with what was typed there."""
        there = own_address(visit.path, visit.request)
        return (
            self._with_kept(visit.request, there, session.staff.id) if method == "POST" else there
        )

    def _with_kept(self, request: Request, address: str, owner: str) -> str:
        try:
            pairs: Pairs = [pair for pair in request.pairs if pair[0] not in NOT_KEPT]
        except RelaisError:
            return address
        name = self.kept.keep(owner, pairs)
        if not name:
            return address
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'kept': name})}"

    def _away(self, visit: Visit, session: StaffSession, method: str) -> Response:
        until = date.fromisoformat(str(session.staff.away_until))
        there = self._back_here(visit, session, method)
        facts = {"until": until, "action": self.address("account"), "next": there}
        return self.page(visit, "away", facts, address=self.address(), status=409)

    def refused(self, lang: Lang, why: str, status: int = 403) -> Response:
        facts = {"why": why, "home": self.address()}
        address = self.address()
        return self.pages.respond("desk/refused", lang, facts, address=address, status=status)

    def _is_same_site(self, request: Request) -> bool:
        """Say whether a form was sent from a page of ours: what the browser says of it, else its
        origin. Who says neither is refused."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        return request.headers.get("origin") == self.settings.public_origin

    def _has_form(self, visit: Visit, session: StaffSession) -> bool:
        given, hours = text_field(visit.fields(), FORM_FIELD), self.settings.desk_session_hours
        return self.links.check_nonce(session.form_name(visit.sent_to), given, hours * 3600)

    def form(self, session: StaffSession | None, action: str) -> str:
        """Return what a form hides that is sent to an address of the desk."""
        path = action.removeprefix(self.settings.public_url).partition("?")[0]
        return "" if session is None else self.links.nonce(session.form_name(path))

    def _lang(self, request: Request, session: StaffSession | None) -> Lang:
        """Return the language of the page whose form is sent, else that which is asked for, else
        the reader's."""
        said: dict[str, object] = {}
        if request.kind == URLENCODED and len(request.body) <= BODY_LIMIT:
            with suppress(RelaisError):
                said = dict(request.pairs)
        return request.language(said, None if session is None else session.staff.lang)

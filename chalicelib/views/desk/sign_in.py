"""Signing in at the desk, by a mailed link or its code; signing out; the code that confirms."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pydantic_core import PydanticCustomError

from chalicelib import content
from chalicelib.cases.staff import Roster
from chalicelib.core import eastern_time
from chalicelib.core.email_address import EMAIL_MAX_LENGTH
from chalicelib.core.links import Links
from chalicelib.core.records import moment
from chalicelib.desk.confirming import Confirming
from chalicelib.desk.roster import DeskRoster, Wrong
from chalicelib.desk.sessions import Sessions, StaffSession
from chalicelib.desk.sign_in import CODE_MINUTES, LINK_LIFETIME, OpenedSignIn, SignIns
from chalicelib.forms import field_types
from chalicelib.forms.normalise import tidy
from chalicelib.views.desk.browsers import browser_words
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.own_address import own_address, safe_next
from chalicelib.views.desk.programme import day_of
from chalicelib.views.desk.rights import RIGHTS
from chalicelib.views.desk.visit import Visit
from chalicelib.web.cookies import STAFF_COOKIE
from chalicelib.web.pages import in_language
from chalicelib.web.request import is_ticked, text_field
from chalicelib.web.responses import Response

ASKED: Final = "relais-sign-in"
"""The cookie of the browser that asked: its code works in no other one."""


@dataclass(frozen=True)
class SignInViews:
    entry: Entry
    sign_ins: SignIns
    links: Links

    def show(self, visit: Visit) -> Response:
        """Answer with the first page of the desk: the files for who is signed in, the way in for
        all others."""
        query = visit.request.query
        next_page = safe_next(query.get("next", ""))
        if visit.session is not None:
            return self.entry.go(self.entry.onward(next_page or self._first(visit, visit.session)))
        if "asked" in query:
            return self._code_page(visit, next_page)
        searched = own_address("/desk", visit.request) if "q" in query else ""
        return self._page(visit, next_page or searched)

    def _first(self, visit: Visit, session: StaffSession) -> str:
        """Return the page that somebody sees first: the files, and what they search among them."""
        if not session.staff.roles & RIGHTS["GET", "/desk/files"].roles:
            return "/desk/account"
        text = visit.request.query.get("q", "")
        return f"/desk/files?{urlencode({'q': text})}" if text else "/desk/files"

    def act(self, visit: Visit) -> Response:
        """Send the letter to an address, or take its code. Raises TooMany."""
        fields = visit.request.fields()
        next_page = safe_next(text_field(fields, "next"))
        if "code" in fields:
            return self._by_code(visit, text_field(fields, "code"), next_page)
        entered = str(tidy(text_field(fields, "email")))
        try:
            email = field_types.email(entered)
        except PydanticCustomError:
            wrong = str(content.messages()["email"][visit.lang])
            return self._page(visit, next_page, entered[:EMAIL_MAX_LENGTH], wrong, status=422)
        lang = visit.request.language(fields)
        secret = self.sign_ins.ask(
            email, lang, visit.request.address, self._browser(visit), next_page
        )
        cookie = self.entry.cookies.written(ASKED, secret, int(LINK_LIFETIME.total_seconds()))
        return self.entry.go(in_language(self._code_address(next_page), lang), cookie)

    def show_link(self, visit: Visit, token: str) -> Response:
        """Answer with the page behind the link of a letter: a button, and where it was asked for."""
        opened = self.sign_ins.open(token)
        if opened is None:
            return self._over(visit, token)
        return self._link_page(visit, token, opened)

    def use_link(self, visit: Visit, token: str) -> Response:
        opened = self.sign_ins.open(token)
        if opened is None:
            return self._over(visit, token)
        fields = visit.request.fields()
        if not self.links.check_nonce(token, text_field(fields, "nonce")):
            return self._link_page(visit, token, opened, status=422)
        if not self._is_own(visit, opened) and not is_ticked(fields, "confirm"):
            return self._link_page(visit, token, opened, wrong=True, status=422)
        begun = self.sign_ins.by_link(opened, self._browser(visit), self._before(visit))
        return self._over(visit, token) if begun is None else self._begun(*begun)

    def _by_code(self, visit: Visit, typed: str, next_page: str) -> Response:
        secret = self.entry.cookies.read(visit.request, ASKED)
        begun = self.sign_ins.by_code(secret, typed, self._browser(visit), self._before(visit))
        return (
            self._code_page(visit, next_page, wrong=True, status=422)
            if begun is None
            else self._begun(*begun)
        )

    def _begun(self, session_id: str, next_page: str) -> Response:
        cookie = self.entry.cookies.written(STAFF_COOKIE, session_id)
        return self.entry.go(self.entry.onward(next_page), cookie)

    def _page(
        self, visit: Visit, next_page: str, entered: str = "", wrong: str = "", status: int = 200
    ) -> Response:
        facts: dict[str, object] = {
            "next": next_page, "entered": entered, "wrong": wrong, "lost": False,
            "action": (address := self._ask_address(next_page)),
        }  # fmt: skip
        return self.entry.page(visit, "sign_in", facts, address=address, status=status)

    def _code_page(
        self, visit: Visit, next_page: str, *, wrong: bool = False, status: int = 200
    ) -> Response:
        address = self._code_address(next_page)
        facts: dict[str, object] = {
            "wrong": wrong, "code_minutes": CODE_MINUTES, "next": next_page, "action": address,
            "again": in_language(self._ask_address(next_page), visit.lang),
        }  # fmt: skip
        return self.entry.page(visit, "sign_in_code", facts, address=address, status=status)

    def _link_page(
        self,
        visit: Visit,
        token: str,
        opened: OpenedSignIn,
        *,
        wrong: bool = False,
        status: int = 200,
    ) -> Response:
        lang = visit.request.language({}, opened.staff.lang)
        facts: dict[str, object] = {
            "name": opened.staff.name,
            "asked_at": moment(opened.asked["asked_at"]),
            "browser": opened.asked["browser"],
            "network": opened.asked["network"],
            "own": self._is_own(visit, opened),
            "wrong": wrong,
            "nonce": self.links.nonce(token),
            "action": self.entry.address("sign-in", token),
        }
        return self.entry.pages.respond(
            "desk/sign_in_link", lang, facts, address=str(facts["action"]), status=status
        )

    def _over(self, visit: Visit, token: str) -> Response:
        """Answer with one page for a link that was used, is too old, or never was."""
        asked_page = self.sign_ins.asked_page(token)
        status = 404 if asked_page is None else 410
        facts: dict[str, object] = {
            "again": in_language(self._ask_address(asked_page or ""), visit.lang)
        }
        return self.entry.page(
            visit,
            "sign_in_over",
            facts,
            address=self.entry.address("sign-in", token),
            status=status,
        )

    def _code_address(self, next_page: str) -> str:
        onward = {"next": next_page} if next_page else {}
        return f"{self.entry.address()}?{urlencode({'asked': '1', **onward})}"

    def _ask_address(self, next_page: str) -> str:
        """Return where a letter is asked for, on the way to a page."""
        return f"{self.entry.address()}{_onward(next_page)}"

    def _is_own(self, visit: Visit, opened: OpenedSignIn) -> bool:
        return self.sign_ins.is_own(opened, self.entry.cookies.read(visit.request, ASKED))

    def _browser(self, visit: Visit) -> str:
        return browser_words(visit.request.headers.get("user-agent", ""))

    def _before(self, visit: Visit) -> str:
        return self.entry.cookies.read(visit.request, STAFF_COOKIE)


def _onward(next_page: str) -> str:
    """Return the query of an address on the way to a page: its forms and the other language too."""
    return f"?{urlencode({'next': next_page})}" if next_page else ""


@dataclass(frozen=True)
class AccountViews:
    """One's own session: end it here or everywhere, end an absence, type a mailed code."""

    entry: Entry
    sessions: Sessions
    roster: Roster
    confirming: Confirming
    kept: DeskRoster

    def show(self, visit: Visit) -> Response:
        asked = visit.request.query.get("next", "") or text_field(visit.again, "next")
        return self._page(visit, safe_next(asked))

    def act(self, visit: Visit) -> Response:
        fields, session = visit.request.fields(), visit.signed_in
        next_page = safe_next(text_field(fields, "next"))
        match text_field(fields, "act"):
            case "sign_out":
                self.sessions.end(session)
            case "sign_out_everywhere":
                self.sessions.end_all(session)
            case "back":
                self.roster.back(session.staff)
                return self.entry.go(self.entry.onward(next_page))
            case "away":
                return self._away(visit, session, text_field(fields, "until"))
            case "send_code":
                self.confirming.send(session)
                return self._page(visit, next_page, sent=True)
            case "confirm":
                return self._confirm(visit, session, text_field(fields, "code"), next_page)
            case _:
                return self._page(visit, next_page, status=422)
        return self.entry.go(self.entry.address(), self.entry.cookies.removed(STAFF_COOKIE))

    def _away(self, visit: Visit, session: StaffSession, typed: str) -> Response:
        """Begin one's own absence, which shuts the desk until its end."""
        try:
            until = day_of(typed, visit.reads_dates_in)
            self.kept.set_away(session.staff, session.staff, until)
        except Wrong as wrong:
            text = content.desk()["roster"][wrong.why][visit.lang]
            return self._page(visit, "", wrong_day=text, typed=typed, status=422)
        return self.entry.go(self.entry.address("account"))

    def _confirm(self, visit: Visit, session: StaffSession, typed: str, next_page: str) -> Response:
        if not self.confirming.confirm(session, typed):
            return self._page(visit, next_page, sent=True, wrong=True, status=422)
        return self.entry.go(self.entry.onward(next_page or "/desk/account"))

    def _page(
        self,
        visit: Visit,
        next_page: str,
        *,
        sent: bool = False,
        wrong: bool = False,
        wrong_day: str = "",
        typed: str = "",
        status: int = 200,
    ) -> Response:
        session, today = visit.signed_in, str(eastern_time.today(self.entry.now()))
        facts: dict[str, object] = {
            "wrong_day": wrong_day,
            "typed": typed,
            "is_away": session.staff.away(today),
            "next": next_page,
            "sent": sent,
            "wrong": wrong,
            "begun_at": moment(session.row["begun_at"]),
            "browser": session.row["browser"],
            "action": (address := f"{self.entry.address('account')}{_onward(next_page)}"),
        }
        return self.entry.page(visit, "account", facts, address=address, status=status)

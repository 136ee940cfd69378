"""A browser of a member of staff at the desk: it keeps cookies, and says where a form comes from."""

import re
from typing import TYPE_CHECKING

from chalice.test import HTTPResponse

import app as application
from chalicelib.services import Services
from chalicelib.web.cookies import STAFF_COOKIE
from visitor import Visitor, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes import MemoryMailer

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


class StaffBrowser:
    def __init__(self, visitor: Visitor, lang: str = "fr") -> None:
        self.visitor = visitor
        self.cookies: dict[str, str] = {}
        self.lang = lang

    def get(self, path: str, **headers: str) -> HTTPResponse:
        return self._kept(self.visitor.page(path, **self._headers(headers)))

    def head(self, path: str) -> HTTPResponse:
        return self._kept(self.visitor.request("HEAD", path, b"", **self._headers({})))

    def post(self, path: str, *pairs: tuple[str, str], **headers: str) -> HTTPResponse:
        """Send a form, as from a page of the desk."""
        given = {"Sec_Fetch_Site": "same-origin", **headers}
        return self._kept(self.visitor.submit(path, list(pairs), **self._headers(given)))

    def press(self, page: HTTPResponse, act: str, **fields: str) -> HTTPResponse:
        """Send a form of the session's own page."""
        form = {"nonce": form_of(page, "/desk/account"), "act": act, **fields}
        return self.post("/desk/account", *form.items())

    def token(self, path: str) -> str:
        """Return what a form hides that is sent to a path, on whatever page it stands."""
        services: Services = application.services()  # type: ignore[attr-defined]
        session = services.desk.sessions.find(self.cookies[f"__Host-{STAFF_COOKIE}"])
        assert session is not None
        sent_to = path.partition("?")[0].replace("/preview", "/text")  # one form, with two buttons
        return services.links.nonce(session.form_name(sent_to))

    def ask(self, email: str, next_page: str = "") -> HTTPResponse:
        return self.post("/desk", ("email", email), ("next", next_page), ("lang", self.lang))

    def sign_in(
        self, email: str, mailer: "MemoryMailer", deliver: "Callable[[], object]"
    ) -> HTTPResponse:
        """All of the way, by the code."""
        self.ask(email)
        deliver()
        return self.post("/desk", ("code", code_of(sign_in_letter(mailer, email))))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"User_Agent": FIREFOX, **({"Cookie": jar} if jar else {}), **headers}

    def _kept(self, response: HTTPResponse) -> HTTPResponse:
        header = str(response.headers.get("Set-Cookie", ""))
        if header:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in header:
                del self.cookies[name]
        return response


def form_of(page: HTTPResponse, action: str = "") -> str:
    """Return the token of the form of a page that is sent to an address; else of its last form."""
    return nonce_of(page.body.decode(), action)


def nonce_of(page: str, action: str = "") -> str:
    sent_to = rf"""action="[^"]*{re.escape(action)}(?:\?[^"]*)?"[^>]*>""" if action else ""
    found = re.findall(rf'{sent_to}\s*<input type="hidden" name="nonce" value="([^"]*)"', page)
    assert found, page
    return str(found[-1])


def sign_in_letter(mailer: "MemoryMailer", email: str) -> str:
    return [mail.text for mail in mailer.to(email) if "/desk/sign-in/" in mail.text][-1]


def code_of(mail: str) -> str:
    return str(re.findall(r"^\s*(\d{6})$", mail, re.MULTILINE)[-1])


def link_of(mail: str) -> str:
    return f"/desk/sign-in/{token(mail, 'sign-in')}"

"""The desk of the deployed stack, in the browser of one member of staff."""

import re
from typing import Final
from urllib.parse import urlencode

from deployed import HTML, Response, Stack, ask, wait_for
from staff_browser import nonce_of

CODE: Final = re.compile(r"^\s*(\d{6})$", re.MULTILINE)
A_FORM: Final = "application/x-www-form-urlencoded"


class DeskBrowser:
    """It keeps its cookies, says where a form comes from, and its owner reads their mail."""

    def __init__(self, stack: Stack, email: str) -> None:
        self._stack, self._email = stack, email
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Response:
        return ask("GET", f"{self._stack.api}{path}", None, Cookie=self._jar(), **HTML)

    def submit(self, path: str, **fields: str) -> Response:
        return self.post(path, urlencode(fields).encode())

    def post(self, path: str, form: bytes, kind: str = A_FORM) -> Response:
        """Send a form, as from a page of the desk."""
        headers = {"Content_Type": kind, "Sec_Fetch_Site": "same-origin", "Cookie": self._jar()}
        answer = ask("POST", f"{self._stack.api}{path}", form, **headers, **HTML)
        name, _, value = answer.headers.get("set-cookie", "").partition(";")[0].partition("=")
        self._cookies |= {name: value} if name else {}
        return answer

    def sign_in(self, lang: str = "fr") -> None:
        """All of the way, by the code."""
        code = self.new_code("/desk", email=self._email, lang=lang)
        entered = self.submit("/desk", code=code)
        assert entered.status == 303, entered.text

    def new_code(self, path: str, status: int = 303, **fields: str) -> str:
        """Send a form after which a code is mailed, and return that code."""
        before = len(self._codes())
        answer = self.submit(path, **fields)
        assert answer.status == status, answer.text
        return str(wait_for(lambda: self._codes()[before:], f"a code for {self._email}")[-1])

    def nonce(self, path: str) -> str:
        """Return what the form of a page hides that is sent to that page's own address."""
        return nonce_of(self.get(path).text, path)

    def _codes(self) -> list[str]:
        mails = self._stack.mail(self._email)
        return [code for mail in mails for code in CODE.findall(mail["text"])]

    def _jar(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

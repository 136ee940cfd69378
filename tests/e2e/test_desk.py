"""The desk on the deployed stack, with the rights that its function has there."""

import re
from collections.abc import Iterator

import pytest

import samples
from chalicelib.cases.staff import ROLES
from chalicelib.views.desk.rights import RIGHTS
from deployed import HTML, Response, Stack, ask, hidden, wait_for
from infra.operator.stage import Operator
from staff_browser import code_of

EMAIL = "vera.vu@example.org"
CODE = re.compile(r"^\s*\d{6}$", re.MULTILINE)
A_FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def operator(stack: Stack) -> Operator:
    return Operator("local", stack.emulator.url, stack.ses.url)


@pytest.fixture
def vera(operator: Operator) -> Iterator[str]:
    """Somebody who may do all that there is at the desk."""
    roster = operator.services.cases.roster
    staff = roster.add("Vera Vu", EMAIL, "en", operator.now())
    roster.set_roles(staff, ROLES)
    yield staff
    roster.remove(staff)


class Browser:
    """A browser of one member of staff, with its cookies."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Response:
        return ask("GET", f"{self._stack.api}{path}", None, Cookie=self._jar(), **HTML)

    def post(self, path: str, body: str) -> Response:
        headers = {"Content_Type": A_FORM, "Sec_Fetch_Site": "same-origin", "Cookie": self._jar()}
        answer = ask("POST", f"{self._stack.api}{path}", body.encode(), **headers, **HTML)
        name, _, value = answer.headers.get("set-cookie", "").partition(";")[0].partition("=")
        self._cookies |= {name: value} if name else {}
        return answer

    def _jar(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())


def wait_for_code(stack: Stack, count: int = 1) -> str:
    """Return the newest mail with a code, once there are so many."""

    def look() -> list[str] | None:
        found = [mail["text"] for mail in stack.mail(EMAIL) if CODE.search(mail["text"])]
        return found if len(found) >= count else None

    return str(wait_for(look, f"{count} codes")[-1])


def test_no_page_of_the_desk_lacks_a_right(stack: Stack, vera: str) -> None:
    ref = str(stack.post("eoi", samples.eoi()).json["ref"])
    browser = Browser(stack)
    assert browser.post("/desk", f"email={EMAIL}&lang=en").status == 303
    code = code_of(wait_for_code(stack))
    assert browser.post("/desk", f"code={code}").status == 303
    nonce = hidden(browser.get("/desk/account").text, "nonce")
    browser.post("/desk/account", f"nonce={nonce}&act=send_code")
    code = code_of(wait_for_code(stack, count=2))
    assert browser.post("/desk/account", f"nonce={nonce}&act=confirm&code={code}").status == 303

    known = {
        "ref": ref, "staff": vera, "slug": "none", "job": "none", "token": "none",
        "issue": "2026-03", "part": "dates",
    }  # fmt: skip
    pages = [path.format_map(known) for method, path in RIGHTS if method == "GET"]
    pages = [page.replace("texts/dates", "texts/form-eoi") for page in pages]
    answered = {page: browser.get(page).status for page in pages}
    wrong = {page: status for page, status in answered.items() if status not in (200, 303)}
    assert {page: status for page, status in wrong.items() if status != 404} == {}
    # An issue that was sent has nothing to preview any more.
    assert [p for p in wrong if "none" not in p and not p.endswith("/preview")] == []
    assert "AccessDenied" not in stack.logs("api")

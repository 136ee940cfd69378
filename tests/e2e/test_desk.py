"""The desk on the deployed stack, with the rights that its function has there."""

from collections.abc import Iterator

import pytest

import samples
from chalicelib.cases.roles import ROLES
from chalicelib.views.desk.rights import RIGHTS
from deployed import Stack
from deployed_desk import DeskBrowser
from infra.operator.stage import Operator

EMAIL = "vera.vu@example.org"


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


def test_no_page_of_the_desk_lacks_a_right(stack: Stack, vera: str) -> None:
    ref = str(stack.post("eoi", samples.eoi()).json["ref"])
    browser = DeskBrowser(stack, EMAIL)
    browser.sign_in("en")
    nonce = browser.nonce("/desk/account")
    code = browser.new_code("/desk/account", 200, nonce=nonce, act="send_code")
    confirmed = browser.submit("/desk/account", nonce=nonce, act="confirm", code=code)
    assert confirmed.status == 303

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

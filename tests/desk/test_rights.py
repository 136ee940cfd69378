"""Every address of the desk × every role × no session × a request of another site."""

import re
from collections.abc import Callable
from typing import get_args

import pytest

import app as application
from chalicelib.cases.roles import ROLES, Role
from chalicelib.cases.staff import Roster, RosterRefused, Staff
from chalicelib.core.templates import TEMPLATES
from chalicelib.views.desk.rights import RIGHTS
from chalicelib.views.desk.routes import SENT_WITH
from fakes import MemoryMailer, MemoryStore
from staff_browser import StaffBrowser, form_of
from visitor import Visitor

RITA = "rita.roy@example.org"
Deliver = Callable[[], int]

ADDRESSES = sorted(RIGHTS)
FORBIDDEN = 403
NOT_ALLOWED = 405

POSTS = re.compile(
    r'<form[^>]* method="post" action="([^"]*)"[^>]*>\s*<input[^>]* name="nonce" value="{{ (.*?) }}">'
)
"""Where a form is sent to, and what it hides."""


def path_of(route: str) -> str:
    return (
        route.replace("{token}", "x")
        .replace("{ref}", "DI-2026-AAAAA-A")
        .replace("{job}", "x")
        .replace("{staff}", "x")
        .replace("{issue}", "x")
        .replace("{part}", "x")
    )


@pytest.fixture
def browser(visitor: Visitor, mailer: MemoryMailer, deliver: Deliver) -> StaffBrowser:
    found = StaffBrowser(visitor)
    found.sign_in(RITA, mailer, deliver)
    return found


def test_every_address_of_the_desk_is_in_the_table_and_no_other(visitor: Visitor) -> None:
    there = {
        (method, path)
        for path, methods in application.app.routes.items()
        if path.startswith("/desk") and methods
        for method in ("GET", "POST")
        if visitor.request(method, path_of(path)).status_code != NOT_ALLOWED
    }
    assert there == set(RIGHTS)


def test_every_address_but_the_way_in_asks_for_a_role() -> None:
    for (method, path), right in RIGHTS.items():
        way_in = path == "/desk" or path.startswith("/desk/sign-in")
        assert right.anybody == way_in, (method, path)
        assert right.anybody or right.roles, (method, path)


def test_every_role_can_do_something() -> None:
    assert {role for right in RIGHTS.values() for role in right.roles} == set(ROLES)
    assert set(ROLES) == set(get_args(Role))


@pytest.mark.parametrize(("method", "route"), ADDRESSES)
def test_nobody_without_a_session_sees_or_does_anything(
    method: str, route: str, visitor: Visitor, store: MemoryStore
) -> None:
    nobody, before = StaffBrowser(visitor), len(store.changes)
    told = nobody.get(path_of(route)) if method == "GET" else nobody.post(path_of(route))
    if RIGHTS[method, route].anybody:
        assert told.status_code in (200, 404, 422)
    elif method == "GET" and not RIGHTS[method, route].framed:
        assert told.status_code == 303
        assert "/desk?next=" in told.headers["Location"]
    else:
        assert told.status_code == FORBIDDEN
    assert len(store.changes) == before


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_use_what_the_table_says_and_nothing_else(
    role: Role, browser: StaffBrowser, store: MemoryStore
) -> None:
    store.items["STAFF", "rita-roy"]["roles"] = [role]
    for (method, route), right in RIGHTS.items():
        path = path_of(route)
        form = ("nonce", browser.token(path))
        told = browser.get(path) if method == "GET" else browser.post(path, form)
        allowed = right.anybody or role in right.roles
        assert (told.status_code != FORBIDDEN) == allowed, (method, route)


ASKS_FOR_CODE = {
    ("POST", "/desk/programme"), ("POST", "/desk/programme/{staff}"),
    ("POST", "/desk/programme/{staff}/absence"),
    ("POST", "/desk/rules/{part}"), ("POST", "/desk/texts/{part}"),
    ("GET", "/desk/many"), ("POST", "/desk/many"),
    ("GET", "/desk/export"), ("POST", "/desk/export"), ("GET", "/desk/exports/{job}/file"),
    ("GET", "/desk/newsletter/{issue}/send"), ("POST", "/desk/newsletter/{issue}/send"),
    ("GET", "/desk/newsletter/{issue}/missed"),
    ("GET", "/desk/subscribers/import"), ("POST", "/desk/subscribers/import"),
    ("GET", "/desk/subscribers/export"), ("POST", "/desk/subscribers/export"),
    ("POST", "/desk/subscribers/lists/{job}"), ("GET", "/desk/subscribers/lists/{job}/file"),
    ("GET", "/desk/coaches/import"), ("POST", "/desk/coaches/import"),
    ("GET", "/desk/coaches/sheet"),
    ("GET", "/desk/coaches/editions"), ("POST", "/desk/coaches/editions"),
}  # fmt: skip
"""What takes many things out or cannot be called back, written here once more by hand."""


def test_what_cannot_be_called_back_asks_for_a_mailed_code_first(
    browser: StaffBrowser, store: MemoryStore
) -> None:
    store.items["STAFF", "rita-roy"]["roles"] = list(ROLES)
    asked = set()
    for method, route in ADDRESSES:
        path = path_of(route)
        sent = [("nonce", browser.token(path)), ("act", "save")]
        told = browser.get(path) if method == "GET" else browser.post(path, *sent)
        if "/desk/account?next=" in told.headers.get("Location", ""):
            asked.add((method, route))
    assert asked == ASKS_FOR_CODE


SITES: list[dict[str, str]] = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "none"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "https://relais.example.org"},
    {"Sec_Fetch_Site": "", "Origin": "https://relais.example.org"},
]


@pytest.mark.parametrize("headers", SITES)
def test_a_form_of_another_site_does_nothing_anywhere(
    headers: dict[str, str], browser: StaffBrowser, store: MemoryStore
) -> None:
    before = len(store.changes)
    for method, route in ADDRESSES:
        if method == "POST":
            path = path_of(route)
            told = browser.post(path, ("nonce", browser.token(path)), **headers)
            assert told.status_code == FORBIDDEN, route
    assert len(store.changes) == before


def test_what_one_form_hides_opens_no_other_form(browser: StaffBrowser, store: MemoryStore) -> None:
    store.items["STAFF", "rita-roy"]["roles"] = list(ROLES)
    paths = [path_of(at) for how, at in ADDRESSES if how == "POST" and not RIGHTS[how, at].anybody]
    sent = {path: browser.token(path) for path in [*paths, "/desk/files/DI-2026-BBBBB-B"]}
    before, at = len(store.changes), list(sent)
    for number, path in enumerate(paths):
        for other in (at[number - 1], at[number - 2], at[-1]):
            if sent[other] != sent[path]:
                told = browser.post(path, ("nonce", sent[other]))
                assert "trop ancienne" in told.body.decode(), (other, path)
    assert len(store.changes) == before
    for path in paths:
        own = browser.post(path, ("nonce", sent[path]))
        assert "trop ancienne" not in own.body.decode(), path
    assert len({*sent.values()}) == len(sent) - len(SENT_WITH)


def test_every_form_hides_what_is_of_the_address_that_it_is_sent_to() -> None:
    for page in sorted((TEMPLATES / "desk").glob("*.html")):
        for action, hidden in POSTS.findall(page.read_text()):
            home, _, rest = action.removeprefix("{{ ").partition(" }}")
            named = f'{home} ~ "{rest}"' if rest else home
            assert hidden in (f"desk.form({named})", "nonce"), (page.name, action)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://relais.example.org"}, 303), ({"Origin": "https://www.example.org"}, 403),
     ({"Origin": "null"}, 403), ({}, 403)],
)  # fmt: skip
def test_where_a_browser_says_nothing_of_the_site_the_origin_decides(
    headers: dict[str, str], status: int, browser: StaffBrowser, visitor: Visitor
) -> None:
    form = form_of(browser.get("/desk/account"))
    jar = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    pairs = [("nonce", form), ("act", "sign_out")]
    assert visitor.submit("/desk/account", pairs, Cookie=jar, **headers).status_code == status


def test_a_form_of_another_session_does_nothing(
    browser: StaffBrowser, visitor: Visitor, mailer: MemoryMailer, deliver: Deliver
) -> None:
    sam = StaffBrowser(visitor)
    sam.sign_in("sam.lee@example.org", mailer, deliver)
    theirs = form_of(sam.get("/desk/account"), "/desk/account")
    for form in (theirs, "", "x", form_of(browser.get("/desk/account")) + "x"):
        told = browser.post("/desk/account", ("nonce", form), ("act", "sign_out"))
        assert told.status_code == 409
    assert browser.get("/desk/account").status_code == 200


def test_who_the_roster_says_nothing_of_decides_and_an_admin_keeps_the_programme() -> None:
    def of(**more: object) -> Staff:
        base = {"sk": "a", "name": "A", "email": "a@example.org", "lang": "fr", "active": True}
        return Staff.of({**base, **more})

    assert of().roles == {"officer"}
    assert of(admin=True).roles == {"officer", "administrator"}
    assert of(admin=True, roles=["communications"]).roles == {"communications"}


def test_the_last_administrator_stays_one(store: MemoryStore) -> None:
    roster = Roster(store)
    roster.set_roles("rita-roy", ["administrator"])
    with pytest.raises(RosterRefused, match="last administrator"):
        roster.set_roles("rita-roy", ["officer"])
    roster.set_roles("sam-lee", ["officer", "administrator"])
    roster.set_roles("rita-roy", ["officer"])
    with pytest.raises(RosterRefused):
        roster.set_roles("sam-lee", [])

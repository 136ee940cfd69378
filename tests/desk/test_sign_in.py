"""Signing in at the desk: whoever has the mailbox gets in, and nobody and nothing else does."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from chalice.test import HTTPResponse

from chalicelib.cases.staff import Roster
from chalicelib.core.link_purposes import redacted
from chalicelib.core.links import hash_of
from chalicelib.core.rate_limit import LIMITS
from chalicelib.desk.sign_in import MAX_CODE_ATTEMPTS, sign_in_key
from chalicelib.services import Services
from chalicelib.views.desk.browsers import browser_words
from chalicelib.views.desk.own_address import safe_next
from chalicelib.web.cookies import Cookies
from fakes import MemoryMailer, MemoryStore, SetClock
from staff_browser import FIREFOX, StaffBrowser, code_of, form_of, link_of
from visitor import Visitor

RITA = "rita.roy@example.org"
SAM = "sam.lee@example.org"
COOKIE = "__Host-relais-staff"

Deliver = Callable[[], int]


@pytest.fixture
def browser(visitor: Visitor) -> StaffBrowser:
    return StaffBrowser(visitor)


@pytest.fixture
def other(visitor: Visitor) -> StaffBrowser:
    return StaffBrowser(visitor)


@pytest.fixture
def rita(browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver) -> StaffBrowser:
    """Rita's browser, signed in."""
    assert browser.sign_in(RITA, mailer, deliver).status_code == 303
    return browser


def is_in(browser: StaffBrowser) -> bool:
    return browser.get("/desk/account").status_code == 200


def letter(mailer: MemoryMailer, deliver: Deliver) -> str:
    deliver()
    return mailer.to(RITA)[-1].text


def test_the_code_signs_in_the_browser_that_asked(rita: StaffBrowser) -> None:
    assert "Rita Roy" in rita.get("/desk/account").body.decode()


def test_the_cookie_is_of_this_host_alone_and_out_of_reach_of_scripts(
    browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver
) -> None:
    browser.ask(RITA)
    told = browser.post("/desk", ("code", code_of(letter(mailer, deliver))))
    given = told.headers["Set-Cookie"].split("; ")
    assert given[0].startswith(f"{COOKIE}=")
    assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= set(given)


@pytest.mark.parametrize(
    ("address", "name", "secure"),
    [
        ("https://x.execute-api.ca-central-1.amazonaws.com/api", "__Host-a", True),
        ("http://127.0.0.1:4566/_aws/execute-api/x/api", "a", False),
        ("http://localhost:4566/api", "a", False),
        ("http://relais.example.org", "__Host-a", True),
    ],
)
def test_only_a_local_stack_goes_without_the_host_prefix(
    address: str, name: str, secure: bool
) -> None:
    written = Cookies(address).written("a", "b")["Set-Cookie"]
    assert written.startswith(f"{name}=b;")
    assert ("Secure" in written) == secure


def test_a_thousand_visits_of_scanners_sign_nobody_in(
    browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver, store: MemoryStore
) -> None:
    browser.ask(RITA)
    path = link_of(letter(mailer, deliver))
    before = len(store.commits)
    scanner = StaffBrowser(browser.visitor)
    for turn in range(1000):
        page = scanner.visitor.head(path) if turn % 2 else scanner.get(path)
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers
    assert len(store.commits) == before
    assert store.kinds("session") == []
    page = browser.get(path)
    assert "<script" not in page.body.decode()
    assert browser.post(path, ("nonce", form_of(page))).status_code == 303


def test_a_link_opened_in_another_browser_asks_whether_it_was_they(
    browser: StaffBrowser, other: StaffBrowser, mailer: MemoryMailer, deliver: Deliver
) -> None:
    browser.ask(RITA)
    path = link_of(letter(mailer, deliver))
    page = other.get(path)
    assert "Firefox, Linux" in page.body.decode()
    assert other.post(path, ("nonce", form_of(page))).status_code == 422
    assert not is_in(other)
    told = other.post(path, ("nonce", form_of(page)), ("confirm", "on"))
    assert told.status_code == 303
    assert is_in(other)
    assert not is_in(browser)


def test_a_link_and_its_code_sign_in_once_between_them(
    browser: StaffBrowser, other: StaffBrowser, mailer: MemoryMailer, deliver: Deliver
) -> None:
    browser.ask(RITA)
    text = letter(mailer, deliver)
    page = browser.get(link_of(text))
    assert browser.post("/desk", ("code", code_of(text))).status_code == 303
    late = other.post(link_of(text), ("nonce", form_of(page)), ("confirm", "on"))
    assert late.status_code == 410
    assert browser.post("/desk", ("code", code_of(text))).status_code == 422


def test_a_code_works_in_no_other_browser(
    browser: StaffBrowser, other: StaffBrowser, mailer: MemoryMailer, deliver: Deliver
) -> None:
    browser.ask(RITA)
    code = code_of(letter(mailer, deliver))
    assert other.post("/desk", ("code", code)).status_code == 422
    other.ask(SAM)
    assert other.post("/desk", ("code", code)).status_code == 422
    assert not is_in(other)


def test_after_five_wrong_codes_the_right_one_is_refused_too(
    browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver
) -> None:
    browser.ask(RITA)
    code = code_of(letter(mailer, deliver))
    for _ in range(MAX_CODE_ATTEMPTS):
        assert browser.post("/desk", ("code", "000000")).status_code == 422
    assert browser.post("/desk", ("code", code)).status_code == 422
    assert not is_in(browser)


def test_a_code_is_not_guessed_by_asking_again_and_again(
    browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver, store: MemoryStore,
    service: Services,
) -> None:  # fmt: skip
    """From as many browsers and networks as he likes; her link signs her in meanwhile."""
    sign_ins = service.desk.sign_ins
    right = 0
    for number in range(60):
        network = f"192.0.2.{number}"
        secret = sign_ins.ask(RITA, "fr", network, "Firefox", "")
        for _ in range(MAX_CODE_ATTEMPTS - 1):
            assert sign_ins.by_code(secret, "x", "Firefox", "") is None
        row = store.items[sign_in_key(hash_of(secret))]
        code = service.links.step_code(hash_of(secret), row["asked_at"])
        right += sign_ins.by_code(secret, code, "Firefox", "") is not None
    # The luckiest guesser there is: right at each fifth try.
    assert right <= LIMITS["sign_in_codes"].per_hour / MAX_CODE_ATTEMPTS
    page = browser.get(path := link_of(letter(mailer, deliver)))
    assert browser.post(path, ("nonce", form_of(page)), ("confirm", "on")).status_code == 303


@pytest.mark.parametrize(
    ("minutes", "by_code", "by_link"), [(14, 303, 303), (16, 422, 303), (61, 422, 410)]
)
def test_a_code_ends_after_a_quarter_of_an_hour_and_a_link_after_an_hour(  # noqa: PLR0913
    minutes: int, by_code: int, by_link: int, browser: StaffBrowser, mailer: MemoryMailer,
    deliver: Deliver, clock: SetClock,
) -> None:  # fmt: skip
    browser.ask(RITA)
    one = letter(mailer, deliver)
    clock.pass_(minutes=minutes)
    assert browser.post("/desk", ("code", code_of(one))).status_code == by_code
    browser.ask(RITA)
    two = letter(mailer, deliver)
    clock.pass_(minutes=minutes)
    assert browser.get(link_of(two)).status_code == (200 if by_link == 303 else by_link)


def test_an_unknown_address_gets_the_same_answer_for_the_same_work(
    browser: StaffBrowser, other: StaffBrowser, mailer: MemoryMailer, deliver: Deliver,
    store: MemoryStore,
) -> None:  # fmt: skip
    def asked(who: StaffBrowser, email: str) -> tuple[object, ...]:
        reads, commits = store.reads, len(store.commits)
        told = who.ask(email)
        page = who.get("/desk?asked=1")
        work = [[type(w) for w in writes] for writes in store.commits[commits:]]
        return told.status_code, told.headers["Location"], page.body, store.reads - reads, work

    # A process looks at the edits of the desk now and then, whoever asks.
    browser.get("/desk")
    assert asked(browser, RITA) == asked(other, "nobody@example.org")
    deliver()
    assert len(mailer.sent) == 1
    assert [row["status"] for row in store.kinds("letter")].count("dropped") == 1


def test_whoever_fills_a_mailbox_with_letters_shuts_nobody_out(
    browser: StaffBrowser, other: StaffBrowser, mailer: MemoryMailer, deliver: Deliver,
    clock: SetClock,
) -> None:  # fmt: skip
    for _ in range(30):
        other.ask(RITA)
    deliver()
    assert len(mailer.to(RITA)) < 10, "a mailbox is not flooded"
    clock.pass_(minutes=30)
    browser.ask(RITA)
    path = link_of(letter(mailer, deliver))
    page = browser.get(path)
    assert browser.post(path, ("nonce", form_of(page)), ("confirm", "on")).status_code == 303


def test_the_store_keeps_no_secret_of_a_sign_in(
    browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver, store: MemoryStore
) -> None:
    browser.ask(RITA)
    text = letter(mailer, deliver)
    browser.post("/desk", ("code", code_of(text)))
    kept = repr([{**row, "copy": str(row.get("copy"))} for row in store.items.values()])
    secrets = [*browser.cookies.values(), link_of(text).rpartition("/")[2], code_of(text)]
    assert not [one for one in secrets if one in kept]
    assert link_of(text).rpartition("/")[2] not in redacted(text)
    from chalicelib.core.letter_row import kept_copy

    (row,) = store.kinds("letter")
    assert code_of(text) not in str(kept_copy(row))


def test_signing_in_gives_a_new_id_and_ends_the_one_before(
    rita: StaffBrowser, mailer: MemoryMailer, deliver: Deliver, visitor: Visitor
) -> None:
    planted = rita.cookies[COOKIE]
    rita.sign_in(RITA, mailer, deliver)
    assert rita.cookies[COOKIE] != planted
    thief = StaffBrowser(visitor)
    thief.cookies[COOKIE] = planted
    assert not is_in(thief)


def test_a_cookie_that_was_set_by_somebody_else_is_no_session(browser: StaffBrowser) -> None:
    for forged in ("x" * 43, "", "a" * 5000, "../..", "SESSION"):
        browser.cookies[COOKIE] = forged
        assert not is_in(browser)
    told = browser.get("/desk/account", Cookie=f"{COOKIE}=a; {COOKIE}=b")
    assert told.status_code == 303


def test_signing_out_ends_the_session_and_not_the_cookie_alone(
    rita: StaffBrowser, visitor: Visitor
) -> None:
    stolen = StaffBrowser(visitor)
    stolen.cookies = dict(rita.cookies)
    rita.press(rita.get("/desk/account"), "sign_out")
    assert not is_in(rita)
    assert not is_in(stolen)


def test_signing_out_everywhere_ends_every_browser_of_theirs_and_of_nobody_else(
    rita: StaffBrowser, other: StaffBrowser, visitor: Visitor, mailer: MemoryMailer,
    deliver: Deliver,
) -> None:  # fmt: skip
    second, sam = StaffBrowser(visitor), other
    second.sign_in(RITA, mailer, deliver)
    sam.sign_in(SAM, mailer, deliver)
    rita.press(rita.get("/desk/account"), "sign_out_everywhere")
    assert not is_in(rita)
    assert not is_in(second)
    assert is_in(sam)
    assert rita.sign_in(RITA, mailer, deliver).status_code == 303
    assert is_in(rita)


@pytest.mark.parametrize(("unused", "lives"), [(59, True), (61, False)])
def test_a_session_ends_when_it_is_not_used(
    rita: StaffBrowser, clock: SetClock, unused: int, lives: bool
) -> None:
    clock.pass_(minutes=unused)
    assert is_in(rita) == lives


def test_a_session_ends_by_its_age_however_much_it_is_used(
    rita: StaffBrowser, clock: SetClock
) -> None:
    for _ in range(24):
        assert is_in(rita)
        clock.pass_(minutes=30)
    assert not is_in(rita)


def test_whoever_leaves_the_roster_is_signed_out_at_once_and_comes_back_anew(
    rita: StaffBrowser, store: MemoryStore, clock: SetClock
) -> None:
    roster = Roster(store)
    roster.remove("rita-roy")
    assert not is_in(rita)
    roster.add("Rita Roy", RITA, "fr", clock())
    assert not is_in(rita), "an old session does not come back with its owner"


def test_a_link_of_whoever_left_signs_nobody_in(
    browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver, store: MemoryStore
) -> None:
    browser.ask(RITA)
    text = letter(mailer, deliver)
    Roster(store).remove("rita-roy")
    assert browser.get(link_of(text)).status_code == 410
    assert browser.post("/desk", ("code", code_of(text))).status_code == 422


def test_what_was_typed_when_a_session_ended_is_kept_for_its_owner_alone(
    rita: StaffBrowser, other: StaffBrowser, clock: SetClock, store: MemoryStore,
    mailer: MemoryMailer, deliver: Deliver,
) -> None:  # fmt: skip
    clock.pass_(hours=2)
    lost = rita.post("/desk/account", ("message", "Trois pages."), ("nonce", "x"))
    assert lost.status_code == 403
    page = lost.body.decode()
    assert "Trois pages." in page
    found = re.search(r"/desk/account\?kept=([\w-]+)", page)
    assert found
    kept = rita_kept(store, found[1], clock)
    assert kept("rita-roy") == [("message", "Trois pages.")]
    assert kept("sam-lee") == []
    clock.pass_(hours=25)
    assert kept("rita-roy") == []
    # Whoever has no session leaves nothing in the store.
    before = len(store.kinds("kept_form"))
    assert other.post("/desk/account", ("message", "Rien.")).status_code == 403
    assert len(store.kinds("kept_form")) == before


def rita_kept(store: MemoryStore, name: str, clock: SetClock) -> Callable[[str], object]:
    from chalicelib.desk.kept import KeptForms

    return lambda staff: KeptForms(store, clock).of(name, staff)


def test_after_signing_in_one_goes_on_to_where_one_was(
    browser: StaffBrowser, mailer: MemoryMailer, deliver: Deliver
) -> None:
    asked = browser.get("/desk/account")
    assert asked.headers["Location"].endswith("/desk?next=%2Fdesk%2Faccount")
    browser.ask(RITA, "/desk/account")
    told = browser.post("/desk", ("code", code_of(letter(mailer, deliver))))
    assert told.headers["Location"] == "https://relais.example.org/api/desk/account"


SHARED = (
    "/desk/files?tab=waiting&language=fr&stream=x",
    "/desk/files?q=" + "%C3%A9" * 200,
    "/desk?q=maison+%C3%A9t%C3%A9",
    "/desk/coaches?status=active&page=2",
    "/desk/figures?from=2026-01&to=2026-02&of=l_fr",
)


def next_of(page: HTTPResponse) -> str:
    found = re.search(r'name="next" value="([^"]*)"', page.body.decode())
    assert found, page.body
    return unescape(found[1])


def action_of(page: HTTPResponse) -> str:
    found = re.findall(r'method="post" action="[^"]*/api(/[^"]*)"', page.body.decode())
    return unescape(found[-1])


@pytest.mark.parametrize("shared", SHARED)
def test_a_shared_address_is_where_one_is_after_signing_in_by_whatever_way(
    shared: str, visitor: Visitor, mailer: MemoryMailer, deliver: Deliver
) -> None:
    there = f"https://relais.example.org/api{shared}"

    def asked(browser: StaffBrowser) -> str:
        """Ask on the page that the address leads to, and return the letter."""
        opened = browser.get(shared)
        if opened.status_code == 303:
            opened = browser.get("/desk?" + opened.headers["Location"].partition("?")[2])
        code_page = browser.ask(RITA, next_of(opened))
        again = browser.get("/desk?" + code_page.headers["Location"].partition("?")[2])
        assert next_of(again) == shared
        return letter(mailer, deliver)

    by_code, by_link, elsewhere = (StaffBrowser(visitor) for _ in range(3))
    told = by_code.post("/desk", ("code", code_of(asked(by_code))))
    assert told.headers["Location"] == there
    path = link_of(asked(by_link))
    told = elsewhere.post(path, ("nonce", form_of(elsewhere.get(path))), ("confirm", "on"))
    assert told.headers["Location"] == there
    told = by_link.get(path)
    assert told.status_code == 410
    over = unescape(told.body.decode())
    assert f"/desk?{urlencode({'next': shared})}&lang=fr" in over, "another letter leads there too"


def test_a_wrong_code_or_a_wrong_address_or_the_other_language_loses_no_page(
    browser: StaffBrowser,
) -> None:
    shared = "/desk/files?tab=waiting"
    for query, typed in (("", ("email", "eve@")), ("&asked=1", ("code", "1"))):
        page = browser.get(f"/desk?{urlencode({'next': shared})}{query}")
        wrong = browser.post(action_of(page), typed, ("next", next_of(page)))
        assert wrong.status_code == 422
        assert next_of(wrong) == shared
        again = re.findall(r'action="([?][^"]*)"', wrong.body.decode())
        path = f"/desk{unescape(again[0])}"
        switched = browser.post(path, ("_switch_page", "en"), typed, ("next", shared))
        assert next_of(switched) == shared
        assert f'name="{typed[0]}"' in switched.body.decode(), "it is the same page"


def test_a_page_that_asks_for_a_code_or_an_end_of_an_absence_is_gone_back_to(
    rita: StaffBrowser, store: MemoryStore, mailer: MemoryMailer, deliver: Deliver
) -> None:
    shared = "/desk/export?tab=waiting&language=fr&kept=x"
    account = rita.get("/desk/account?" + rita.get(shared).headers["Location"].partition("?")[2])
    assert next_of(account) == shared
    told = rita.press(account, "send_code", next=shared)
    deliver()
    wrong = rita.press(told, "confirm", next=next_of(told), code="1")
    code = code_of(mailer.to(RITA)[-1].text)
    told = rita.press(wrong, "confirm", next=next_of(wrong), code=code)
    assert told.headers["Location"].endswith(shared)
    store.items["STAFF", "rita-roy"]["away_until"] = "2027-01-01"
    away = rita.get(shared)
    assert rita.press(away, "back", next=next_of(away)).headers["Location"].endswith(shared)
    store.items["STAFF", "rita-roy"]["away_until"] = "2027-01-01"
    lost = rita.post("/desk/coach", ("nonce", rita.token("/desk/coach")), ("first_name", "Zoé"))
    assert lost.status_code == 409
    back = rita.press(lost, "back", next=next_of(lost)).headers["Location"]
    assert "Zoé" in rita.get(back.partition("/api")[2]).body.decode(), "what was typed is there"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/desk//evil", "/\\evil", "/desk@evil.example",
     "/desk/../review", "/deskevil", "/desk/account\r\nSet-Cookie: a=b", "/review/x",
     "/desk?" + "a" * 2_700],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(elsewhere: str) -> None:
    assert safe_next(elsewhere) == ""


def test_somebody_away_finds_the_desk_closed_until_they_say_they_are_back(
    rita: StaffBrowser, store: MemoryStore
) -> None:
    store.items["STAFF", "rita-roy"]["away_until"] = "2027-01-01"
    page = rita.get("/desk/account")
    rita.press(page, "back")
    assert "away_until" not in store.items["STAFF", "rita-roy"]


def test_a_mailed_code_confirms_a_session_for_half_an_hour(
    rita: StaffBrowser, service: object, mailer: MemoryMailer, deliver: Deliver, clock: SetClock,
    store: MemoryStore,
) -> None:  # fmt: skip
    page = rita.get("/desk/account")
    rita.press(page, "send_code")
    deliver()
    code = code_of(mailer.to(RITA)[-1].text)
    assert rita.press(page, "confirm", code="000000").status_code == 422
    assert rita.press(page, "confirm", code=code).status_code == 303
    (row,) = store.kinds("session")
    assert row["confirmed_until"] == "2026-03-02T15:30:00.000Z"
    clock.pass_(minutes=11)
    assert rita.press(page, "confirm", code=code).status_code == 422, "its ten minutes are over"
    assert clock() + timedelta(0)


def test_a_mailed_code_confirms_once_and_the_same_form_twice_finds_it_confirmed(
    rita: StaffBrowser, mailer: MemoryMailer, deliver: Deliver, store: MemoryStore, clock: SetClock
) -> None:
    account = rita.get("/desk/account?next=/desk/programme")
    rita.press(account, "send_code")
    deliver()
    code = code_of(mailer.to(RITA)[-1].text)
    (session,) = [row for row in store.kinds("session") if row["staff"] == "rita-roy"]
    assert rita.press(account, "confirm", code=code).status_code == 303
    until = session["confirmed_until"]
    clock.pass_(minutes=5)
    assert rita.press(account, "confirm", code=code).status_code == 303
    assert session["confirmed_until"] == until, "it holds no longer for being sent twice"
    session["confirmed_until"] = session["begun_at"]
    assert rita.press(account, "confirm", code=code).status_code == 422
    rita.press(account, "send_code")
    deliver()
    fresh = code_of(mailer.to(RITA)[-1].text)
    assert fresh != code, "a code that was used is not the one that is good"
    assert rita.press(account, "confirm", code=fresh).status_code == 303


def test_browsers_are_told_in_two_words() -> None:
    assert browser_words(FIREFOX) == "Firefox, Linux"
    assert browser_words("curl/8") == ""

"""A file at the desk: every step of a review link, for the version that its page showed."""

import re
from html import unescape

import pytest

from chalicelib.cases.case import Case
from journey import Journey
from staff_browser import StaffBrowser, code_of, form_of, sign_in_letter

ME, SAM = "rita.roy@example.org", "sam.lee@example.org"


@pytest.fixture
def rita(way: Journey) -> StaffBrowser:
    browser = StaffBrowser(way.visitor)
    browser.sign_in(ME, way.mailer, way.deliver)
    return browser


@pytest.fixture
def sam(way: Journey) -> StaffBrowser:
    browser = StaffBrowser(way.visitor)
    browser.sign_in(SAM, way.mailer, way.deliver)
    return browser


def opened(browser: StaffBrowser, case: Case) -> tuple[str, str]:
    """The address that the forms of the page are sent to, and what they hide."""
    page = browser.get(f"/desk/files/{case.current_ref}")
    assert page.status_code == 200
    action = re.search(r'action="[^"]*/api(/desk/files/[^"]*\?v=[^"]*)"', page.body.decode())
    assert action
    return unescape(action[1]), form_of(page)


def send(browser: StaffBrowser, page: tuple[str, str], **fields: str) -> tuple[int, str]:
    told = browser.post(page[0], ("nonce", page[1]), ("confirm", "on"), *fields.items())
    return told.status_code, told.body.decode()


def test_a_declaration_is_approved_and_taken_back(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    assert send(rita, opened(rita, case), decision="approve")[0] == 303
    assert way.again(case).state == "EOI_APPROVED"
    page = rita.get(f"/desk/files/{case.ref}?done=approve").body.decode()
    assert "Annuler cette décision" in page
    assert send(rita, opened(rita, case), decision="undo")[0] == 303
    assert way.again(case).state == "EOI_PENDING"


def test_a_session_stands_for_the_code_of_a_letter(rita: StaffBrowser, way: Journey) -> None:
    case = way.apply()
    assert (
        send(rita, opened(rita, case), decision="decline", reason="funds", message="Non.")[0] == 303
    )
    assert way.again(case).state == "APP_DECLINED"


def test_where_the_programme_asks_for_a_second_code_the_session_is_confirmed_first(
    way: Journey,
) -> None:
    case = way.apply()
    way.settings(STEP_UP="on")
    rita = StaffBrowser(way.visitor)
    rita.sign_in(ME, way.mailer, way.deliver)
    page = opened(rita, case)
    given = {"decision": "approve", "message": "Bravo, tout est clair."}
    asked = rita.post(page[0], ("nonce", page[1]), ("confirm", "on"), *given.items())
    assert asked.status_code == 303
    assert way.again(case).state == "APP_PENDING"
    account = rita.get(asked.headers["Location"].partition("/api")[2])
    next_page = unescape(re.findall(r'name="next" value="([^"]*)"', account.body.decode())[0])
    rita.press(account, "send_code", next=next_page)
    way.deliver()
    code = code_of(way.mailer.to(ME)[-1].text)
    back = rita.press(account, "confirm", code=code, next=next_page)
    shown = rita.get(back.headers["Location"].partition("/api")[2]).body.decode()
    assert "Bravo, tout est clair." in shown, "what was written is offered again"
    assert way.again(case).state == "APP_PENDING", "and never sent by itself"
    assert send(rita, opened(rita, case), **given)[0] == 303
    assert way.again(case).state == "APP_APPROVED"


def test_of_two_at_once_the_second_loses_nothing_and_sees_what_the_first_did(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    theirs, mine = opened(sam, case), opened(rita, case)
    assert send(sam, theirs, decision="ask", message="Combien?")[0] == 303
    status, page = send(rita, mine, decision="decline", message="Deux pages de réponse.")
    assert status == 409
    assert "Deux pages de réponse." in page
    assert "Sam Lee" in page
    assert way.again(case).state == "EOI_INFO_REQUESTED"


def test_a_colleagues_note_or_assignment_sends_nobodys_text_back(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    mine = opened(rita, case)
    assert send(sam, opened(sam, case), decision="assign", colleague="rita-roy")[0] == 303
    assert send(sam, opened(sam, case), note="Je connais ce groupe.")[0] == 303
    assert send(rita, mine, decision="approve")[0] == 303
    assert way.again(case).state == "EOI_APPROVED"


def test_what_is_missing_is_said_beside_it_and_what_was_typed_is_kept(
    rita: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    status, page = send(rita, opened(rita, case), decision="decline", message="Parce que.")
    assert status == 422
    assert "Parce que." in page
    assert 'href="#f-reason"' in page
    assert way.again(case).state == "EOI_PENDING"


def test_a_note_is_read_by_staff_and_by_nobody_else(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    send(rita, opened(rita, case), note="Attention :\r\ndeux <b>projets</b>.")
    page = sam.get(f"/desk/files/{case.ref}").body.decode()
    assert "Attention :\ndeux &lt;b&gt;projets" in page
    assert "Attention" not in way.visitor.page(way.own()).body.decode()
    assert all("Attention" not in mail.text for mail in way.mailer.sent)


def test_whoever_stands_back_sees_nothing_of_the_file(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    page = opened(rita, case)
    assert send(rita, page, decision="recuse")[0] == 303
    for told in (rita.get(f"/desk/files/{case.ref}"), rita.post(page[0], ("nonce", page[1]))):
        assert told.status_code == 403
        assert case.org not in told.body.decode()


def test_what_was_typed_when_the_session_ended_stands_in_the_form_again(
    rita: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    page = opened(rita, case)
    way.clock.pass_(hours=2)
    told = rita.post(page[0], ("nonce", page[1]), ("decision", "ask"), ("message", "Où?"))
    next_page = unescape(re.findall(r'name="next" value="([^"]*)"', told.body.decode())[0])
    rita.ask(ME, next_page)
    way.deliver()
    begun = rita.post("/desk", ("code", code_of(sign_in_letter(way.mailer, ME))))
    shown = rita.get(begun.headers["Location"].partition("/api")[2]).body.decode()
    assert ">Où?</textarea>" in shown
    assert way.again(case).state == "EOI_PENDING"


def test_a_reference_of_nothing_is_not_found(rita: StaffBrowser) -> None:
    for ref in ("DI-2026-AAAAA-A", "x", "DI-2026-7K4MQ-X"):
        assert rita.get(f"/desk/files/{ref}").status_code == 404

"""A file at the desk: every step of a review link, for the version that its page showed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.staff import Staff
from chalicelib.core.letter_row import kept_copy
from chalicelib.core.ports import Item, Write
from chalicelib.core.typed_text import NOTE_LIMIT
from chalicelib.desk.notes import called
from chalicelib.newsletter.subscribers import pending
from chalicelib.newsletter.subscribers.pending import HELD_SIGN_UPS
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


@pytest.mark.parametrize("number", ["9" * 39, "9" * 5000, "٣", "-1"])
def test_a_number_in_an_address_that_is_none_of_ours_is_as_if_it_were_not_there(
    rita: StaffBrowser, way: Journey, number: str
) -> None:
    case = way.declare()
    _, nonce = opened(rita, case)
    page = f"/desk/files/{case.ref}?v={number}&e={number}"
    assert send(rita, (page, nonce), decision="approve")[0] == 303
    assert rita.get(f"/desk/files?after={number}&order=name").status_code == 200


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


def test_a_note_that_is_too_long_comes_back_whole(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    status, page = send(rita, opened(rita, case), note="é" * (NOTE_LIMIT + 1))
    assert status == 422
    assert "Au plus 4\u00a0000 caractères" in page
    assert "é" * (NOTE_LIMIT + 1) in page
    assert not way.store.kinds("note")


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
    assert "Où?</textarea>" in shown
    assert way.again(case).state == "EOI_PENDING"


def test_a_reference_of_nothing_is_not_found(rita: StaffBrowser) -> None:
    for ref in ("DI-2026-AAAAA-A", "x", "DI-2026-7K4MQ-X"):
        assert rita.get(f"/desk/files/{ref}").status_code == 404


@pytest.mark.parametrize(
    ("applied", "fields", "letter"),
    [
        (False, {"decision": "approve", "message": "Bravo."}, "eoi_approved"),
        (False, {"decision": "ask", "message": "Combien?"}, "eoi_info_requested"),
        (False, {"decision": "decline", "reason": "other", "message": "Trop tard."}, "eoi_declined"),
        (True, {"decision": "approve"}, "application_approved"),
        (True, {"decision": "waitlist", "message": "En mai."}, "application_waitlisted"),
        (True, {"decision": "conditions", "condition_0": "Un budget", "due_0": "2026-06-01"},
         "application_conditional"),
    ],
)  # fmt: skip
def test_the_letter_that_is_seen_first_is_the_one_that_leaves(
    rita: StaffBrowser, way: Journey, applied: bool, fields: dict[str, str], letter: str
) -> None:
    case = way.apply() if applied else way.declare(contact_language="en")
    page, before = opened(rita, case), len(way.store.commits)
    pairs = [("nonce", page[1]), ("preview", "1"), *fields.items()]
    shown = rita.post(page[0], *pairs)
    assert shown.status_code == 200
    assert [w for writes in way.store.commits[before:] for w in writes] == []
    found = re.search(r'<pre class="letter" lang="(..)-CA">(.*?)</pre>', shown.body.decode(), re.S)
    assert found
    assert found[1] == case.lang
    assert all(f'value="{text}"' in shown.body.decode() or text in shown.body.decode()
               for text in fields.values())  # fmt: skip
    assert send(rita, page, **fields)[0] == 303
    way.after_undo()
    way.clock.pass_(hours=20)
    way.deliver()
    (row,) = (row for row in way.store.kinds("letter") if row["letter"] == letter)
    assert unescape(found[2]).strip() == (kept_copy(row) or {})["text"].strip()


def test_what_is_missing_is_said_before_the_letter_is_shown(
    rita: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    page = opened(rita, case)
    told = rita.post(page[0], ("nonce", page[1]), ("preview", "1"), ("decision", "decline"))
    assert told.status_code == 422
    assert 'href="#f-reason"' in told.body.decode()
    assert 'href="#f-confirm"' not in told.body.decode(), "nothing is to be confirmed yet"


def test_a_letter_is_not_shown_for_a_file_that_went_on(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    mine = opened(rita, case)
    assert send(sam, opened(sam, case), decision="ask", message="Combien?")[0] == 303
    told = rita.post(mine[0], ("nonce", mine[1]), ("preview", "1"), ("decision", "approve"))
    assert told.status_code == 409
    assert "Sam Lee" in told.body.decode()


def test_a_vote_is_said_to_send_nothing_yet(way: Journey) -> None:
    case = way.apply()
    way.settings(QUORUM_APPLICATION="2")
    rita = StaffBrowser(way.visitor)
    rita.sign_in(ME, way.mailer, way.deliver)
    page = opened(rita, case)
    told = rita.post(page[0], ("nonce", page[1]), ("preview", "1"), ("decision", "approve"))
    assert "n’envoie encore aucun courriel" in told.body.decode()


def held(way: Journey, **answers: str) -> Case:
    for number in range(12):
        given = samples.eoi(contact_email=f"ada+{number}@example.org", **answers)
        ref = way.visitor.send("/forms/eoi", given).json_body["ref"]
        if (case := way.case(ref)).state == "HELD_AS_SPAM":
            return case
    raise AssertionError("nothing is held")


def test_a_held_form_is_released_once_and_its_letters_leave(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = held(way)
    way.deliver()
    mine, theirs = opened(rita, case), opened(sam, case)
    unsure = rita.post(mine[0], ("nonce", mine[1]), ("decision", "release"))
    assert unsure.status_code == 422
    assert way.again(case).state == "HELD_AS_SPAM"
    assert send(rita, mine, decision="release")[0] == 303
    assert way.again(case).state == "EOI_PENDING"
    assert send(sam, theirs, decision="release")[0] == 409
    assert way.events(case).count("release") == 1
    way.deliver()
    assert any(case.ref in mail.subject for mail in way.mailer.to(SAM))


def signed_up(way: Journey, case: Case) -> list[Item]:
    """The sign-ups that are held beside a form."""
    return [row for row in way.store.kinds("asked")
            if case.ref in row["sk"] and row["state_key"] == HELD_SIGN_UPS]  # fmt: skip


def test_a_held_form_and_its_sign_up_are_released_in_one_transaction(way: Journey) -> None:
    case = held(way, consent_newsletter="on")
    (sign_up,) = signed_up(way, case)
    before = len(way.store.commits)
    way.service.desk.releasing.release(case, Decider("rita-roy", "Rita Roy"))
    (writes,) = way.store.commits[before:]
    assert {case.key, (sign_up["pk"], sign_up["sk"])} <= {one.key for one in writes}
    assert "state_key" not in way.store.items[sign_up["pk"], sign_up["sk"]]


def test_a_held_form_is_released_where_somebody_else_let_its_sign_up_go(way: Journey) -> None:
    case = held(way, consent_newsletter="on")
    (sign_up,) = signed_up(way, case)
    releasing = way.service.desk.releasing
    freed = releasing.freed_sign_ups

    def late(person: str, source: str) -> Sequence[Write]:
        writes = freed(person, source)
        pending.release(way.store, person, way.clock())
        return writes

    after = replace(releasing, freed_sign_ups=late).release(case, Decider("rita-roy", "Rita Roy"))
    assert after.state == "EOI_PENDING"
    assert "state_key" not in way.store.items[sign_up["pk"], sign_up["sk"]]


def test_no_heading_of_a_file_stands_over_nothing(rita: StaffBrowser, way: Journey) -> None:
    for case in (held(way), way.declare()):
        page = rita.get(f"/desk/files/{case.ref}").body.decode()
        parts = re.split(r"<h2[^>]*>(.*?)</h2>", page, flags=re.S)
        for heading, below in zip(parts[1::2], parts[2::2], strict=True):
            assert re.sub(r"<[^>]*>|\s", "", below), (case.state, heading)
        assert ("Votre décision" in page) == (case.state == "EOI_PENDING")


def test_a_form_that_is_not_held_is_not_released(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    page = opened(rita, case)
    assert "release" not in rita.get(f"/desk/files/{case.ref}").body.decode()
    assert send(rita, page, decision="release")[0] == 409
    assert "release" not in way.events(case)


def test_a_note_leaves_by_mail_for_the_colleague_it_names(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    for text in (
        "À voir, @Sam Lee : <b>deux</b> projets.",
        "Encore : @sam?",
        "à sam.lee@example.org",
    ):
        assert send(rita, opened(rita, case), note=text)[0] == 303
    way.deliver()
    told = [mail for mail in way.mailer.to(SAM) if "note" in mail.subject]
    assert len(told) == 2
    assert all("Rita Roy" in mail.text for mail in told)
    assert sum("<b>deux</b> projets." in mail.text for mail in told) == 1
    assert not [mail for mail in way.mailer.to(ME) if "note pour vous" in mail.subject]
    assert "→ Sam Lee" in rita.get(f"/desk/files/{case.ref}").body.decode()


def test_whoever_stands_back_from_a_file_is_sent_no_note_of_it(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    assert send(sam, opened(sam, case), decision="recuse")[0] == 303
    assert send(rita, opened(rita, case), note="@Sam Lee, un mot.")[0] == 303
    way.deliver()
    assert not [mail for mail in way.mailer.to(SAM) if "un mot" in mail.text]


def staff(*names: str) -> list[Staff]:
    return [
        Staff.of({"sk": f"person-{number}", "name": name, "email": "a@example.org",
                  "lang": "fr", "active": True})
        for number, name in enumerate(names)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "named"),
    [("@Élise", ["Élise Roy"]), ("(@elise roy)", ["Élise Roy"]), ("@Jean", []),
     ("@Jean Côté et @jean-luc", ["Jean Côté"]), ("x@elise", []), ("@ Élise", []), ("@", []),
     ("@Jeanne", []), ("@Élise@Jean Roy", ["Élise Roy"]), ("@李", []),
     ("@Élise Wong", []), ("@Élise\u00a0Wong", []), ("@Élise, Wong aussi", ["Élise Roy"]),
     ("@Élise peux-tu", ["Élise Roy"]), ("@Marie Claude", ["Marie Claude"]),
     ("@Marie Claude Huot, oui", ["Marie Claude Huot"]), ("@Marie", [])],
)  # fmt: skip
def test_a_name_calls_one_person_or_nobody(text: str, named: list[str]) -> None:
    there = staff("Élise Roy", "Jean Côté", "Jean Roy", "李", "Marie Claude", "Marie Claude Huot")
    assert [one.name for one in called(text, there, there).named] == named


def test_the_name_of_somebody_who_gets_no_note_is_nobody_elses() -> None:
    sam_lee, sam_wong = staff("Sam Lee", "Sam Wong")
    for text in ("@Sam Wong, un mot", "@sam wong", "@Sam"):
        found = called(text, [sam_lee], [sam_lee, sam_wong])
        assert found == ([], True), text
    assert called("@Sam Lee et @Sam Wong", [sam_lee], [sam_lee, sam_wong]) == ([sam_lee], True)
    assert called("@Sam Lee, a@b.ca", [sam_lee], [sam_lee, sam_wong]) == ([sam_lee], False)


def test_a_note_that_calls_nobody_says_so(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    page = opened(rita, case)
    told = rita.post(page[0], ("nonce", page[1]), ("note", "@Sam Wong, un mot."))
    shown = rita.get(told.headers["Location"].partition("/api")[2]).body.decode()
    assert "personne à qui elle puisse être envoyée" in shown
    way.deliver()
    assert not way.letters(SAM, "un mot")


def test_a_charity_number_leads_to_its_page_in_the_list_of_the_cra(
    rita: StaffBrowser, way: Journey
) -> None:
    case = way.apply()
    page = unescape(rita.get(f"/desk/files/{case.ref}?lang=en").body.decode())
    numbers = re.findall(r"selectedCharityBn=(\d{9}RR\d{4})&", page)
    assert numbers
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= {
        *map(str, case.answers.values()),
        *map(str, (case.application or {}).values()),
    }


def test_the_last_letter_is_sent_again_from_the_desk(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    before = len(way.mailer.to(case.mail_to))
    assert send(rita, opened(rita, case), decision="send_again")[0] == 303
    way.deliver()
    way.clock.pass_(hours=20)
    way.deliver()
    assert len(way.mailer.to(case.mail_to)) == before + 1


def test_all_of_a_file_is_on_the_page_to_print_and_nothing_to_press(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = way.apply()
    send(rita, opened(rita, case), note="À rappeler mardi.")
    page = rita.get(f"/desk/files/{case.current_ref}").body.decode()
    (link,) = re.findall(r'href="[^"]*/api(/desk/files/[^"]*/print[^"#]*)"', page)
    printed = rita.get(unescape(link)).body.decode()
    texts = {text for answers in (case.answers, case.application or {})
             for text in answers.values() if isinstance(text, str) and " " in text}  # fmt: skip
    assert texts
    assert not [text for text in texts if text.replace("\r\n", "\n") not in unescape(printed)]
    subjects = {mail.subject for mail in way.mailer.to(case.mail_to)}
    assert not [one for one in subjects if one not in unescape(printed)]
    assert "À rappeler mardi." in printed
    assert not re.search("<(form|button|input)", printed)
    assert send(sam, opened(sam, case), decision="recuse")[0] == 303
    assert sam.get(unescape(link)).status_code == 403


def test_a_link_of_a_letter_leads_to_the_desk_where_its_owner_is_signed_in(
    rita: StaffBrowser, sam: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    link = way.review(ME)
    told = rita.get(f"{link}?decision=approve")
    assert told.status_code == 303
    address = told.headers["Location"].partition("/api")[2]
    assert address == f"/desk/files/{case.ref}?decision=approve"
    shown = rita.get(address).body.decode()
    assert re.search('value="approve" checked', shown)
    for other in (sam.get(link), way.visitor.page(link), StaffBrowser(way.visitor).get(link)):
        assert other.status_code == 200
        assert "Enregistrer la décision" in other.body.decode()
    rita.press(rita.get("/desk/account"), "sign_out_everywhere")
    assert rita.get(link).status_code == 200, "and works as before without a session"


def test_a_link_leads_nobody_to_the_desk_who_is_away_or_stands_back(
    rita: StaffBrowser, way: Journey
) -> None:
    case = way.declare()
    link = way.review(ME)
    way.service.cases.roster.set_away("rita-roy", "2026-03-09")
    assert "absence" in rita.get(link).body.decode()
    way.service.cases.roster.end_absence("rita-roy")
    assert send(rita, opened(rita, case), decision="recuse")[0] == 303
    told = rita.get(link)
    assert told.status_code != 303
    assert case.org not in told.body.decode()


def test_the_day_to_decide_by_goes_into_a_calendar(rita: StaffBrowser, way: Journey) -> None:
    case = way.declare()
    page = rita.get(f"/desk/files/{case.ref}").body.decode()
    assert f"/desk/files/{case.ref}?days=1" in page
    kept = rita.get(f"/desk/files/{case.ref}?days=1")
    assert kept.headers["Content-Type"].startswith("text/calendar")
    assert case.ref in kept.body.decode()
    way.decide(ME, decision="ask", message="Qui?")
    assert "days=1" not in rita.get(f"/desk/files/{case.ref}").body.decode()
    assert "<h1>" in rita.get(f"/desk/files/{case.ref}?days=1").body.decode()

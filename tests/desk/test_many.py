"""One decision on many files: each for the version that was seen, a result a file, whatever dies."""

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

import pytest
from chalice.test import HTTPResponse

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.cases.review.model import Decision
from chalicelib.cases.staff import Staff
from chalicelib.core.references import new_file_number, reference
from chalicelib.desk import log
from chalicelib.desk.jobs import MAX_TRIES, OPEN, StaffJob
from chalicelib.desk.many import Chosen
from environment import RITA
from environment import SAM as SAM_ROW
from journey import Journey
from staff_browser import StaffBrowser, code_of, form_of
from visitor import decide, token

ME = "rita.roy@example.org"
SAM = Decider("sam-lee", "Sam Lee")
STAFF = Staff.of(RITA)


@pytest.fixture
def files(way: Journey) -> list[Case]:
    langs = ("fr", "fr", "en", "fr")
    return [
        way.declare(f"ada{n}@example.org", org_legal_name=f"Maison {n}", contact_language=lang)
        for n, lang in enumerate(langs)
    ]


@pytest.fixture
def rita(way: Journey, files: list[Case]) -> StaffBrowser:
    browser = StaffBrowser(way.visitor)
    browser.sign_in(ME, way.mailer, way.deliver)
    account = browser.get("/desk/account?next=/desk/files")
    browser.press(account, "send_code", next="/desk/files")
    way.deliver()
    browser.press(account, "confirm", code=code_of(way.mailer.to(ME)[-1].text))
    return browser


def chosen(browser: StaffBrowser, *refs: str, **fields: str) -> HTTPResponse:
    """The page of what was ticked in the list."""
    form = form_of(browser.get("/desk/files?tab=to_decide"))
    return browser.post(
        "/desk/many", ("nonce", form), *(("file", ref) for ref in refs), *fields.items()
    )


def sent(browser: StaffBrowser, page: HTTPResponse, **fields: str) -> HTTPResponse:
    values = re.findall(r'name="file" value="([^"]*)"', page.body.decode())
    given = [("nonce", form_of(page)), *(("file", one) for one in values), *fields.items()]
    return browser.post("/desk/many", *given)


def decided(browser: StaffBrowser, page: HTTPResponse, **fields: str) -> str:
    told = sent(browser, page, confirm="on", decide="1", **fields)
    assert told.status_code == 303, told.body
    return browser.get(unescape(told.headers["Location"]).partition("/api")[2]).body.decode()


def refs(files: list[Case]) -> list[str]:
    return [case.ref for case in files]


def test_what_is_ticked_is_decided_each_with_its_own_letter(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    shown = decided(rita, chosen(rita, *refs(files[:3])), decision="approve", message="Bravo.")
    assert "Dossiers faits\u00a0: 3 sur 3" in shown
    states = [way.again(case).state for case in files]
    assert states == ["EOI_APPROVED"] * 3 + ["EOI_PENDING"]
    way.after_undo()
    for case in files[:3]:
        (mail,) = (one for one in way.mailer.to(case.mail_to) if "invite=" in one.text)
        assert mail.lang == case.lang
        assert "Bravo." in mail.text
    (noted,) = (row for row in log.of_month(way.store, "2026-03") if row["what"] == "decisions")
    assert noted["facts"] == {"decision": "approve", "files": [case.id for case in files[:3]]}


def test_all_of_a_page_are_chosen_with_one_button(rita: StaffBrowser, files: list[Case]) -> None:
    listed = rita.get("/desk/files?tab=to_decide").body.decode()
    there = [("shown", ref) for ref in re.findall(r'name="shown" value="([^"]*)"', listed)]
    form = form_of(rita.get("/desk/files?tab=to_decide"))
    told = rita.post("/desk/many", ("nonce", form), ("shown_all", "1"), *there)
    assert len(re.findall('name="file"', told.body.decode())) == len(files)


@pytest.mark.parametrize("order", ["", "name"])
def test_all_of_a_list_is_chosen_with_one_button_as_far_as_many_are_decided(
    rita: StaffBrowser, files: list[Case], monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """In the order of the list, beyond its page, and what else it has is said in words."""
    asked = f"tab=to_decide&language=fr&order={order}"
    button = re.compile('name="listed_all".*?</button>')
    listed = rita.get(f"/desk/files?{asked}").body.decode()
    assert not button.search(listed), "one page has it"
    of_list = re.findall(r'name="shown" value="([^"]*)"', listed)
    assert len(of_list) == 3
    monkeypatch.setattr("chalicelib.desk.files.PAGE_LENGTH", 1)
    page = rita.get(f"/desk/files?{asked}")
    assert "50 dossiers au plus" in button.findall(unescape(page.body.decode()))[0]
    pairs = [("nonce", form_of(page)), ("filters", asked), ("listed_all", "1")]
    for most, looked_at, left in ((50, 100, 0), (2, 100, 1), (2, 2, 1)):
        monkeypatch.setattr("chalicelib.views.desk.chosen_files.MANY_MAX", most)
        monkeypatch.setattr("chalicelib.views.desk.chosen_files.READS_MAX", looked_at)
        told = unescape(rita.post("/desk/many", *pairs).body.decode())
        assert re.findall(r'name="file" value="([^:]*)', told) == of_list[: 3 - left]
        assert ("Dossiers de la liste\u00a0: 3. Dossiers choisis\u00a0: 2, les" in told) == bool(
            left
        )
    searched = [*pairs[:1], ("filters", "q=Maison"), *pairs[2:]]
    told = unescape(rita.post("/desk/many", *searched).body.decode())
    assert "Dossiers de la liste\u00a0: 4. Dossiers choisis\u00a0: 2, les" in told


def test_what_would_change_is_shown_first_and_nothing_is_written(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    page, before = chosen(rita, *refs(files)), len(way.store.commits)
    way.service.cases.decisions.act(files[0], "ask", SAM, DecisionInput(message="Qui?"))
    way.store.commits[before:] = []
    shown = sent(rita, page, preview="1", decision="decline", reason="funds", message="Non.")
    assert shown.status_code == 200
    assert way.store.commits[before:] == []
    text = shown.body.decode()
    assert "Dossiers qui changeraient\u00a0: 3 sur 4" in text
    assert text.count("le dossier a changé depuis que vous l’avez choisi") == 1
    assert {*re.findall(r'<pre class="letter" lang="(..)-CA">', text)} == {"fr", "en"}


def test_each_file_has_a_result_and_what_changed_meanwhile_is_left_as_it_is(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    page = chosen(rita, *refs(files))
    way.service.cases.decisions.act(files[1], "ask", SAM, DecisionInput(message="Qui?"))
    shown = decided(rita, page, decision="approve")
    assert "Tout n’a pas été fait" in shown
    assert "Dossiers faits\u00a0: 3 sur 4" in shown
    assert shown.count("a changé depuis que vous l’avez choisi") == 1
    assert [way.again(case).state for case in files].count("EOI_APPROVED") == 3
    assert way.again(files[1]).state == "EOI_INFO_REQUESTED"


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"decision": "decline"}, "f-reason"), ({}, "f-decision"), ({"decision": "ask"}, "f-message"),
     ({"decision": "assign"}, "f-colleague"), ({"decision": "undo"}, "f-decision"),
     ({"decision": "release"}, "f-decision")],
)  # fmt: skip
def test_what_is_missing_is_said_once_and_nothing_is_decided(
    rita: StaffBrowser, way: Journey, files: list[Case], fields: dict[str, str], place: str
) -> None:
    page = chosen(rita, *refs(files))
    for how in ({"decide": "1", "confirm": "on"}, {"preview": "1"}):
        told = sent(rita, page, **fields, **how)
        assert told.status_code == 422
        assert told.body.decode().count(f'href="#{place}"') == 1
    unsure = sent(rita, page, decision="approve", decide="1")
    assert 'href="#f-confirm"' in unsure.body.decode()
    assert not way.store.kinds("job")
    assert {way.again(case).state for case in files} == {"EOI_PENDING"}


def test_many_are_assigned_to_a_colleague(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    decided(rita, chosen(rita, *refs(files[:2])), decision="assign", colleague="sam-lee")
    assert [way.again(case).owner for case in files[:2]] == ["sam-lee"] * 2


def test_nobody_decides_on_a_file_from_which_they_stand_back(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    way.service.cases.decisions.act(files[0], "recuse", Decider("rita-roy", "Rita Roy"))
    page = chosen(rita, *refs(files))
    assert files[0].org not in page.body.decode()
    assert f"{files[0].ref}</span> – Rien n’a été fait" in page.body.decode()
    told = decided(rita, page, decision="approve", file=files[0].ref)
    assert f"{files[0].ref}</span> – <strong>Rien n’a été fait" in told
    assert re.search(r"Dossiers faits\s: 3 sur 4", told)
    assert way.again(files[0]).state == "EOI_PENDING"


def test_every_file_that_is_named_is_taken_or_said_to_be_left_out(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    many = [reference("eoi", new_file_number(2026)) for _ in range(60)]
    told = unescape(chosen(rita, *refs(files), *many, "no reference").body.decode())
    for ref in (*many, *refs(files)):
        assert ref in told
    assert "no reference" not in told


@pytest.mark.parametrize(
    ("pressed", "number"), [({}, 2), ({"listed_all": "1", "filters": "tab=to_decide"}, 4)]
)
def test_a_code_is_asked_for_first_and_what_was_chosen_is_offered_again(
    way: Journey, files: list[Case], pressed: dict[str, str], number: int
) -> None:
    browser = StaffBrowser(way.visitor)
    browser.sign_in(ME, way.mailer, way.deliver)
    told = chosen(browser, *refs(files[:2]), **pressed)
    assert told.status_code == 303
    account = browser.get(told.headers["Location"].partition("/api")[2])
    next_page = unescape(re.findall(r'name="next" value="([^"]*)"', account.body.decode())[0])
    browser.press(account, "send_code", next=next_page)
    way.deliver()
    code = code_of(way.mailer.to(ME)[-1].text)
    back = browser.press(account, "confirm", code=code, next=next_page)
    page = browser.get(back.headers["Location"].partition("/api")[2])
    assert len(re.findall('name="file"', page.body.decode())) == number
    assert "3 sur 3" not in decided(browser, page, decision="approve")


def test_the_address_of_the_form_shows_what_was_chosen_again_in_either_language(
    rita: StaffBrowser, files: list[Case]
) -> None:
    page = chosen(rita, *refs(files[:2])).body.decode()
    action = re.search(r'action="[^"]*/api(/desk/many\?[^"]*)"', page)
    assert action
    again = rita.get(f"{unescape(action[1])}&lang=en")
    assert "Chosen files (2)" in again.body.decode()
    pairs = [("nonce", form_of(again)), ("_switch_page", "fr"), ("message", "Déjà écrit")]
    back = rita.post(unescape(action[1]), *pairs).body.decode()
    assert "Dossiers choisis (2)" in back
    assert "Déjà écrit" in back
    assert rita.get("/desk/many").status_code == 303


def test_nothing_ticked_says_so(rita: StaffBrowser) -> None:
    for ref in ("", "x", "DI-2026-AAAAA-A:1:1"):
        page = chosen(rita, ref)
        assert page.status_code == 200
        assert "Aucun dossier n’est coché" in page.body.decode()


@pytest.mark.parametrize("by", ["many", "mail", "desk"])
@pytest.mark.parametrize("meanwhile", [False, True])
def test_what_somebody_did_themselves_is_no_news_to_them_and_what_a_colleague_did_is(
    rita: StaffBrowser, way: Journey, files: list[Case], by: str, meanwhile: bool
) -> None:
    file, page = files[0], f"/desk/files/{files[0].ref}"
    rita.get(page)
    mail = next(one for one in way.mailer.to(ME) if file.ref in one.subject + one.text)
    if meanwhile:
        given = DecisionInput(colleague="sam-lee")
        file = way.service.cases.decisions.act(file, "assign", SAM, given)
    if by == "many":
        decided(rita, chosen(rita, file.ref), decision="approve")
    elif by == "mail":
        decide(way.visitor, token(mail.text, "review"), decision="approve")
    else:
        form = ("nonce", rita.token(page))
        told = rita.post(page, form, ("decision", "approve"), ("confirm", "on"))
        rita.get(told.headers["Location"].partition("/api")[2])
    assert way.again(file).state == "EOI_APPROVED"
    listed = rita.get("/desk/files?tab=invited").body.decode()
    assert file.org in listed
    assert ("Modifié depuis votre lecture" in listed) == (meanwhile and by != "desk")
    given = DecisionInput(colleague="rita-roy")
    way.service.cases.decisions.act(way.again(file), "assign", SAM, given)
    assert "Modifié depuis votre lecture" in rita.get("/desk/files?tab=invited").body.decode()


def test_two_pages_of_one_person_lose_no_look_of_each_other(way: Journey) -> None:
    looks = way.service.desk.looks

    def other(_: object) -> None:
        way.store.before = lambda writes: None
        looks.look("rita-roy", "second", 2)

    way.store.before = other
    looks.look("rita-roy", "first", 1)
    assert looks.of("rita-roy")["files"] == {"second": 2, "first": 1}


# Whatever dies: no file is decided twice, none is left out, and each result is true.


def job_of(way: Journey, files: list[Case], name: str, **given: Any) -> StaffJob:
    desk = way.service.desk
    decision = Decision(name, DecisionInput(**given), confirm=True)
    seen = [Chosen(case.id, case.version, case.events) for case in files]
    return desk.many.begin(desk.jobs, STAFF, seen, decision, {})


@pytest.mark.parametrize(
    ("name", "given", "deaths"),
    [("approve", {}, range(11)), ("assign", {"colleague": "sam-lee"}, range(2, 11, 2))],
)
def test_a_run_that_dies_anywhere_is_followed_by_one_that_goes_on(
    way: Journey, name: str, given: dict[str, Any], deaths: range
) -> None:
    for number in deaths:
        files = [way.declare(f"p{number}-{n}@example.org") for n in range(2)]
        job = job_of(way, files, name, **given)
        way.store.before = dying(number)
        while way.store.rows(OPEN):
            try:
                way.service.desk.jobs.run_open(60)
            except SystemExit:
                way.clock.pass_(minutes=6)
        way.store.before = lambda writes: None
        done = way.service.desk.jobs.of("rita-roy", job.id)
        assert done is not None
        assert [one["outcome"] for one in done.row["results"]] == ["done", "done"], number
        assert [way.events(case).count(name) for case in files] == [1, 1], number


def test_what_failed_for_good_is_gone_on_with_by_whoever_asked_for_it_alone(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    job, steps = job_of(way, files, "approve"), way.service.desk.jobs._steps

    def broken(*_: object) -> Mapping[str, Any]:
        raise RuntimeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(way.service.desk.jobs, "_steps", {**steps, job.what: broken})
        for _ in range(MAX_TRIES):
            way.service.desk.jobs.run_open(60)
    page = rita.get(f"/desk/many/{job.id}?lang=en")
    assert "Not all was done" in page.body.decode()
    assert not way.store.rows(OPEN)
    for _ in range(2):
        told = rita.post("/desk/many", ("nonce", form_of(page)), ("go_on", job.id))
        assert told.status_code == 303
    shown = rita.get(f"/desk/many/{job.id}?lang=en").body.decode()
    assert "Files done: 4 of 4" in shown
    assert "go_on" not in shown
    assert [way.events(case).count("approve") for case in files] == [1] * 4
    theirs = way.service.desk.many.begin(
        way.service.desk.jobs, Staff.of(SAM_ROW), [], Decision("approve"), {}
    )
    told = rita.post("/desk/many", ("nonce", form_of(page)), ("go_on", theirs.id))
    assert told.headers["Location"].endswith("/desk/jobs")
    assert way.service.desk.jobs.of("sam-lee", theirs.id) == theirs


def dying(number: int) -> Callable[[Any], None]:
    """Dies once, ahead of a commit."""
    left = [number]

    def before(writes: Any) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise SystemExit

    return before


def test_a_list_that_takes_longer_than_a_page_may_says_what_waits(
    rita: StaffBrowser, way: Journey, files: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.views.desk.many.SECONDS_AT_ONCE", 0)
    shown = decided(rita, chosen(rita, *refs(files)), decision="approve")
    assert "1 sur 4" in shown
    assert shown.count("attend encore") == 3
    way.clock.pass_(minutes=1)
    way.service.desk.jobs.run_open(60)
    (job,) = way.service.desk.jobs.latest("rita-roy", "decisions")
    assert "4 sur 4" in rita.get(f"/desk/many/{job.id}").body.decode()
    sam = StaffBrowser(way.visitor)
    sam.sign_in("sam.lee@example.org", way.mailer, way.deliver)
    assert sam.get(f"/desk/many/{job.id}").status_code == 404

"""An issue is written, looked at, tested, approved, scheduled and followed at the desk alone."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from chalice.test import HTTPResponse

from accounts import SetWorld
from chalicelib.cases.staff import Roster
from chalicelib.core.errors import DeliveryFailed
from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues import both_texts
from chalicelib.newsletter.issues.editing import Editing
from chalicelib.newsletter.issues.issue import Issue, issue_of, text_key
from chalicelib.newsletter.issues.source import Source, parse
from chalicelib.web.request import ASKS_DATES
from counting_store import Counting
from issue_factory import SAMPLE, token_and_code
from journey import Journey
from staff_browser import StaffBrowser, code_of, form_of
from subscribers import IMPORT

ME, SAMS = "rita.roy@example.org", "sam.lee@example.org"
PAGE = "/desk/newsletter/2026-03"


def sign_in(way: Journey, *, confirmed: bool = False) -> StaffBrowser:
    way.store.items["STAFF", "rita-roy"]["roles"] = ["communications"]
    browser = StaffBrowser(way.visitor)
    browser.sign_in(ME, way.mailer, way.deliver)
    if confirmed:
        confirm(way, browser)
    return browser


def confirm(way: Journey, browser: StaffBrowser) -> None:
    account = browser.get("/desk/account?next=/desk/newsletter")
    browser.press(account, "send_code", next="/desk/newsletter")
    way.deliver()
    mails = "\n".join(mail.text for mail in way.mailer.to(ME))
    browser.press(account, "confirm", code=code_of(mails))


MEMBER = f"{IMPORT}zoe@example.org,fr,member,2026-01-05,Register of members 2026 p. 3\n"


@pytest.fixture
def rita(way: Journey) -> StaffBrowser:
    """Signed in, with somebody to write to."""
    list(way.service.subscribers.imports.run(MEMBER.encode(), by="Rita Roy", write=True))
    return sign_in(way)


def send(browser: StaffBrowser, path: str, **fields: str) -> HTTPResponse:
    return browser.post(path, ("nonce", browser.token(path)), *fields.items())


def shown(page: HTTPResponse) -> str:
    return unescape(page.body.decode())


def fields_of(page: HTTPResponse) -> dict[str, str]:
    """What the form of the texts has in it."""
    body = page.body.decode()
    found = {
        unescape(name): unescape(text)
        for name, text in re.findall(r'<input type="(?:text|hidden)"[^>]* name="([^"]*)"[^>]* value="([^"]*)"', body)
    }  # fmt: skip
    found |= {
        name: unescape(text)
        for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n([^<]*)</textarea>', body)
    }  # fmt: skip
    chosen = re.search(
        r'<option value="(\w+)" selected>', body.partition('name="archive"')[2][:200]
    )
    return found | {"archive": chosen[1] if chosen else "yes"}


def sample() -> dict[str, str]:
    """The fields of an issue that is whole."""
    sources: dict[str, Source] = {
        lang: parse((SAMPLE / f"{lang}.md").read_text("utf-8"), lang, f"{lang}.md")[0]
        for lang in LANGS
    }
    return both_texts.values_of(sources) | {"date": "2026-03-02"}


def save(browser: StaffBrowser, do: str = "save", **changed: str) -> HTTPResponse:
    given = fields_of(browser.get(f"{PAGE}/text")) | changed
    return browser.post(f"{PAGE}/text", *given.items(), ("do", do))


def begun(browser: StaffBrowser) -> None:
    told = send(browser, "/desk/newsletter", slug="2026-03")
    assert told.headers["Location"].endswith(f"{PAGE}/text")


def issue(way: Journey, name: str = "2026-03") -> Issue:
    found = issue_of(way.store, name)
    assert found is not None
    return found


def step(browser: StaffBrowser, act: str, path: str = PAGE, **fields: str) -> HTTPResponse:
    page = browser.get(path)
    events = re.search(r'name="events" value="(\d+)"', page.body.decode())
    assert events, page.body.decode()
    return send(browser, path, act=act, events=events[1], **fields)


def world(way: Journey) -> SetWorld:
    found = way.service.parts.outside()
    assert isinstance(found, SetWorld)
    return found


def approved(way: Journey, rita: StaffBrowser) -> None:
    """Written, checked, tested, asked for, and approved by somebody else by their letter."""
    begun(rita)
    told = save(rita, "check", **sample())
    assert "rien ne bloque" in shown(told), re.findall(r'class="error">(.*?)<', shown(told))
    assert step(rita, "test", to=ME).status_code == 303
    assert "d’ici une minute" in shown(rita.get(PAGE))
    way.service.desk.jobs.run_open(60)
    assert "Essai envoyé à" in shown(rita.get(PAGE))
    assert step(rita, "ask").status_code == 303
    way.deliver()
    token, code = token_and_code(way.mailer.to(SAMS)[-1].text)
    review = f"/newsletter/review/{token}"
    nonce = form_of(way.visitor.page(review))
    given = {"nonce": nonce, "decision": "approve", "code": code, "confirm": "on"}
    assert way.visitor.submit(review, list(given.items())).status_code == 200
    assert issue(way).status == "APPROVED"


def test_an_issue_goes_all_its_way_at_the_desk(way: Journey, rita: StaffBrowser) -> None:
    approved(way, rita)
    assert [to for to, _ in world(way).trials] == [ME, ME]
    assert "/desk/account?next=" in rita.get(f"{PAGE}/send").headers["Location"], "a code first"
    confirm(way, rita)
    page = f"{PAGE}/send"
    assert (
        step(rita, "schedule", page, when="later", day="2026-03-05", hour="09:00").status_code
        == 422
    )
    for day in ("2026-03-01", "hier", "2028-03-05"):
        told = step(rita, "schedule", page, when="later", day=day, hour="09:00", confirm="on")
        assert told.status_code == 422, day
    switched = {"when": "later", "day": "05/03/2026", ASKS_DATES: "1"}
    assert step(rita, "schedule", page, **switched, hour="09:00", confirm="on").status_code == 422
    wanted = {"when": "later", "day": "05/03/2026", "hour": "09:00", "confirm": "on"}
    assert step(rita, "schedule", page, **wanted).status_code == 303
    assert (issue(way).status, issue(way).send_at) == ("SCHEDULED", "2026-03-05T14:00:00.000Z")
    assert step(rita, "unschedule").status_code == 303
    assert step(rita, "schedule", page, when="now", confirm="on").status_code == 303
    room = way.service.issues.newsroom
    room.lifecycle.start(issue(way))
    assert step(rita, "pause").status_code == 303
    assert step(rita, "resume", page, confirm="on").status_code == 303
    assert step(rita, "cancel").status_code == 422
    assert step(rita, "cancel", confirm="on").status_code == 303
    page = shown(rita.get(PAGE))
    for event in ("Numéro commencé", "Approuvé (Sam Lee)", "Envoi suspendu (Rita Roy)", "Annulé"):
        assert event in page, event
    assert "2026-03" in shown(rita.get("/desk/newsletter"))


def test_what_is_written_is_what_the_operators_files_say_and_comes_back_as_it_was(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    wanted = sample() | {
        "archive": "no",
        "counterparts": "https://a.example.org/fr = https://a.example.org/en",
    }
    save(rita, **wanted)
    found = fields_of(rita.get(f"{PAGE}/text"))
    assert {name: found[name] for name in both_texts.NAMES if name != "archive"} == {
        name: wanted[name] for name in both_texts.NAMES if name != "archive"
    }
    assert not issue(way).archive
    version = issue(way).version
    save(rita)
    assert issue(way).version == version, "saving what is there changes nothing"


def editing(way: Journey) -> Editing:
    return way.service.issues.editing


def test_two_who_write_at_once_lose_nothing(way: Journey, rita: StaffBrowser) -> None:
    begun(rita)
    save(rita, **sample())
    page = fields_of(rita.get(f"{PAGE}/text"))
    theirs = editing(way).read(issue(way)) | {"body_en": "Another text\n\nof Sam."}
    editing(way).save("2026-03", theirs, page["seen"], "sam-lee")
    told = rita.post(
        f"{PAGE}/text", *(page | {"body_fr": "Un autre texte."}).items(), ("do", "save")
    )
    assert "est joint au vôtre" in shown(told)
    values = editing(way).read(issue(way))
    assert (values["body_fr"], values["body_en"]) == ("Un autre texte.", "Another text\n\nof Sam.")
    assert issue(way).authors == ["rita-roy", "sam-lee"]
    page = fields_of(rita.get(f"{PAGE}/text"))
    editing(way).save("2026-03", values | {"subject_fr": "De Sam"}, page["seen"], "sam-lee")
    told = rita.post(f"{PAGE}/text", *(page | {"subject_fr": "De Rita"}).items(), ("do", "save"))
    assert told.status_code == 409
    assert "De Sam" in shown(told)
    again = fields_of(told)
    assert again["subject_fr"] == "De Rita"
    assert editing(way).read(issue(way))["subject_fr"] == "De Sam"
    rita.post(f"{PAGE}/text", *again.items(), ("do", "save"))
    assert editing(way).read(issue(way))["subject_fr"] == "De Rita", "once both were seen"


def test_each_finding_stands_beside_its_field_with_the_line(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    bad = sample()
    bad["body_fr"] += "\n\nVoici ![](https://www.example.org/i.png) une image."
    bad["subject_en"] = ""
    told = save(rita, "check", **bad)
    page = shown(told)
    line = len(bad["body_fr"].split("\n"))
    assert f"ligne {line} (<code>Voici ![](https://www.example.org/i.png) une image." in page
    assert 'href="#f-subject-en"' in page
    assert issue(way).status == "DRAFT"
    assert "(<code>" not in page.partition('id="f-body-en-found"')[2][:20]


def test_a_preview_shows_what_is_typed_and_keeps_nothing_of_it(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    save(rita, **sample())
    commits = len(way.store.commits)
    typed = fields_of(rita.get(f"{PAGE}/text")) | {
        "body_fr": "## Du neuf\n\nTout **gras** <b>x</b>."
    }
    for part, sign in (("mail", "<strong"), ("text", "Du neuf"), ("page", "<strong>gras")):
        told = rita.post(f"{PAGE}/preview", *typed.items(), ("part", part), ("of", "fr"))
        assert told.status_code == 200
        assert sign in told.body.decode(), part
        policy = str(told.headers["Content-Security-Policy"])
        assert policy.startswith("sandbox;")
        assert "frame-ancestors 'self'" in policy
        assert "script" not in policy
        assert "<b>x</b>" not in told.body.decode()
    kept = rita.get(f"{PAGE}/preview?part=mail&of=en").body.decode()
    assert "A spring of collective impact" in kept
    assert rita.get(f"{PAGE}/preview?part=x&of=en").status_code == 404
    assert len(way.store.commits) == commits
    outer = str(rita.get(f"{PAGE}/text").headers["Content-Security-Policy"])
    assert "frame-src 'self'" in outer
    assert "frame-src" not in str(rita.get("/desk/newsletter").headers["Content-Security-Policy"])


def test_an_image_is_added_to_both_texts_with_its_words_in_each(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    save(rita, **sample())
    address = "https://www.example.org/table.png"
    for wrong in ({"image": "table.png"}, {"image": address, "image_fr": "Une table"}):
        told = save(rita, "image", **wrong)
        assert told.status_code == 422
    save(rita, "image", image=address, image_fr="Une table [ronde]", image_en="A round table")
    values = editing(way).read(issue(way))
    assert values["body_fr"].endswith(f"![Une table (ronde)]({address})")
    assert values["body_en"].endswith(f"![A round table]({address})")


def test_an_edit_of_what_is_approved_says_so_and_ends_the_approval(
    way: Journey, rita: StaffBrowser
) -> None:
    approved(way, rita)
    told = save(rita, subject_fr="Autre chose")
    assert told.status_code == 409
    assert fields_of(told)["subject_fr"] == "Autre chose"
    assert issue(way).status == "APPROVED"
    save(rita, subject_fr="Autre chose", edit="on")
    assert issue(way).status == "DRAFT"


@pytest.mark.parametrize("slug", ["", "Été", "a b", "2026-03-suite-2", "../x"])
def test_a_name_that_is_none_begins_nothing(way: Journey, rita: StaffBrowser, slug: str) -> None:
    assert send(rita, "/desk/newsletter", slug=slug).status_code == 422
    assert not way.store.kinds("issue")


def test_a_name_that_is_taken_begins_nothing(way: Journey, rita: StaffBrowser) -> None:
    begun(rita)
    before = issue(way)
    assert send(rita, "/desk/newsletter", slug="2026-03").status_code == 422
    assert issue(way) == before


def test_a_test_goes_to_whole_addresses_alone_and_a_page_that_is_old_does_nothing(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    save(rita, "check", **sample())
    many = ",".join(f"a{n}@example.org" for n in range(6))
    for to in ("", "rita", f"{ME} rita", many):
        assert step(rita, "test", to=to).status_code == 422, to
    assert send(rita, PAGE, act="test", events="1", to=ME).status_code == 409
    assert send(rita, PAGE, act="ask", events=str(issue(way).events)).status_code == 409
    assert world(way).trials == []
    assert send(rita, PAGE, act="x").status_code == 404


def test_what_was_written_when_a_session_ended_is_shown_again(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    page: Mapping[str, str] = fields_of(rita.get(f"{PAGE}/text"))
    way.clock.pass_(hours=13)
    lost = rita.post(f"{PAGE}/text", *(dict(page) | {"body_fr": "Presque fini."}).items())
    assert lost.status_code == 403
    kept = re.search(r"kept=([\w-]+)", lost.body.decode())
    assert kept, lost.body.decode()
    again = sign_in(way)
    told = again.get(f"{PAGE}/text?kept={kept[1]}")
    assert fields_of(told)["body_fr"] == "Presque fini."
    assert "Rien n’en est encore enregistré" in shown(told)


def test_a_test_that_ses_does_not_take_says_so_and_one_of_an_older_version_sends_nothing(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    save(rita, "check", **sample())
    world(way).failing.append(DeliveryFailed("not verified", permanent=False))
    step(rita, "test", to=ME)
    way.service.desk.jobs.run_open(60)
    assert "(not verified)" in shown(rita.get(PAGE))
    assert issue(way).status == "CHECKED"
    world(way).failing.clear()
    step(rita, "test", to=f"{ME}, {SAMS}")
    save(rita, subject_fr="Autre chose")
    way.service.desk.jobs.run_open(60)
    assert world(way).trials == []
    assert issue(way).status == "DRAFT"


def test_a_text_part_that_somebody_wrote_stays_until_its_own_markdown_is_changed_here(
    way: Journey, rita: StaffBrowser
) -> None:
    begun(rita)
    save(rita, **sample())
    for lang in LANGS:
        way.store.items[text_key("2026-03", lang)]["written"] = f"By hand, {lang}."
    save(rita, body_fr="## Autre chose\n\nVoici.")
    found = {lang: way.store.items[text_key("2026-03", lang)] for lang in LANGS}
    assert found["fr"].get("written") is None
    assert "By hand, en." in found["en"]["text"]


def test_a_list_of_many_issues_asks_the_store_as_often_as_one_of_few(
    way: Journey, rita: StaffBrowser
) -> None:
    counted = []
    for number in range(1, 30):
        editing(way).begin(f"2026-{number:03}", "rita-roy")
        if number in (1, 29):
            calls: Counter[str] = Counter()
            kept: Any = way.store
            store: Any = Counting(kept, calls)
            views = replace(way.service.views.desk.news._views, store=store, roster=Roster(store))
            names = views._names()
            assert len([views._line(one, "fr", names) for one in views._newest()]) == number
            counted.append({name: calls[name] for name in ("in_state", "batch_get", "get")})
    assert counted[0] == counted[1]

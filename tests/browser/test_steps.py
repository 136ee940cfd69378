"""A form in steps from its first page to its last, without a script, by keys alone."""

import re

import pytest
from playwright.sync_api import Browser, Page

import app as application
import samples
from chalicelib.core import eastern_time
from chalicelib.forms import parsing
from chalicelib.forms.drafts.draft import section_ids
from chalicelib.forms.drafts.typed import section_of
from fakes import MemoryMailer, MemoryStore, SetClock
from sample_parts import part

PHONE_WIDTH = 360
MAX_HEIGHT = 4000
"""Pixels that a page of a section may be high on a phone."""

MAX_GROWTH = 600
"""Pixels that one mistake may add to it."""

ADA = "ada.tremblay@example.org"


def height(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def enter(page: Page, name: str, value: object) -> None:
    """Answer one question by keys alone: focus its control, type, choose with the arrows."""
    control = page.locator(f"main [name='{name}']")
    kind = control.first.get_attribute("type")
    if kind in ("radio", "checkbox"):
        for each in value if isinstance(value, list) else [value] if value else []:
            chosen = "on" if each is True else str(each)
            box = page.locator(f"main [name='{name}'][value='{chosen}']")
            if not box.is_checked():
                box.press("Space")
    elif control.first.evaluate("e => e.tagName") == "SELECT":
        control.press("Home")
        for _ in range(control.locator("option").count()):
            if control.input_value() == str(value):
                break
            control.press("ArrowDown")
        assert control.input_value() == str(value)
    else:
        control.focus()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(str(value))


def press(page: Page, button: str) -> None:
    follow(page, f"button[name=do][value='{button}']")


def follow(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).last.press("Enter")


def write(page: Page, form: str, section: str, lang: str) -> None:
    """Fill in a section with all of its rows and with the questions that its choices bring."""
    given = getattr(samples, form)()
    fields = section_of(form, section)["fields"]
    for f in fields:
        if f["key"] in given and f["type"] != "rows" and not f.get("hidden") and "when" not in f:
            enter_listed(page, f, given[f["key"]])
    for f in fields:
        for row in given.get(f["key"], []) if f["type"] == "rows" else []:
            press(page, f"add:{f['key']}")
            for key, value in row.items():
                enter(page, key, value)
            assert height(page) <= MAX_HEIGHT
            press(page, "done")
    assert height(page) <= MAX_HEIGHT
    press(page, "continue")
    if "part=more" in page.url:
        for f in fields:
            if f["key"] in given and "when" in f and page.locator(f"[name='{f['key']}']").count():
                enter(page, f["key"], given[f["key"]])
        press(page, "continue")
    assert f"/{section}?" not in page.url, page.locator("main").inner_text()
    assert page.locator("html").get_attribute("lang") == f"{lang}-CA"


def enter_listed(page: Page, f: object, value: object) -> None:
    field = dict(f)  # type: ignore[call-overload]
    if field["type"] == "lines":
        for number, each in enumerate(value):  # type: ignore[arg-type, var-annotated]
            enter(page, f"{field['key']}[{number}]", each)
    else:
        enter(page, field["key"], value)


def plain(answer: object) -> object:
    """An answer in the one way that both kinds of posts lead to: choices in order, boxes that are
    ticked."""
    if not isinstance(answer, list) or not answer:
        return answer
    if isinstance(answer[0], dict):
        return [{key: value for key, value in row.items() if value} for row in answer]
    return sorted(answer)


def assert_full_lists_fit(page: Page, address: str, form: str, lang: str) -> None:
    """Begin another form, and look at each part while all of it is missing, and at each list with
    as many rows, and as long, as there may be."""
    begun = {"form": form, "uninvited": "1"}
    draft = page.request.post(f"{address}/draft", data=begun).json()["links"]["draft"]
    for section in section_ids(form):
        page.goto(f"{draft}/{section}?lang=fr&check=1")
        assert page.locator(".summary").count() == 1, "nothing is answered"
        assert height(page) <= MAX_HEIGHT, section
        lists = [f for f in section_of(form, section)["fields"] if f["type"] == "rows"]
        if not lists:
            continue
        given = getattr(samples, form)()
        rows = {
            f["key"]: [
                # Rows that are the same may be one that was sent twice.
                {**row, f["fields"][0]["key"]: f"{number} {'Organisme' * 21}"}
                if f["fields"][0]["type"] == "line"
                else row
                for number, row in enumerate(given[f["key"]] * int(f["max"]))
            ][: int(f["max"])]
            for f in lists
        }
        fields = {**part(form, section), **rows}
        saved = page.request.post(f"{draft}/{section}", data={"version": 0, "fields": fields})
        assert saved.status == 200
        page.goto(f"{draft}/{section}?lang={lang}")
        assert page.locator("[value^='change:']").count() == sum(map(len, rows.values()))
        assert height(page) <= MAX_HEIGHT, section


@pytest.mark.parametrize(("form", "lang"), [("application", "fr"), ("eoi", "en")])
def test_the_longest_path_loses_no_answer_without_a_script(  # noqa: PLR0913
    browser: Browser, address: str, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    form: str, lang: str,
) -> None:  # fmt: skip
    """With a reload, a change of language, a browser that was closed and a second editor; its parts
    are written in one language and in the other by turns."""
    second_said = "https://second.example.org" if form == "application" else "Second"
    settings = {
        "java_script_enabled": False,
        "viewport": {"width": PHONE_WIDTH, "height": 740},
        "locale": f"{lang}-CA",
    }
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/forms/{form}?lang={lang}&uninvited=1")
    follow(page, "main form button")
    first, *others = section_ids(form)
    who, theirs = (
        ("applicant", "fid_website") if form == "application" else ("contact", "org_usual_name")
    )
    blank = height(page)
    enter(page, f"{who}_email", "ada@")
    press(page, "continue")
    assert height(page) - blank < MAX_GROWTH
    enter(page, f"{who}_first_name", "Ada")
    other = "en" if lang == "fr" else "fr"
    follow(page, "header button.link")
    assert page.locator("html").get_attribute("lang") == f"{other}-CA"
    follow(page, "header button.link")
    page.reload()
    assert page.locator(f"[name={who}_first_name]").input_value() == "Ada"
    assert page.locator(f"[name={who}_email]").input_value() == "ada@"
    write(page, form, first, lang)
    press(page, "later")
    follow(page, "main form button")
    context.close()

    while "sent" in application.services().mail.outbox.sweep():  # type: ignore[attr-defined]
        pass
    link = re.findall(r"\S+/draft/\S+", mailer.to(ADA)[-1].text)[0]
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    page, second = context.new_page(), context.new_page()
    page.goto(f"{link}?lang={lang}")
    assert "Tremblay" not in page.content()
    follow(page, "button[value=open]")
    assert height(page) <= MAX_HEIGHT
    for number, section in enumerate(others):
        now = (lang, other)[number % 2]
        page.goto(f"{link}/{section}?lang={now}")
        if number == 0:
            second.goto(f"{link}/{section}?lang={lang}")
            enter(second, theirs, second_said)
            press(second, "continue")
        write(page, form, section, now)
    page.goto(f"{link}/check?lang={lang}")
    assert height(page) <= MAX_HEIGHT
    clock.pass_(minutes=5)
    follow(page, "#send button")
    (case,) = store.kinds("case")
    answers = case["application" if form == "application" else "answers"]
    given = {**getattr(samples, form)(), theirs: second_said}
    meant = parsing.parse(form, given, "fr", eastern_time.today(clock())).answers
    lost = {k: answers.get(k) for k in meant if plain(answers.get(k)) != plain(meant[k])}
    assert lost == {}
    assert store.kinds("draft")[0]["state"] == "sent"
    assert_full_lists_fit(page, address, form, lang)
    context.close()

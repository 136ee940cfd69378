"""An issue is written, looked at, tested, approved, scheduled and seen to go, without a command."""

import os
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

import app as application
import files
import sent_issue
from chalicelib.core.settings import Settings
from chalicelib.newsletter.issues.issue import issue_of
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryQueue, MemoryStore, SetClock
from issue_factory import token_and_code
from staff_browser import code_of
from tests.browser.test_desk import EN as EN_DESK
from tests.browser.test_desk import FR as FR_DESK
from tests.browser.test_desk import RITA, Words, check, deliver, press, sign_in, typed
from tests.browser.test_pages import too_wide

SAM = "sam.lee@example.org"
MAX_PAGE_HEIGHT = 4_000
MAX_PAGE_BYTES = 60_000


class Says(NamedTuple):
    desk: Words
    checked: str
    sent: str


FR = Says(FR_DESK, "rien ne bloque", "Envoyé")
EN = Says(EN_DESK, "nothing blocks", "Sent")

TEXTS = {
    "subject_fr": "Le printemps arrive", "preheader_fr": "Trois dates à retenir",
    "body_fr": "## Des dates\n\nVoici [le programme](https://www.example.org/p)\u00a0: **à bientôt**!",
    "subject_en": "Spring is here", "preheader_en": "Three dates to keep",
    "body_en": "## Dates\n\nHere is [the programme](https://www.example.org/p): **see you soon**!",
}  # fmt: skip


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stage of this machine: elsewhere one click to leave needs https."""
    return settings.model_copy(update={"stage": "local"})


def services() -> Services:
    found: Services = application.services()  # type: ignore[attr-defined]
    return found


NARROW = ("text", "images", "issue-checked", "send", "trial", "exported", "coaches-plan",
          "coaches-faults", "coaches-editions", "coaches-released")  # fmt: skip
"""Pages that axe looks at where they are narrow, dark and French; at all others elsewhere."""


def seen(page: Page, name: str, shared: Page, words: Words) -> None:
    """A page fits, is no longer than five screens of a phone, and axe finds nothing in it at one of
    the two widths."""
    if shots := os.environ.get("SHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{shots}/{name}-{width}.png", full_page=True)
    assert too_wide(page) == [], name
    assert len(page.content().encode()) < MAX_PAGE_BYTES, name
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height < MAX_PAGE_HEIGHT, (name, height)
    if (name in NARROW) == (words is FR.desk):
        check(page, shared, words)


def approve(page: Page, mailer: MemoryMailer) -> None:
    """Somebody else follows the link of their letter."""
    deliver()
    token, code = token_and_code(mailer.to(SAM)[-1].text)
    page.goto(f"{services().settings.public_url}/newsletter/review/{token}")
    page.locator("[name=decision][value=approve]").check()
    page.locator("[name=code]").fill(code)
    page.locator("[name=confirm]").check()
    page.locator("main form button").click()


@pytest.mark.parametrize("says", [FR, EN], ids=["narrow", "wide"])
def test_an_issue_goes_all_its_way_at_the_desk_without_a_command_and_needs_no_script(
    browser: Browser, shared: Page, address: str, store: MemoryStore, mailer: MemoryMailer,
    clock: SetClock, says: Says,
) -> None:  # fmt: skip
    words = says.desk
    key = services().parts.people_key
    sent_issue.enrol(store, *(sent_issue.reader(key, f"r{n}@example.org") for n in range(3)))
    store.items["STAFF", "rita-roy"] |= {"lang": words.lang, "roles": ["communications", "officer"]}
    context = browser.new_context(
        java_script_enabled=says is EN, viewport={"width": words.width, "height": 800},
        locale=f"{words.lang}-CA", color_scheme=words.scheme,  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    sign_in(page, address, words, mailer)
    press(page, "nav.desk a[href$='/newsletter']")
    press(page, "main form button:not(.unseen)")
    issue = f"{address}/desk/newsletter/2026-03"
    for name, text in TEXTS.items():
        page.locator(f"[name={name}]").fill(text)
    bring_image(page, shared, words)
    if says is FR:
        page.locator("#show").press("Enter")
    framed = page.frame_locator("iframe[name=preview]")
    framed.get_by_text("à bientôt").wait_for()
    assert framed.locator("img").get_attribute("alt") == "Le jardin"
    assert framed.locator("script").count() == 0
    page.locator("[name=width][value=screen]").check()
    seen(page, "text", shared, words)
    page.locator("[name=width][value=phone]").check()
    press(page, "button[value=check]:not(.unseen)")
    assert says.checked in page.locator("main [role=status]").inner_text()
    seen(page, "checked", shared, words)
    page.goto(f"{issue}?lang={words.lang}")
    seen(page, "issue-checked", shared, words)
    press(page, "form:has([value=test]) button:not(.unseen)")
    services().desk.jobs.run_open(60)
    page.goto(f"{issue}?lang={words.lang}")
    press(page, "form:has([value=ask]) button")
    approve(page, mailer)
    page.goto(f"{issue}/send?lang={words.lang}")
    press(page, "main form:has([value=send_code]) button")
    deliver()
    typed(page, "code", code_of("\n".join(mail.text for mail in mailer.to(RITA))))
    press(page, "main form:has([value=confirm]) button")
    page.locator("[name=when][value=now]").check()
    page.locator("[name=confirm]").check()
    seen(page, "send", shared, words)
    press(page, "main form button:not(.unseen)")
    go(clock)
    page.goto(f"{issue}?lang={words.lang}")
    assert says.sent in page.locator(".state strong").inner_text()
    seen(page, "issue-sent", shared, words)
    page.goto(f"{address}/desk/newsletter?lang={words.lang}")
    seen(page, "list", shared, words)
    subscribers(page, shared, words, f"{address}/desk/subscribers")
    found = issue_of(store, "2026-03")
    assert found is not None
    assert found.status == "SENT"
    assert [text for text in refused if "Content Security Policy" in text] == []
    context.close()


def bring_image(page: Page, shared: Page, words: Words) -> None:
    """Go from the texts to the images and back, by keys: one is brought, and put in both texts."""
    page.locator("summary:text-is('Images')").press("Enter")
    press(page, "button[value=images]:not(.unseen)")
    image = {"name": "Jardin.png", "mimeType": "image/png", "buffer": files.sized_png(1200, 800)}
    page.locator("[name=file]").set_input_files(image)  # type: ignore[arg-type]
    press(page, "button[value=add]")
    assert page.locator("[role=alert] a[href='#add-fr']").count() == 1, "its words are missing"
    page.locator("[name=file]").set_input_files(image)  # type: ignore[arg-type]
    for lang, text in (("fr", "Le jardin"), ("en", "The garden")):
        page.locator(f"#add-{lang}").fill(text)
    press(page, "button[value=add]")
    assert page.locator("main code").inner_text() == "![](image:jardin)"
    page.locator("main section summary").press("Enter")
    seen(page, "images", shared, words)
    press(page, "nav.jump a")


def subscribers(page: Page, shared: Page, words: Words, address: str) -> None:
    """Counted, found, brought as a list and exported, by forms alone."""
    page.goto(f"{address}?lang={words.lang}")
    press(page, "form:has([value=count]) button")
    typed(page, "email", "r1@example.org")
    press(page, "form:has([value=find]) button:not(.unseen)")
    seen(page, "subscribers", shared, words)
    page.goto(f"{address}/import?lang={words.lang}")
    rows = (
        "email,lang,basis,since,evidence\nzoe@example.org,fr,member,2026-01-05,Register 2026 p. 3\n"
    )
    page.locator("[name=file]").set_input_files(
        {"name": "membres.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    seen(page, "import", shared, words)
    press(page, "main form button")
    page.locator("[name=confirm]").check()
    seen(page, "trial", shared, words)
    press(page, "main form button")
    page.goto(f"{address}/export?lang={words.lang}")
    press(page, "main form button")
    seen(page, "exported", shared, words)
    assert page.locator("a.button[href$='/file']").count() == 1


def go(clock: SetClock) -> None:
    """Do what the sweep and the workers do, until nothing is left."""
    service = services()
    queue = service.parts.bulk()[1]
    assert isinstance(queue, MemoryQueue)
    sent_issue.SendingRun(service, queue, clock).run()

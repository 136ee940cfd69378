"""A programme officer's week at the desk, from an empty stack, without one command."""

from collections import Counter

import pytest
from chalice.test import Client
from playwright.sync_api import Browser, Page

import app as application
import sample_coaches
import samples
import sent_issue
from chalicelib.cases.roles import ROLES
from chalicelib.core.settings import Settings
from chalicelib.desk.files import PAGE_LENGTH
from fakes import MemoryMailer, MemoryObjects, MemoryStore, SetClock
from staff_browser import code_of
from tests.browser.test_desk import FR, RITA, deliver, press, sign_in, typed
from tests.browser.test_newsletter_desk import TEXTS, approve, go, services
from visitor import Visitor

FILES = 2 * PAGE_LENGTH


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stage of this machine: elsewhere one click to leave needs https."""
    return settings.model_copy(update={"stage": "local"})


def test_a_programme_officer_needs_no_command_for_a_week(
    browser: Browser, address: str, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:  # fmt: skip
    store.items["STAFF", "rita-roy"] |= {"lang": "fr", "roles": list(ROLES)}
    context = browser.new_context(viewport={"width": FR.width, "height": 800}, locale="fr-CA")
    page = context.new_page()
    sign_in(page, address, FR, mailer)
    confirm_by_mail(page, address, mailer)
    import_the_directory(page, address)
    change_a_question(page, address)
    decide_twenty(page, address, store)
    export(page, address)
    send_an_issue(page, address, store, mailer, clock)
    go_away(page, address, store)
    context.close()


def confirm_by_mail(page: Page, address: str, mailer: MemoryMailer) -> None:
    """What cannot be taken back asks for one more code, which then holds for half an hour."""
    page.goto(f"{address}/desk/coaches/import?lang=fr")
    press(page, "main form:has([value=send_code]) button")
    deliver()
    typed(page, "code", code_of("\n".join(mail.text for mail in mailer.to(RITA))))
    press(page, "main form:has([value=confirm]) button")


def import_the_directory(page: Page, address: str) -> None:
    page.goto(f"{address}/desk/coaches/import?lang=fr")
    page.locator("#f-file").set_input_files(sample_coaches.SAMPLE)
    press(page, "main form:has(#f-file) button[type=submit]")
    page.locator("#f-confirm").check()
    press(page, "main form:has(#f-confirm) button")
    visitor = Visitor(Client(application.app))
    assert visitor.get("/coaches?lang=fr").json_body["total"] == len(
        sample_coaches.SAMPLE.read_text("utf-8").splitlines()[1:]
    )


def change_a_question(page: Page, address: str) -> None:
    page.goto(f"{address}/desk/texts/form-eoi?lang=fr")
    press(page, "main a[href$='section=organization']")
    press(page, "main a[href*='org_legal_name.label']")
    for name, text in (("text.fr", "Quel organisme"), ("text.en", "Which organization"),
                       ("why", "plus simple")):  # fmt: skip
        page.locator(f"[name='{name}']").fill(text)
    press(page, "button[value=save]")
    visitor = Visitor(Client(application.app))
    for lang, label in (("fr", "Quel organisme"), ("en", "Which organization")):
        fields = visitor.get(f"/forms/eoi?lang={lang}").json_body["sections"]
        labels = [field["label"] for section in fields for field in section["fields"]]
        assert label in labels


def decide_twenty(page: Page, address: str, store: MemoryStore) -> None:
    visitor = Visitor(Client(application.app))
    for number in range(FILES):
        given = samples.eoi(
            org_legal_name=f"Jardin {number}", contact_email=f"a{number}@example.org"
        )
        assert visitor.send("/forms/eoi", given).status_code == 201
    deliver()
    for _ in range(FILES // PAGE_LENGTH):
        page.goto(f"{address}/desk/files?tab=to_decide&lang=fr")
        for box in page.locator(".pick input[type=checkbox]").all():
            box.check()
        press(page, "form.wide button.quiet")
        page.locator("[name=decision][value=approve]").check()
        press(page, "button[name=preview]")
        page.locator("[name=confirm]").check()
        press(page, "button[name=decide]")
        assert page.locator("main .rows li").count() == PAGE_LENGTH
    assert Counter(row["state"] for row in store.kinds("case")) == {"EOI_APPROVED": FILES}


def export(page: Page, address: str) -> None:
    """The button leads to the bucket, which the internet alone would have."""
    objects = services().parts.objects()
    assert isinstance(objects, MemoryObjects)
    page.goto(f"{address}/desk/export?tab=invited&lang=fr")
    page.locator("[name=format][value=csv]").check()
    press(page, "main form button:not(.unseen)")
    assert page.locator("a.button[href$='/file']").count() == 1
    (sheet,) = (body for name, body in objects.kept.items() if name.endswith("files.csv"))
    assert len(sheet.decode("utf-8-sig").splitlines()) == FILES + 1


def send_an_issue(
    page: Page, address: str, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = services().parts.people_key
    sent_issue.enrol(store, *(sent_issue.reader(key, f"r{n}@example.org") for n in range(3)))
    page.goto(f"{address}/desk/newsletter?lang=fr")
    press(page, "main form button:not(.unseen)")
    issue = page.url.partition("?")[0].removesuffix("/text")
    for name, text in TEXTS.items():
        page.locator(f"[name={name}]").fill(text)
    press(page, "button[value=check]:not(.unseen)")
    page.goto(f"{issue}?lang=fr")
    press(page, "form:has([value=test]) button:not(.unseen)")
    services().desk.jobs.run_open(60)
    page.goto(f"{issue}?lang=fr")
    press(page, "form:has([value=ask]) button")
    approve(page, mailer)
    page.goto(f"{issue}/send?lang=fr")
    page.locator("[name=when][value=now]").check()
    page.locator("[name=confirm]").check()
    press(page, "main form button:not(.unseen)")
    go(clock)
    page.goto(f"{issue}?lang=fr")
    assert "Envoyé" in page.locator(".state strong").inner_text()


def go_away(page: Page, address: str, store: MemoryStore) -> None:
    page.goto(f"{address}/desk/account?lang=fr")
    page.locator("#f-until").fill("2027-06-01")
    press(page, "form:has(#f-until) button")
    page.goto(f"{address}/desk/files?lang=fr")
    assert "absence" in page.locator("h1").inner_text()

"""A day at the desk: signed in by mail, a file found, noted and decided, by keys and no script."""

import re
from typing import NamedTuple

import pytest
from chalice.test import Client
from playwright.sync_api import Browser, Page

import app as application
import samples
from chalicelib.cases.roles import ROLES
from fakes import MemoryMailer, MemoryStore
from staff_browser import code_of, link_of, sign_in_letter
from tests.browser.test_pages import AXE, MAX_HEIGHT, TAGS, too_wide, violations
from visitor import Visitor

RITA = "rita.roy@example.org"


class Words(NamedTuple):
    lang: str
    width: int
    scheme: str
    files: str
    remove: str
    found: str
    decided: str
    note: str
    filter: str
    search: str


FR = Words(
    "fr", 360, "dark", "Dossiers", "Tout retirer", "Résultats pour « bateau »",
    "Annuler cette décision", "À rappeler mardi.", "Filtrer et trier", "Chercher",
)  # fmt: skip
EN = Words(
    "en", 1280, "light", "Files", "Remove all", "Results for “bateau”", "Undo this decision",
    "To call on Tuesday.", "Filter and sort", "Search",
)  # fmt: skip


def deliver() -> None:
    while "sent" in application.services().mail.outbox.sweep():  # type: ignore[attr-defined]
        pass


def press(page: Page, selector: str) -> None:
    """Press a button or follow a link, as somebody does who has no mouse."""
    with page.expect_navigation():
        page.locator(selector).last.press("Enter")


def typed(page: Page, name: str, text: str) -> None:
    page.locator(f"main [name='{name}']").first.focus()
    page.keyboard.insert_text(text)


def check(page: Page, shared: Page, words: Words) -> None:
    """The page that is there fits, and axe finds nothing."""
    assert page.locator("html").get_attribute("lang") == f"{words.lang}-CA"
    assert too_wide(page) == []
    shared.set_viewport_size({"width": words.width, "height": 900})
    shared.emulate_media(color_scheme=words.scheme)  # type: ignore[arg-type]
    shared.set_content(page.content())
    if not shared.evaluate("'axe' in window"):
        shared.evaluate(AXE)
    assert violations(shared, TAGS) == []


def sign_in(page: Page, address: str, words: Words, mailer: MemoryMailer) -> None:
    """By the link in French, by the code in English."""
    page.goto(f"{address}/desk/files?lang={words.lang}")
    typed(page, "email", RITA)
    press(page, "main form button")
    deliver()
    letter = sign_in_letter(mailer, RITA)
    if words.lang == "fr":
        page.goto(f"{address}{link_of(letter)}")
    else:
        typed(page, "code", code_of(letter))
    press(page, "main form button")


def declare_two() -> None:
    visitor = Visitor(Client(application.app))
    for name in ("Maison de la Rive", "Bateau d’Été"):
        given = samples.eoi(org_legal_name=name, contact_email=f"{len(name)}@example.org")
        assert visitor.send("/forms/eoi", given).status_code == 201


@pytest.mark.parametrize("words", [FR, EN], ids=["link", "code"])
def test_a_day_at_the_desk_takes_no_mouse_and_no_script(
    browser: Browser, shared: Page, address: str, store: MemoryStore, mailer: MemoryMailer,
    words: Words,
) -> None:  # fmt: skip
    declare_two()
    for row in store.kinds("staff"):
        row["lang"] = words.lang
    context = browser.new_context(
        java_script_enabled=False,
        viewport={"width": words.width, "height": 800},
        locale=f"{words.lang}-CA",
    )
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    sign_in(page, address, words, mailer)
    assert page.locator("h1").inner_text() == words.files, "on to the page that was asked for"
    assert page.locator("table.files tbody tr").count() == 2
    check(page, shared, words)
    narrow_and_widen(page, words)
    search(page, shared, words)
    decide(page, shared, words, store)
    press(page, "nav.desk form button")
    page.goto(f"{address}/desk/files")
    assert page.locator("main [name=email]").count() == 1, "signed out"
    assert [text for text in refused if "Content Security Policy" in text] == []
    context.close()


def narrow_and_widen(page: Page, words: Words) -> None:
    page.get_by_text(words.filter).press("Enter")
    page.locator("main [name=form]").select_option("eoi")
    page.locator("main [name=late]").press("Space")
    press(page, "main details form button")
    assert page.locator("table.files").count() == 0
    assert page.locator("ul.chosen li").count() == 3
    press(page, f"a:text-is('{words.remove}')")
    assert page.locator("table.files tbody tr").count() == 2


def search(page: Page, shared: Page, words: Words) -> None:
    typed(page, "q", "bateau")
    press(page, "form[role=search] button")
    assert page.locator("h2").inner_text().replace("\u00a0", " ") == words.found
    assert page.locator("table.files tbody tr").count() == 1
    check(page, shared, words)
    press(page, "table.files a")
    assert "Bateau d’Été" in page.locator("h1").inner_text()


def decide(page: Page, shared: Page, words: Words, store: MemoryStore) -> None:
    page.locator("summary:has-text('(0)')").press("Enter")
    typed(page, "note", words.note)
    press(page, "main details form button:near(#f-note)")
    assert words.note in page.locator("main blockquote").first.inner_text()
    check(page, shared, words)
    page.locator("[name=decision][value=approve]").press("Space")
    press(page, "button[name=preview]")
    assert "invite=" in page.locator("#foreseen pre").inner_text()
    assert page.locator("#foreseen").evaluate("e => e === document.activeElement")
    page.locator("form:has([value=approve]) [name=confirm]").press("Space")
    press(page, "form:has([value=approve]) button")
    assert page.get_by_role("button", name=words.decided).count() == 1
    check(page, shared, words)
    states = {row["answers"]["org_legal_name"]: row["state"] for row in store.kinds("case")}
    assert states == {"Maison de la Rive": "EOI_PENDING", "Bateau d’Été": "EOI_APPROVED"}
    assert re.search(r"done=", page.url)


@pytest.mark.parametrize("words", [FR, EN], ids=["narrow", "wide"])
def test_lists_are_exported_and_decided_and_the_roster_kept_without_a_mouse(
    browser: Browser, shared: Page, address: str, store: MemoryStore, mailer: MemoryMailer,
    words: Words,
) -> None:  # fmt: skip
    declare_two()
    for row in store.kinds("staff"):
        store.items[row["pk"], row["sk"]] |= {"lang": words.lang, "roles": list(ROLES)}
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": words.width, "height": 800},
        locale=f"{words.lang}-CA",
    )  # fmt: skip
    page = context.new_page()

    def seen(name: str) -> None:
        """Each page fits, and axe looks at it at one of the two widths."""
        assert too_wide(page) == [], name
        assert page.evaluate("document.documentElement.scrollHeight") <= MAX_HEIGHT, name
        if (name in ("export", "many", "programme/sam-lee")) == (words is FR):
            check(page, shared, words)

    sign_in(page, address, words, mailer)
    page.goto(f"{address}/desk/export?tab=to_decide&lang={words.lang}")
    press(page, "main form:has([value=send_code]) button")
    deliver()
    typed(page, "code", code_of(mailer.to(RITA)[-1].text))
    press(page, "main form:has([value=confirm]) button")
    seen("export")
    press(page, "main form button:not(.unseen)")
    assert page.locator("a.button[href$='/file']").count() == 1
    seen("made")
    page.goto(f"{address}/desk/files?tab=to_decide&lang={words.lang}")
    for box in page.locator(".pick input[type=checkbox]").all():
        box.press("Space")
    press(page, "form.wide button.quiet")
    page.locator("[name=decision][value=approve]").press("Space")
    press(page, "button[name=preview]")
    seen("many")
    page.locator("[name=confirm]").press("Space")
    press(page, "button[name=decide]")
    assert page.locator("main .rows li").count() == 2
    assert {row["state"] for row in store.kinds("case")} == {"EOI_APPROVED"}
    seen("done")
    press(page, "main .rows a")
    press(page, "a[href*='/print']")
    seen("print")
    for path in ("programme", "programme/sam-lee", "log"):
        page.goto(f"{address}/desk/{path}?lang={words.lang}")
        seen(path)
    context.close()


def test_a_question_is_worded_anew_and_read_on_the_form_in_both_languages(
    browser: Browser, shared: Page, address: str, store: MemoryStore, mailer: MemoryMailer
) -> None:
    for row in store.kinds("staff"):
        store.items[row["pk"], row["sk"]] |= {"lang": "fr", "roles": list(ROLES)}
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 800}, locale="fr-CA"
    )
    page = context.new_page()
    sign_in(page, address, FR, mailer)
    for path in ("rules", "rules/reasons", "texts"):
        page.goto(f"{address}/desk/{path}?lang=fr")
        assert too_wide(page) == [], path
        assert page.evaluate("document.documentElement.scrollHeight") < 4_000, path
    press(page, "main a[href$='/texts/form-eoi']")
    press(page, "main a[href$='section=organization']")
    press(page, "main a[href*='org_legal_name.label']")
    for name, text in (("text.fr", "Quel est l'organisme"), ("text.en", "Which organization"),
                       ("why", "plus simple")):  # fmt: skip
        page.locator(f"[name='{name}']").fill(text)
    press(page, "button[value=preview]")
    assert page.locator("#preview mark").all_inner_texts() == [
        "Quel est l’organisme", "Which organization"
    ]  # fmt: skip
    check(page, shared, FR)
    press(page, "button[value=save]")
    press(page, "main form:has([value=send_code]) button")
    deliver()
    typed(page, "code", code_of(mailer.to(RITA)[-1].text))
    press(page, "main form:has([value=confirm]) button")
    assert page.locator("[name='text.en']").input_value() == "Which organization", "it was kept"
    press(page, "button[value=save]")
    assert page.locator("#versions + ul li").count() == 2
    for lang, label in (("fr", "Quel est l’organisme"), ("en", "Which organization")):
        page.goto(f"{address}/forms/eoi?lang={lang}")
        press(page, "main form button")
        page.goto(f"{page.url.partition('?')[0].rpartition('/')[0]}/organization?lang={lang}")
        assert page.locator("label[for=f-org-legal-name]").inner_text().startswith(label)
    context.close()

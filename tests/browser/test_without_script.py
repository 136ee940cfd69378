"""The app and a browser that runs no script: a form is sent, mended and received."""

import re
from pathlib import Path

import pytest
from chalice.test import Client
from playwright.sync_api import Page

import app as application
import samples
from fakes import MemoryMailer, MemoryStore, SetClock
from visitor import Visitor

KIT = Path(__file__).resolve().parents[2] / "website" / "kit"


def test_a_declaration_is_refused_mended_and_received(
    plain: Page, address: str, store: MemoryStore, clock: SetClock
) -> None:
    pasted = (KIT / "eoi.fr.html").read_text("utf-8")
    plain.set_content(pasted.replace("https://relais.example.org/api", address))
    # The stream is not asked: the programme has one.
    wrong = {"contact_email": "ada@", "org_city": "", "partners": samples.EOI["partners"][:1]}
    fill(plain, samples.as_html(samples.eoi(stream=None, **wrong)))
    clock.pass_(seconds=90)
    plain.get_by_role("button", name="Soumettre la déclaration").click()

    assert plain.title().startswith("Erreur\u00a0:")
    assert plain.locator(".summary li").count() == 2
    assert plain.locator(".summary").evaluate("e => e === document.activeElement")
    assert plain.locator("main form .field [name]:visible").count() == 4, "and both boxes"
    legal_name = plain.locator("[name=org_legal_name][type=hidden]")
    assert legal_name.input_value() == samples.EOI["org_legal_name"]
    kept = plain.locator("[name='partners[0].name']")
    assert kept.input_value() == "École du Parc"
    plain.get_by_role("button", name="English").click()
    assert plain.title().startswith("Error:")
    assert kept.input_value() == "École du Parc"
    plain.get_by_role("button", name="Français").click()
    assert not store.kinds("case")
    plain.locator("[name=contact_email]").fill("ada@example.org")
    plain.locator("[name=org_city]").fill("Montréal")
    plain.get_by_role("main").get_by_role("button").first.click()

    assert plain.locator("h1").inner_text() == "Merci, c’est bien reçu"
    (case,) = store.kinds("case")
    assert re.search(r"DI-2026-\w{5}-\w", plain.get_by_role("status").inner_text())
    assert case["answers"]["partners"][0]["name"] == "École du Parc"
    assert case["answers"]["issue_areas"] == ["employment", "youth"], "in the order of the page"

    plain.get_by_role("link", name="English").click()
    assert plain.locator("h1").inner_text() == "Thank you, we have it"


def test_the_style_passes_the_page_s_own_policy(page: Page, address: str) -> None:
    page.goto(f"{address}/forms/eoi?lang=en")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.reload()
    width = page.locator("main").evaluate("e => getComputedStyle(e).maxWidth")
    assert width == "736px", "46 rem: the style applies"
    assert [text for text in said if "Content Security Policy" in text] == []


def test_a_self_assessment_shows_its_result(plain: Page, address: str, clock: SetClock) -> None:
    plain.goto(f"{address}/forms/assessment?lang=en")
    plain.get_by_role("button", name="Start").click()
    go = plain.get_by_role("main").get_by_role("button")
    go.click()
    assert plain.locator(".summary").evaluate("e => e === document.activeElement"), "nothing chosen"
    for number, (key, value) in enumerate(samples.ASSESSMENT.items(), 1):
        assert f"Question {number} of 5" in plain.title()
        plain.locator(f"[name={key}][value={value}]").check()
        if number == 3:
            plain.get_by_role("link", name="Français").click()
            plain.get_by_role("link", name="English").click()
            plain.get_by_role("link", name="Previous question").click()
            go.click()
            plain.locator(f"[name={key}][value={value}]").check()
        go.click()
    plain.go_back()
    assert plain.locator("[name=q5_capacity]:checked").count() == 1
    plain.go_forward()
    clock.pass_(seconds=30)
    go.click()
    assert plain.locator("h1").inner_text() == "You are well placed to benefit from coaching"


def fill(page: Page, pairs: list[tuple[str, str]]) -> None:
    """As a person would: opens folded rows, ticks, chooses and types."""
    while (folded := page.locator("details:not([open]) > summary")).count():
        folded.first.click()
    for name, value in pairs:
        controls = page.locator(f"[name='{name}']")
        kind = controls.first.get_attribute("type")
        if kind in ("radio", "checkbox"):
            page.locator(f"[name='{name}'][value='{value}']").check()
        elif controls.first.evaluate("e => e.tagName") == "SELECT":
            controls.select_option(value)
        else:
            controls.fill(value)


@pytest.mark.parametrize(
    ("lang", "heading", "choice", "done"),
    [
        ("fr", "Une autre déclaration est arrivée pour votre adresse", "C’est un autre projet",
         "Ce projet a son propre dossier"),
        ("en", "Another declaration came for your address", "It is another project",
         "This project has a file of its own"),
    ],
)  # fmt: skip
def test_an_address_says_what_a_second_declaration_is(  # noqa: PLR0913
    plain: Page, address: str, store: MemoryStore, mailer: MemoryMailer,
    lang: str, heading: str, choice: str, done: str,
) -> None:  # fmt: skip
    visitor = Visitor(Client(application.app))
    for city in ("Montréal", "Laval"):
        given = samples.eoi(contact_email="ada@example.org", contact_language=lang, org_city=city)
        assert visitor.send("/forms/eoi", given).status_code == 201
        while "sent" in application.services().mail.outbox.sweep():  # type: ignore[attr-defined]
            pass
    plain.goto(re.findall(r"\S+/declaration/\S+", mailer.to("ada@example.org")[-1].text)[0])
    assert plain.locator("h1").inner_text() == heading
    assert plain.locator(".changes ins").inner_text() == "Laval"
    button = plain.locator("main form button")
    button.click()
    assert plain.locator(".summary").evaluate("e => e === document.activeElement")
    assert {case["state"] for case in store.kinds("case")} == {"EOI_PENDING", "EOI_TO_CONFIRM"}
    plain.get_by_label(choice).check()
    button.click()
    assert plain.locator("h1").inner_text() == done
    assert [case["state"] for case in store.kinds("case")] == ["EOI_PENDING"] * 2

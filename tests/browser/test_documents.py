"""Documents as a person brings them: a phone's width, no script, by keys, in both languages."""

import re
from typing import Any

from playwright.sync_api import Page

import app
import files
from chalicelib.forms.attachments.ports import CLEAN, THREATS
from chalicelib.services import Services
from fakes import MemoryDocuments, MemoryStore

KEY = "f-file-other"
FIELD = f"#{KEY}"


def choose(page: Page, name: str, body: bytes) -> None:
    """Choose a file, and press the button that adds it."""
    given: Any = {"name": name, "mimeType": "application/pdf", "buffer": body}
    page.locator(FIELD).set_input_files(given)
    press(page, "button[value='add:file_other']")


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.press("Enter")


def scanned(result: str) -> None:
    service: Services = vars(app)["services"]()
    bucket: Any = service.parts.documents()
    assert isinstance(bucket, MemoryDocuments)
    for key in bucket.bodies:
        bucket.results.setdefault(key, result)
        service.drafts.minder.heard(key)


def test_a_person_adds_looks_at_and_removes_documents_without_a_script(
    plain: Page, address: str, store: MemoryStore
) -> None:
    plain.set_viewport_size({"width": 360, "height": 800})
    plain.goto(f"{address}/forms/application?lang=fr&uninvited=1")
    with plain.expect_navigation():
        plain.locator("form[action*='/draft?'] button[type=submit]").first.press("Enter")
    draft = re.sub(r"/[a-z_]+\?.*", "", plain.url)
    plain.goto(f"{draft}/tasks?lang=fr")
    with plain.expect_navigation():
        plain.get_by_role("link", name="Documents").press("Enter")
    before = int(plain.evaluate("document.documentElement.scrollHeight"))
    choose(plain, "virus.pdf", b"MZ\x90\x00" + bytes(90))
    assert plain.locator(".summary a").get_attribute("href") == f"#{KEY}"
    assert plain.locator(FIELD).get_attribute("aria-describedby") == f"{KEY}-error"
    after = int(plain.evaluate("document.documentElement.scrollHeight"))
    assert after - before < 600
    assert plain.evaluate("document.documentElement.scrollWidth") == 360
    choose(plain, "Été à l’école.pdf", files.pdf())
    assert "Le document est joint" in plain.locator("[role=status]").inner_text()
    choose(plain, "plan.docx", files.docx())
    scanned(CLEAN)
    choose(plain, "photo.jpg", files.jpeg())
    scanned(THREATS)
    plain.reload()
    assert plain.get_by_role("link", name="Été à l’école.pdf").count() == 1
    assert plain.get_by_role("link", name="photo.jpg").count() == 0
    assert plain.get_by_text("logiciel malveillant").count() == 1
    assert plain.locator(FIELD).count() == 0, "there are three"
    with plain.expect_navigation():
        plain.get_by_role("button", name="Retirer – photo.jpg").press("Enter")
    assert "retiré" in plain.locator("[role=status]").inner_text()
    with plain.expect_navigation():
        plain.get_by_role("link", name="English").press("Enter")
    assert plain.get_by_role("button", name="Remove – plan.docx").count() == 1
    press(plain, "button[value='large:file_other']")
    assert plain.locator("form[enctype] input[type=hidden][name=policy]").count() == 1
    assert plain.locator("html").get_attribute("lang") == "en-CA"
    assert {row["state"] for row in store.kinds("attachment")} == {"clean", "expected", "held_back"}


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    page: Page, address: str, store: MemoryStore
) -> None:
    page.goto(f"{address}/forms/application?lang=fr&uninvited=1")
    page.click("main form button")
    page.goto(re.sub(r"/[a-z_]+\?.*", "/documents?lang=fr", page.url))
    over = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": bytes(4_300_000)}
    for large, words in ((False, "dépasse 4\u00a0Mo"), (True, "")):
        if large:
            page.click("button[value='large:file_other']")
        box = page.locator("input[type=file]").last
        box.set_input_files(over)  # type: ignore[arg-type]
        told = str(box.evaluate("each => each.validationMessage"))
        assert words in told if words else told == ""
    assert "25\u00a0Mo" in str(box.get_attribute("data-over"))
    # The service's clock stands still: for the browser, the hour of the offer is over. It is
    # renewed as the file is sent, which needs no second choice.
    page.route("https://bucket.example/**", lambda route: route.fulfill(status=204))
    old = page.locator("[name=key]").input_value()
    with page.expect_request("https://bucket.example/"):
        page.get_by_role("button", name="Envoyer").click()
    keys = {f"incoming/{row['pk'].partition('#')[2]}" for row in store.kinds("attachment")}
    assert keys - {old} == {page.locator("[name=key]").input_value()}

"""The directory is imported, restored, and its held messages judged, by keys alone and no script."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

import sample_coaches
from chalicelib.coaches.directory import sheets
from chalicelib.forms.cells import read_cells
from fakes import MemoryMailer, MemoryStore
from staff_browser import code_of
from tests.browser.test_desk import EN, FR, RITA, Words, deliver, press, sign_in, typed
from tests.browser.test_newsletter_desk import seen, services


def publish(keep: int) -> None:
    """Publish the directory with some of its coaches, one of them in another town."""
    cells = read_cells("coaches.csv", sample_coaches.SAMPLE.read_bytes())
    coaches = sheets.parse(cells).coaches[:keep]
    moved = coaches[0].model_copy(update={"city": "Matane"})
    editions = services().coaches.editions
    editions.publish((moved, *coaches[1:]), by="t", why="first.csv", after=editions.current())


def hold_one() -> None:
    """Write to one coach until a message is held."""
    messages, number = services().coaches.messages, 0
    while not messages.number_held():
        number += 1
        fields = {"name": "Zoé", "email": "zoe@example.org", "message": f"Bonjour {number}"}
        messages.send(sample_coaches.MIREILLE, fields, "fr", address=f"192.0.{number}.1")


@pytest.mark.parametrize("words", [FR, EN._replace(width=360)], ids=["dark", "light"])
def test_the_directory_is_imported_restored_and_answered_for_on_a_phone_by_keys(
    browser: Browser, shared: Page, address: str, store: MemoryStore, mailer: MemoryMailer,
    words: Words,
) -> None:  # fmt: skip
    publish(20)
    hold_one()
    store.items["STAFF", "rita-roy"] |= {"lang": words.lang, "roles": ["manager"]}
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 800},
        locale=f"{words.lang}-CA", color_scheme=words.scheme,  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, address, words, mailer)
    base = f"{address}/desk/coaches"
    page.goto(f"{base}/import?lang={words.lang}")
    press(page, "main form:has([value=send_code]) button")
    deliver()
    typed(page, "code", code_of("\n".join(mail.text for mail in mailer.to(RITA))))
    press(page, "main form:has([value=confirm]) button")

    def look(name: str) -> None:
        seen(page, f"coaches-{name}", shared, words)

    press(page, "main form:has(#f-file) button")
    assert page.locator("[role=alert] a[href='#f-file']").count() == 1, "no file was chosen"
    look("import")
    bring(page, "coachs.csv", b"name,city\n,\n")
    assert page.locator("[role=alert] li").count() >= 1, "each fault of the sheet, in words"
    look("faults")
    press(page, "nav.jump a")
    bring(page, "coachs.csv", sample_coaches.SAMPLE.read_bytes())
    assert page.locator("#changes del").first.inner_text() == "Matane"
    press(page, "main form:has(#f-confirm) button")
    assert page.locator("#f-confirm[aria-invalid]").count() == 1, "a tick first"
    look("plan")
    page.locator("#f-confirm").press("Space")
    press(page, "main form:has(#f-confirm) button")
    assert page.locator("main [role=status]").count() == 1
    look("table")
    press(page, "main a[href$='/editions']")
    look("editions")
    press(page, "td.pick a")
    look("restoring")
    page.locator("#f-confirm").press("Space")
    press(page, "main form:has(#f-confirm) button")
    assert len(services().coaches.editions.restorable()) == 3
    press(page, "main a[href$='/messages']")
    look("messages")
    press(page, "[name=act][value=release]")
    assert services().coaches.messages.number_held() == 0
    look("released")
    context.close()


def bring(page: Page, name: str, data: bytes) -> None:
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": data}
    page.locator("#f-file").set_input_files(file)
    press(page, "main form:has(#f-file) button")

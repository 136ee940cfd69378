"""What is printed: a blank form on few sheets, and a copy of what was sent, whole."""

import re

import pytest
from playwright.sync_api import Page

import gallery
from chalicelib import content
from chalicelib.core.languages import Lang

SHEETS = {"assessment": 2, "eoi": 4, "application": 7}


def sheets(page: Page) -> int:
    """Return how many sheets of letter paper a page takes."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="Letter")))


@pytest.mark.parametrize("lang", gallery.LANGS)
@pytest.mark.parametrize("form", SHEETS)
def test_a_blank_form_fits_on_few_sheets(page: Page, address: str, form: str, lang: Lang) -> None:
    page.goto(f"{address}/forms/{form}?blank=1&lang={lang}")
    page.emulate_media(media="print")
    assert sheets(page) <= SHEETS[form]
    shown = page.inner_text("main")
    fields = [f for section in content.form(form)["sections"] for f in section["fields"]]
    # The words of one box are those of the newsletter.
    asked = [f for f in fields if not f.get("hidden") and f["key"] != "consent_newsletter"]
    assert [f["key"] for f in asked if f["label"][lang].rstrip(".") not in shown] == []
    under_a_condition = sum("when" in f for f in asked)
    assert page.locator(
        ".ask:has-text('À remplir si'), .ask:has-text('Fill this in if')"
    ).count() >= (under_a_condition)
    assert page.locator("input, textarea, select").count() == 0


def test_a_copy_is_printed_with_all_answers_and_nothing_to_press(shared: Page) -> None:
    shared.set_content(gallery.pages("fr")["file-copy"])
    shared.emulate_media(media="print")
    assert "Copie de vos réponses" in shared.inner_text("main")
    assert not shared.is_visible(".unprinted")
    assert not shared.is_visible("header > a")
    assert sheets(shared) <= 6
    shared.emulate_media(media="screen")

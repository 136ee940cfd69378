"""The form page by keyboard alone: an order that follows the eye, and a focus one can see."""

import pytest
from playwright.sync_api import Page

import gallery
from chalicelib.core.languages import Lang

HERE = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e)
  return {
    id: e.id, tag: e.tagName, text: e.textContent.trim(), type: e.type ?? '',
    name: e.getAttribute('name') ?? '', top: box.top + scrollY, left: box.left,
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  }
}"""

CONTROLS = """() => {
  const stops = 'input:not([type=hidden]):not([tabindex]), select, textarea, summary, button, a[href]'
  const radios = new Set()
  return [...document.querySelectorAll('main :is(' + stops + ')')]
    .filter(e => e.checkVisibility())
    .filter(e => e.type !== 'radio' || !radios.has(e.name) && radios.add(e.name))
    .map(e => e.type === 'radio' ? e.name : e.id || e.textContent.trim())
}"""


@pytest.mark.parametrize("lang", gallery.LANGS)
def test_tab_goes_through_the_form_as_the_eye_does(page: Page, lang: Lang) -> None:
    page.set_content(gallery.pages(lang)["draft-section"])
    expected, stops = page.evaluate(CONTROLS), []
    for _ in range(len(expected) + len(("skip", "home", "switch"))):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(HERE))
    assert [stop for stop in stops if not (stop["outlined"] and stop["seen"])] == []
    skip, home, switch, *controls = stops
    assert skip["text"] in ("Aller au contenu", "Skip to content")
    assert home["text"] == "Innoweave"
    assert switch["text"] in ("English", "Français")
    reached = [
        stop["name"] if stop["type"] == "radio" else stop["id"] or stop["text"] for stop in controls
    ]
    assert len(reached) > 8
    assert reached == expected
    assert "f-website" not in reached, "the trap is for machines"


def test_the_order_of_controls_is_their_order_on_the_page(page: Page) -> None:
    """Down the page; and within a block of two columns, down each."""
    page.set_viewport_size({"width": 360, "height": 700})
    page.context.set_offline(True)
    page.set_content(gallery.website("fr")["application"])
    page.evaluate("document.querySelectorAll('details.section').forEach(d => { d.open = true })")
    tops = page.evaluate(
        "[...document.querySelectorAll('main :is(input:not([type=hidden]):not([tabindex]),"
        "select,textarea,summary,button)')].filter(e => e.checkVisibility())"
        ".map(e => e.getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)
    assert len(tops) > 100


def test_the_skip_link_leads_past_the_header(page: Page) -> None:
    page.set_content(gallery.pages("fr")["newsletter"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main form input') !== null")


@pytest.mark.parametrize("form", ["eoi", "application"])
def test_a_link_of_the_summary_leads_to_its_field(page: Page, form: str) -> None:
    page.set_content(gallery.pages("fr")[f"{form}-errors"])
    links = page.locator(".summary a")
    assert links.count() > 2
    for number in range(links.count()):
        link = links.nth(number)
        target = str(link.get_attribute("href"))[1:]
        link.focus()
        page.keyboard.press("Enter")
        here = page.evaluate(HERE)
        assert here["id"] == target
        assert here["seen"], f"{target} is out of sight"
        field = page.locator(f"[id='{target}']")
        assert field.evaluate("e => e.closest('.wrong, .field') !== null")


def test_more_rows_are_asked_for_by_keyboard(page: Page) -> None:
    page.context.set_offline(True)
    page.set_content(gallery.website("fr")["eoi"])
    row = page.locator("[name='partners[0].name']")
    assert not row.is_visible()
    page.locator("details.section:not([open]):has(.row) > summary").first.focus()
    page.keyboard.press("Enter")
    row.focus()
    for _ in ("sector", "commitment", "more"):
        page.keyboard.press("Tab")
    where = page.evaluate("document.activeElement.formAction")
    assert where.endswith("/draft?form=eoi&lang=fr&rows=partners")


@pytest.mark.parametrize(
    "name", ["draft-section", "eoi-errors", "review-application", "decided-undo"]
)
def test_what_is_clicked_is_large_enough(page: Page, name: str) -> None:
    """At least 24 by 24 px (WCAG 2.5.8); ours are 44 px high, with their label."""
    page.set_viewport_size({"width": 360, "height": 700})
    page.set_content(gallery.pages("fr")[name])
    small = page.evaluate(
        "[...document.querySelectorAll('button, .button, select, .choice, header a, summary,"
        "input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not([tabindex])')]"
        ".filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 80),"
        "e.getBoundingClientRect().height]).filter(([, height]) => height < 43.9)"
    )
    assert small == []

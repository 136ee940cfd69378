"""What browsers, keyboards and assistive technologies make of every page and letter."""

import re
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

import gallery
from chalicelib.core.languages import Lang
from chalicelib.views import kit_parts

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = 360
WIDTHS = (320, PHONE, 1280)
ZOOMED = 640
"""The last one, at 200 %."""

SPACED = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
"""What a reader may ask for without losing anything (WCAG 1.4.12)."""

LARGE = "html{font-size:200%}"
"""What a reader may set in their browser instead of a zoom (WCAG 1.4.4)."""

MAX_HEIGHT = 4_000
"""Pixels of a page on a phone, as it comes: five screens; ours, and a website's with our part. What is folded is opened by whoever
wants it."""

Shown = tuple[str, str]


def documents(lang: Lang) -> Iterator[Shown]:
    yield from ((f"page {name}", page) for name, page in gallery.pages(lang).items())
    yield from ((f"letter {name}", mail.html) for name, mail in gallery.letters(lang).items())
    yield from ((f"issue {name}", mail) for name, mail in gallery.issue_mails(lang).items())
    yield from ((f"website {name}", page) for name, page in gallery.website(lang).items())


NAMES = [
    *(f"page {name}" for name in gallery.PAGES),
    *(f"letter {name}" for name in gallery.LETTERS),
    *(f"issue {name}" for name in gallery.ISSUES),
    *(f"website {name}" for name in gallery.SITE),
]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=gallery.LANGS)
def document(request: pytest.FixtureRequest, name: str) -> str:
    return dict(documents(request.param))[name]


def test_a_page_is_accessible_in_light_and_in_dark_and_fits(
    shared: Page, name: str, document: str
) -> None:
    shared.set_viewport_size({"width": PHONE, "height": 800})
    shared.emulate_media(color_scheme="light")
    shared.set_content(document)
    if name.startswith(("page ", "website ")):
        assert shared.evaluate("document.documentElement.scrollHeight") <= MAX_HEIGHT
    shared.set_viewport_size({"width": WIDTHS[-1], "height": 900})
    # One of the folded parts stands for all: they are rows of the same kinds.
    shared.evaluate("document.querySelectorAll('details')[0]?.setAttribute('open', '')")
    # The window outlives its documents, and axe is large.
    if not shared.evaluate("'axe' in window"):
        shared.evaluate(AXE)
    # The scheme changes colours alone, and the language none.
    is_french = 'lang="fr-CA"' in document.partition("<head>")[0]
    assert violations(shared, TAGS, colours=is_french) == []
    if is_french:
        shared.emulate_media(color_scheme="dark")
        assert violations(shared, ["cat.color"]) == []
    shared.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    # Of the two languages French is the longer one, and the pages are the same.
    for width in reversed(WIDTHS if is_french else WIDTHS[:1]):
        shared.set_viewport_size({"width": width, "height": 900})
        assert too_wide(shared) == [], f"at {width} px"
    shared.add_style_tag(content=SPACED)
    assert too_wide(shared) == [], "with wider spacing"
    if is_french:
        shared.set_viewport_size({"width": ZOOMED, "height": 900})
        assert too_wide(shared) == [], "at twice the size"
        shared.set_viewport_size({"width": WIDTHS[-1], "height": 900})
        shared.add_style_tag(content=LARGE)
        assert [*too_wide(shared), *shared.evaluate(LOST)] == [], "with text of twice the size"


LOST = """() => {
  const spoken = [...document.querySelectorAll('body *')].filter(
    e => e.clientHeight <= 1 && getComputedStyle(e).overflow === 'hidden')
  const shown = e => e.checkVisibility() && !e.closest('.unseen, .trap, .skip, option')
    && !spoken.some(each => each.contains(e))
  const rooms = [...document.querySelectorAll('body *')].filter(e => {
    const { overflowX, overflowY } = getComputedStyle(e)
    const cut = /hidden|clip/.test(overflowX) && e.scrollWidth > e.clientWidth + 1
      || /hidden|clip/.test(overflowY) && e.scrollHeight > e.clientHeight + 1
    return cut && !e.matches('input, select, textarea') && shown(e)
  })
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), lines = []
  for (let text; (text = texts.nextNode());) {
    if (!text.data.trim() || !shown(text.parentElement)) continue
    const range = document.createRange()
    range.selectNodeContents(text)
    for (const { left, right, top, bottom } of range.getClientRects())
      lines.push({ left, right, top: top + 3, bottom: bottom - 3, text })
  }
  lines.sort((one, other) => one.top - other.top)
  const over = lines.flatMap((line, at) => {
    const found = []
    for (let next = at + 1; next < lines.length && lines[next].top < line.bottom; next++) {
      const { left, right, text } = lines[next]
      if (text !== line.text && left < line.right - 2 && right > line.left + 2)
        found.push(`over each other: ${line.text.data} | ${text.data}`)
    }
    return found
  })
  return [...rooms.map(e => `cut: ${e.outerHTML.slice(0, 120)}`), ...over]
}"""
"""Text that is cut off, or stands on other text; some is there to be heard alone."""

MOVED = """() => new Promise(done => {
  const moved = []
  const note = entry => entry.hadRecentInput ||
    moved.push(...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? 'text'))
  new PerformanceObserver(list => list.getEntries().forEach(note))
    .observe({ type: 'layout-shift', buffered: true })
  requestAnimationFrame(() => setTimeout(() => done(moved), 30))
})"""

HERE = "https://relais.example.org/here"
SCRIPT = re.compile(r'<script src="[^"]*/kit/(\w+\.js)"')
BROUGHT = re.compile(
    r"<(?:img|iframe|video|object|embed|link rel=.stylesheet)\b|@font-face|@import"
)
"""What a browser would lay out once more when it comes."""


def test_nothing_moves_as_a_page_comes_and_as_its_script_comes_after_it(page: Page) -> None:
    shown: dict[str, str] = {}
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.route("**/*", lambda route: route.abort())
    page.route(HERE, lambda route: route.fulfill(body=shown["here"], content_type="text/html"))
    documents = {f"website {name}": html for name, html in gallery.website("fr").items()}
    moved = {}
    for name, html in (gallery.pages("fr") | documents).items():
        assert not BROUGHT.search(html), name
        if not (script := SCRIPT.search(html)):
            continue
        shown["here"] = html
        page.goto(HERE)
        found = page.evaluate(MOVED)
        page.add_script_tag(content=kit_parts.file(script[1]))
        if found := found + page.evaluate(MOVED):
            moved[name] = found
    assert moved == {}


def test_a_box_counts_what_is_typed_and_says_when_it_is_too_much(shared: Page) -> None:
    shared.set_viewport_size({"width": PHONE, "height": 800})
    pages = gallery.pages("fr")
    for name, box in (
        ("file-question", "f-answer"),
        ("review-eoi", "f-message"),
        ("desk-file", "f-note"),
    ):
        assert SCRIPT.search(pages[name]), "the script comes with the page"
        shared.set_content(pages[name])
        shared.add_script_tag(content=kit_parts.file("pages.js"))
        area, said = shared.locator(f"#{box}"), shared.locator(f"#{box}-limit")
        most = int(area.get_attribute("data-max") or 0)
        shown = f"{most:,}".replace(",", "\u00a0")
        assert said.text_content() == f"{shown} caractères au maximum"
        shared.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        area.fill("é😀" * 6)
        assert said.text_content() == f"12 caractères sur {shown}"
        area.fill("é" * (most + 1))
        assert (said.text_content() or "").startswith("Trop long")
        assert "error" in (said.get_attribute("class") or "").split()
        area.fill("")
        assert said.text_content() == f"0 caractères sur {shown}"


PAIRS = (
    "draft-section", "newsletter", "review-eoi", "review-application", "desk-file", "claim", "lost",
    "coach-message", "withdrawing", "confirming", "declaration", "assessment-question", "desk-code",
)  # fmt: skip
"""Pages that the gallery has as they come, and with a mistake."""

MAX_GROWTH = 600


def test_a_mistake_makes_a_page_little_longer_and_loses_nobody_their_place(shared: Page) -> None:
    shared.set_viewport_size({"width": PHONE, "height": 800})
    pages, grown = gallery.pages("fr"), {}
    for name in PAIRS:
        heights = []
        for page in (pages[name], pages[f"{name}-errors"]):
            shared.set_content(page)
            heights.append(shared.evaluate("document.documentElement.scrollHeight"))
        mistakes = shared.locator(".summary li").count() or 1
        grown[name] = (heights[1] - heights[0]) // mistakes
    assert {name: more for name, more in grown.items() if abs(more) >= MAX_GROWTH} == {}


def violations(page: Page, tags: list[str], *, colours: bool = True) -> list[str]:
    found = page.evaluate(
        "([tags, enabled]) => axe.run(document, {runOnly: tags, resultTypes: ['violations'],"
        " rules: {'color-contrast': {enabled}}})"
        ".then(r => r.violations.flatMap("
        "v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`)))",
        [tags, colours],
    )
    return [str(one) for one in found]


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    found = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth
          if (document.documentElement.scrollWidth <= width) return []
          const wide = [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > width + 0.5 )
          return ['scrolls', ...wide.map(e => e.outerHTML.slice(0, 120))]
        }"""
    )
    return [str(one) for one in found]

"""What browsers, keyboards and assistive technologies make of every page and letter."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

import gallery
from chalicelib.core.languages import Lang

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 360, 1280)
SPACED = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
"""What a reader may ask for without losing anything (WCAG 1.4.12)."""

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


def test_a_page_is_accessible_in_light_and_in_dark_and_fits(shared: Page, document: str) -> None:
    shared.set_viewport_size({"width": WIDTHS[-1], "height": 900})
    shared.emulate_media(color_scheme="light")
    shared.set_content(document)
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
    for width in WIDTHS:
        shared.set_viewport_size({"width": width, "height": 900})
        assert too_wide(shared) == [], f"at {width} px"
    shared.set_viewport_size({"width": WIDTHS[0], "height": 900})
    shared.add_style_tag(content=SPACED)
    assert too_wide(shared) == [], "with wider spacing"


OWN = (
    "file-",
    "home",
    "nowhere",
    "problem",
    "result-",
    "newsletter-",
    "thanks",
    "draft-",
    "receipt",
    "status",
)
"""Pages of whoever has one phone and no other screen: staff read more at once, and a whole form on
one page is for those who ask for it."""

MAX_HEIGHT = 4_000


def test_no_page_of_an_applicant_is_longer_than_five_screens_of_a_phone(shared: Page) -> None:
    long = []
    shared.set_viewport_size({"width": 360, "height": 800})
    for name, page in gallery.pages("fr").items():
        if name.startswith(OWN) and name not in ("file-copy", "file-question-errors"):
            shared.set_content(page)
            height = shared.evaluate("document.documentElement.scrollHeight")
            if height > MAX_HEIGHT:
                long.append((name, height))
    assert long == [], "but what is printed, and a form that was opened to be corrected"


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

"""`make pictures`: the pictures of the guides for staff, of the very pages that the tests look at.

A guide names them: `![what it shows](pictures/desk-files.fr.webp)`, by the page's name in
gallery.py and its language. `desk-files@2` would begin two screens below the top.
"""

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import sync_playwright

import gallery
from chalicelib.core.languages import LANGS, Lang

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
WIDTH_PIXELS, HEIGHT_PIXELS = 760, 640
QUALITY: Final = 60

_NAMED: Final = re.compile(r"!\[([^\]]+)\]\(pictures/([a-z_-]+)(?:@(\d))?\.(fr|en)\.webp\)")


class Picture(NamedTuple):
    """A picture as a guide names it; `screens`: how many lie above what it shows."""

    alt: str
    page: str
    screens: int
    lang: Lang

    @property
    def path(self) -> Path:
        at = f"@{self.screens}" if self.screens else ""
        return DOCS / "pictures" / f"{self.page}{at}.{self.lang}.webp"


def named(lang: Lang) -> Iterator[Picture]:
    """Yield the pictures of the staff's guide in a language, in order."""
    guide = (DOCS / f"staff.{lang}.md").read_text("utf-8")
    for alt, page, screens, of in _NAMED.findall(guide):
        assert of == lang, f"{page}: a picture in the other language"
        yield Picture(alt, page, int(screens or 0), lang)


def make() -> None:
    """Write every picture that a guide names, and take away those that none does."""
    (DOCS / "pictures").mkdir(exist_ok=True)
    wanted = [picture for lang in LANGS for picture in named(lang)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        size = {"width": WIDTH_PIXELS, "height": HEIGHT_PIXELS}
        page = browser.new_page(viewport=size, color_scheme="light")  # type: ignore[arg-type]
        page.context.set_offline(True)
        camera = page.context.new_cdp_session(page)
        for picture in wanted:
            page.set_content(gallery.pages(picture.lang)[picture.page])
            page.evaluate(f"window.scrollTo(0, {picture.screens * HEIGHT_PIXELS})")
            taken = camera.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
            picture.path.write_bytes(base64.b64decode(taken["data"]))
        browser.close()
    for path in (DOCS / "pictures").glob("*.webp"):
        if path not in {picture.path for picture in wanted}:
            path.unlink()


if __name__ == "__main__":
    make()

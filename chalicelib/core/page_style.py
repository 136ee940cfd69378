"""The one style sheet of our own pages: the colours of the programme's theme, and the rules."""

import base64
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from chalicelib import content
from chalicelib.content.edits import cached
from chalicelib.core.templates import TEMPLATES

if TYPE_CHECKING:
    from chalicelib.content.shapes.newsletter import Theme


class PageStyle(NamedTuple):
    """`named` is how a Content-Security-Policy calls it: no other style is applied."""

    text: str
    named: str


@cached
def page_style() -> PageStyle:
    """Return the style sheet that stands in each page."""
    rules = (TEMPLATES / "pages" / "_style.css").read_text("utf-8").strip()
    text = f"{colour_rules(content.theme())}\n{rules}"
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return PageStyle(text, f"sha256-{digest}")


def colour_rules(theme: "Theme") -> str:
    """Return the CSS that gives each colour of a theme its name: `on_link` is `--on-link`."""
    light, dark = (
        ";".join(f"--{name.replace('_', '-')}:{colour}" for name, colour in palette.items())
        for palette in cast("list[dict[str, Any]]", [theme["light"], theme["dark"]])
    )
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )

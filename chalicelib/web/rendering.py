"""The templates of pages, filled in; loaded with the first page, for scripts need no Jinja."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from chalicelib.core import templates
from chalicelib.core.languages import Lang

STYLE: Final = (templates.TEMPLATES / "pages" / "_style.css").read_text("utf-8").strip()

STYLE_HASH: Final = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""Names the one style sheet to the Content-Security-Policy: no other style is applied."""


def render(
    template: str,
    lang: Lang,
    facts: Mapping[str, object],
    *,
    frame: Mapping[str, str],
    switch_url: str,
) -> str:
    """Return the HTML of a page, of another folder than `pages` where its name has one; raises UndefinedError for a fact that the template misses."""
    return templates.render(
        f"{template if '/' in template else f'pages/{template}'}.html",
        **facts,
        lang=lang,
        frame=frame,
        style=Markup(STYLE),
        switch_url=switch_url,
    )

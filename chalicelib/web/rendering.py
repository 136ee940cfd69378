"""The templates of pages, filled in; loaded with the first page, for scripts need no Jinja."""

from collections.abc import Mapping

from markupsafe import Markup

from chalicelib.core import templates
from chalicelib.core.languages import Lang
from chalicelib.core.page_style import page_style


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
        style=Markup(page_style().text),
        switch_url=switch_url,
    )

"""Puts the styles of letters in their elements, as many mail programs drop a letter's `<style>`.

It happens once, when the package is built, in the templates themselves: whoever writes a letter
writes classes, and a request neither parses HTML nor loads what does. A template of pages that
letters use too stands among theirs as a link, which the package has as a file of its own.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import css_inline

BASE: Final = "_base/letter.html"

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_HELD = re.compile("\ue000(\\d+)\ue001")
_TAG = re.compile(r"<([a-z][a-z0-9]*)\b[^<>]*>")
_STYLE = re.compile(r' style="([^"]*)"')
_LIGHT = re.compile(r"<style>\n(.*?)</style>\n", re.DOTALL)
"""The first style of the base, which is for all screens; the next, for dark ones, stays."""


class StyleError(Exception):
    """What keeps a template from being styled, in one line."""


def inline_styles(templates: Path) -> None:
    """Style every letter under this folder of templates, in place. Raises StyleError."""
    base = templates / "email" / BASE
    light = _LIGHT.search(base.read_text("utf-8"))
    if light is None:
        raise StyleError(f"{BASE} has no style")
    of_style: list[str] = []
    css = _with_held(light[1], of_style)
    page = css_inline.CSSInliner(extra_css=css, inline_style_tags=False, keep_style_tags=True)
    for path in sorted((templates / "email").rglob("*.html")):
        source = path.read_text("utf-8")
        try:
            if path == base:
                source = source.replace(light[0], "", 1)
                styled = _styled(source, page.inline, of_style)
            else:
                styled = _styled(
                    source, lambda html: css_inline.inline_fragment(html, css), of_style
                )
        except StyleError as error:
            raise StyleError(f"{path.relative_to(templates)}: {error}") from None
        path.write_text(styled, "utf-8")


def _with_held(source: str, tags: list[str]) -> str:
    """Return a text with a number in the place of each tag of Jinja, which is added to `tags`."""

    def hold(tag: re.Match[str]) -> str:
        tags.append(tag[0])
        return f"\ue000{len(tags) - 1}\ue001"

    return _JINJA.sub(hold, source)


def _styled(source: str, style: Callable[[str], str], of_style: list[str]) -> str:
    """Return a template with the styles that its elements have once a parser read them: all else
    stays to the letter. `of_style` are the tags that are held in the style. Raises StyleError
    where the parser found other elements."""
    tags = list(of_style)
    html = _with_held(source, tags)
    found = list(_TAG.finditer(style(html)))
    if [one[1] for one in found] != [one[1] for one in _TAG.finditer(html)]:
        raise StyleError("close each element, and write each tbody")
    styles = iter([_STYLE.search(one[0]) for one in found])

    def with_style(tag: re.Match[str]) -> str:
        style = next(styles)
        return tag[0][:-1] + (style[0].replace(": ", ":").replace(';"', '"') if style else "") + ">"

    return _HELD.sub(lambda held: tags[int(held[1])], _TAG.sub(with_style, html))

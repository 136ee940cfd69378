"""The tree of an issue as HTML: for a mail with its styles inline, for a page without."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Final

from chalicelib.newsletter.issues import placeholders
from chalicelib.newsletter.issues.image_placing import UPLOADED
from chalicelib.newsletter.issues.markdown import Node, allowed, words_of
from chalicelib.newsletter.issues.theme import style

_PLAIN: Final = {
    "paragraph": "p",
    "bullet_list": "ul",
    "list_item": "li",
    "blockquote": "blockquote",
    "strong": "strong",
    "em": "em",
    "s": "s",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "td": "td",
}

MAIL_PIXELS: Final = 552
"""Pixels between the margins of a mail; an image of twice as many is sharp on a telephone."""

_INLINE: Final = {"strong", "em", "s", "a", "td", "th"}


@dataclass(frozen=True)
class HtmlWriter:
    """Writes one tree; `mail` decides about styles and fields. `constant` is the archive's
    address of this issue."""

    mail: bool
    constant: str

    def write(self, node: Node) -> str:
        if node.type == "paragraph" and node.hidden:
            # In a list without blank lines.
            return self.below(node)
        if node.type in _PLAIN:
            return self._element(_PLAIN[node.type], self.below(node))
        return _WRITERS.get(node.type, HtmlWriter.below)(self, node)

    def below(self, node: Node) -> str:
        return "".join(self.write(child) for child in node.children)

    def prose(self, text: str) -> str:
        written = placeholders.for_html if self.mail else placeholders.for_page
        return written(text, self.constant)

    def literal(self, text: str) -> str:
        return placeholders.literal_html(text) if self.mail else escape(text)

    def _element(self, tag: str, inside: str, attributes: str = "") -> str:
        end = "" if tag in _INLINE else "\n"
        return f"<{tag}{attributes}{self._style(tag)}>{inside}</{tag}>{end}"

    def _style(self, tag: str) -> str:
        styled = style(tag) if self.mail else ""
        return f' style="{styled}"' if styled else ""

    def _heading(self, node: Node) -> str:
        tag = f"h{min(max(int(node.tag[1]), 2), 4)}"
        return self._element(tag, self.below(node))

    def _ordered(self, node: Node) -> str:
        start = node.attrs.get("start", 1)
        return self._element("ol", self.below(node), f' start="{start}"' if start != 1 else "")

    def _head_cell(self, node: Node) -> str:
        return self._element("th", self.below(node), ' scope="col"')

    def _table(self, node: Node) -> str:
        return self._element("table", self.below(node))

    def _text(self, node: Node) -> str:
        return self.prose(node.content)

    def _code(self, node: Node) -> str:
        return f"<code>{self.literal(node.content)}</code>"

    def _block(self, node: Node) -> str:
        return self._element("pre", f"<code>{self.literal(node.content.rstrip())}</code>")

    def _raw(self, node: Node) -> str:
        return self.literal(node.content)

    def _link(self, node: Node) -> str:
        url = str(node.attrs["href"])
        field = placeholders.is_link_field(url)
        address = self.prose(url) if field else self.literal(url)
        if not address or not (field or allowed(url)):
            return self.below(node)
        return self._element("a", self.below(node), f' href="{address}"')

    def _image(self, node: Node) -> str:
        url = str(node.attrs["src"])
        words = self.literal(words_of(node))
        uploaded = node.meta.get(UPLOADED)
        if not uploaded and not allowed(url, ("https",)):
            return words
        # Outlook knows no other width than this one.
        wide = f' width="{min(uploaded.width, MAIL_PIXELS)}"' if uploaded and self.mail else ""
        return f'<img src="{self.literal(url)}" alt="{words}"{wide}{self._style("img")}>'


_WRITERS: Final[dict[str, Callable[[HtmlWriter, Node], str]]] = {
    "heading": HtmlWriter._heading,
    "ordered_list": HtmlWriter._ordered,
    "table": HtmlWriter._table,
    "th": HtmlWriter._head_cell,
    "text": HtmlWriter._text,
    "code_inline": HtmlWriter._code,
    "code_block": HtmlWriter._block,
    "fence": HtmlWriter._block,
    "html_block": HtmlWriter._raw,
    "html_inline": HtmlWriter._raw,
    "link": HtmlWriter._link,
    "image": HtmlWriter._image,
    "softbreak": lambda markup, node: "\n",
    "hardbreak": lambda markup, node: "<br>",
    "hr": lambda markup, node: f"<hr{markup._style('hr')}>",
}

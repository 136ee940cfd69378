"""The Markdown of an issue as a tree, and what is wrong in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from chalicelib.core.web_address import is_address
from chalicelib.newsletter.issues import placeholders
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.rendered import PERSONAL

Node = SyntaxTreeNode

SCHEMES: Final = ("https", "http", "mailto", "tel")
COLUMNS: Final = 4
"""Columns of a table that a phone shows side by side."""

ROWS: Final = 40


@dataclass(frozen=True)
class Link:
    url: str
    line: int


@dataclass(frozen=True)
class ParsedMarkdown:
    """A body that was read: its tree, and what stands in it."""

    tree: Node
    links: list[Link]
    images: list[Link]
    defaults: dict[str, str]
    findings: list[Finding]


@dataclass
class _Notes:
    """What a walk through the tree gathers."""

    file: str
    start: int
    links: list[Link] = field(default_factory=list)
    images: list[Link] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    heading: int = 1

    def finds(self, code: str, line: int, **facts: object) -> None:
        self.findings.append(Finding(code, self.file, line, facts))


def read(body: str, file: str, start: int) -> ParsedMarkdown:
    """`start` is the line of the file on which the body begins."""
    tree = SyntaxTreeNode(_reader().parse(body))
    notes = _Notes(file, start)
    for node, line in _lines(tree, start):
        _CHECKS.get(node.type, _nothing)(node, line, notes)
    return ParsedMarkdown(tree, notes.links, notes.images, notes.defaults, notes.findings)


def read_fields(text: str, file: str, line: int) -> ParsedMarkdown:
    """The same for a line of plain text: a subject, a preheader."""
    notes = _Notes(file, line)
    _text(text, line, notes)
    return ParsedMarkdown(SyntaxTreeNode([]), [], [], notes.defaults, notes.findings)


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # What is not allowed is told to the author here, instead of being left as text.
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    plain = reader.normalizeLink
    reader.normalizeLink = lambda url: (  # type: ignore[method-assign]
        url if placeholders.fields(url) else plain(url)
    )
    return reader


def _lines(tree: Node, start: int) -> Iterator[tuple[Node, int]]:
    """Every node with its line; a stack, for a tree may be deep."""
    waiting = [(tree, start)]
    while waiting:
        node, line = waiting.pop()
        if node.type != "root":
            line = start + node.map[0] if node.map else line
            yield node, line
        below = []
        for child in node.children:
            below.append((child, line))
            line += child.type in ("softbreak", "hardbreak")
        waiting += reversed(below)


def _nothing(node: Node, line: int, notes: _Notes) -> None: ...


def _raw(node: Node, line: int, notes: _Notes) -> None:
    notes.finds("raw_html", line, text=node.content.strip()[:60])


def _heading(node: Node, line: int, notes: _Notes) -> None:
    level = int(node.tag[1])
    if level == 1 or level > notes.heading + 1:
        notes.finds("heading", line, text="#" * level, before="#" * min(notes.heading + 1, 6))
    notes.heading = max(level, 2)


def _link(node: Node, line: int, notes: _Notes) -> None:
    url = str(node.attrs["href"])
    notes.links.append(Link(url, line))
    if not words_of(node).strip():
        notes.finds("empty_link", line, text=url[:80])
    if placeholders.fields(url):
        if not placeholders.is_link_field(url):
            notes.finds("field_in_link", line, text=url[:80])
    elif not allowed(url):
        notes.finds("bad_link", line, text=url[:80])
    elif url.startswith("http:"):
        notes.finds("plain_link", line, text=url[:80])


def _image(node: Node, line: int, notes: _Notes) -> None:
    url = str(node.attrs["src"])
    if not words_of(node).strip():
        notes.finds("no_alt", line, text=url[:80])
    if not allowed(url, ("https",)):
        notes.finds("bad_image", line, text=url[:80])
    else:
        notes.images.append(Link(url, line))


def _table(node: Node, line: int, notes: _Notes) -> None:
    rows = [row for part in node.children for row in part.children]
    columns = len(rows[0].children)
    if columns > COLUMNS or len(rows) > ROWS:
        notes.finds(
            "big_table", line, columns=columns, rows=len(rows), most=COLUMNS, rows_most=ROWS
        )
    if not all(words_of(cell).strip() for cell in rows[0].children):
        notes.finds("table_head", line)


def _words(node: Node, line: int, notes: _Notes) -> None:
    _text(node.content, line, notes)


def _text(text: str, line: int, notes: _Notes) -> None:
    for named in placeholders.fields(text):
        if named.name not in placeholders.KNOWN:
            notes.finds("unknown_field", line, name=named.name, known=", ".join(placeholders.KNOWN))
        elif named.name in PERSONAL:
            _default(named, line, notes)


def _default(named: placeholders.Field, line: int, notes: _Notes) -> None:
    if named.default is None:
        notes.finds("no_default", line, name=named.name)
    elif notes.defaults.setdefault(named.name, named.default) != named.default:
        first = notes.defaults[named.name]
        notes.finds("two_defaults", line, name=named.name, one=first, other=named.default)


_CHECKS: Final = {
    "html_block": _raw,
    "html_inline": _raw,
    "heading": _heading,
    "link": _link,
    "image": _image,
    "table": _table,
    "text": _words,
}


def allowed(url: str, schemes: Sequence[str] = SCHEMES) -> bool:
    """Return whether a mail may lead there: one whole address, without a field in it."""
    return is_address(url, schemes) and not placeholders.fields(url)


def words_of(node: Node) -> str:
    """What a person reads of a node; for an image, what stands for it."""
    if node.type in ("text", "code_inline"):
        return str(node.content)
    return "".join(words_of(child) for child in node.children)

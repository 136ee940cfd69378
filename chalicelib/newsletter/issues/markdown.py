"""The Markdown of an issue as a tree, and what is wrong in it."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypedDict

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from chalicelib.core.web_address import is_address
from chalicelib.newsletter.issues import image_placing, lookalikes, placeholders
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.link_targets import unreachable
from chalicelib.newsletter.issues.rendered import PERSONAL
from chalicelib.newsletter.issues.source import PlacedImage

Node = SyntaxTreeNode

SCHEMES: Final = ("https", "http", "mailto", "tel")
MAX_TABLE_COLUMNS: Final = 4
"""Columns of a table that a phone shows side by side."""

MAX_TABLE_ROWS: Final = 40


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


class _Reference(TypedDict):
    """A link that is defined apart from where it stands, as markdown-it keeps it."""

    href: str
    map: list[int]


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


def read(
    body: str,
    file: str,
    start: int,
    defaults: Mapping[str, str] | None = None,
    images: Mapping[str, PlacedImage] | None = None,
) -> ParsedMarkdown:
    """Parse the Markdown of a body. `start` is the line of the file on which the body begins;
    `defaults` are those that were given before it, `images` what was uploaded for it."""
    kept: dict[str, dict[str, _Reference]] = {}
    tokens = _reader().parse(body, kept)
    placed = image_placing.place(tokens, images or {})
    tree = SyntaxTreeNode(tokens)
    notes = _Notes(file, start, defaults=dict(defaults or {}))
    for node, line in _lines(tree, start):
        _CHECKS.get(node.type, _nothing)(node, line, notes)
    used = placed | {link.url for link in (*notes.links, *notes.images)}
    for reference in kept.get("references", {}).values():
        if reference["href"] not in used:
            line = start + reference["map"][0]
            notes.finds(
                "looks_like_link", line, text=reference["href"][: lookalikes.SHOWN_CHARACTERS]
            )
    return ParsedMarkdown(tree, notes.links, notes.images, notes.defaults, notes.findings)


def read_fields(
    text: str, file: str, line: int, defaults: Mapping[str, str] | None = None
) -> ParsedMarkdown:
    """Parse a line of plain text: a subject, a preheader. A line has no links, and so no fields
    that hold one."""
    notes = _Notes(file, line, defaults=dict(defaults or {}))
    _fields(text, line, notes)
    _unfinished(text, line, notes)
    _lookalikes(text, line, notes, lookalikes.half_links)
    for named in placeholders.fields(text):
        if named.name in placeholders.LINK_FIELDS:
            notes.finds("field_not_here", line, name=named.name)
    return ParsedMarkdown(SyntaxTreeNode([]), [], [], notes.defaults, notes.findings)


def read_text_part(
    text: str, file: str, start: int, defaults: Mapping[str, str], made: str
) -> ParsedMarkdown:
    """Parse a text part that was made by hand; what the text that is `made` of the Markdown has too
    was meant so."""
    notes = _Notes(file, start, defaults=dict(defaults))
    meant = set(lookalikes.fields(made))
    for number, line in enumerate(text.split("\n"), start):
        _fields(line, number, notes, meant)
        _unfinished(line, number, notes)
        _lookalikes(line, number, notes, lookalikes.half_links)
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
    """Yield every node with its line; a stack, for a tree may be deep."""
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
    scheme, colon, rest = str(node.attrs["href"]).partition(":")
    # A scheme is the same in capitals, and no check of it asks for that again.
    url = scheme.lower() + colon + rest if colon else scheme
    notes.links.append(Link(url, line))
    words = words_of(node)
    if not words.strip():
        notes.finds("empty_link", line, text=url[:80])
    if lookalikes.shows_another(words, url):
        notes.finds("other_address", line, text=words.strip()[:80], other=url[:80])
    if placeholders.is_link_field(url):
        return
    if placeholders.fields(url) or lookalikes.in_address(url):
        notes.finds("field_in_link", line, text=url[:80])
    elif not allowed(url):
        notes.finds("bad_link", line, text=url[:80])
    elif code := unreachable(url):
        notes.finds(code, line, text=url[:80])
    elif url.startswith("http:"):
        notes.finds("plain_link", line, text=url[:80])


def _image(node: Node, line: int, notes: _Notes) -> None:
    url = str(node.attrs["src"])
    words, uploaded = words_of(node), node.meta.get(image_placing.UPLOADED)
    if not words.strip() and not uploaded:
        notes.finds("no_alt", line, text=url[:80])
    if placeholders.fields(words):
        notes.finds("field_in_image", line, text=words[:80])
    _unfinished(words, line, notes)
    if uploaded:
        return
    if url.startswith(image_placing.SCHEME):
        notes.finds("unknown_image", line, text=url[:80])
    elif not allowed(url, ("https",)):
        notes.finds("bad_image", line, text=url[:80])
    else:
        notes.images.append(Link(url, line))


def _table(node: Node, line: int, notes: _Notes) -> None:
    rows = [row for part in node.children for row in part.children]
    columns = len(rows[0].children)
    if columns > MAX_TABLE_COLUMNS or len(rows) > MAX_TABLE_ROWS:
        notes.finds(
            "big_table",
            line,
            columns=columns,
            rows=len(rows),
            most=MAX_TABLE_COLUMNS,
            rows_most=MAX_TABLE_ROWS,
        )
    if not all(words_of(cell).strip() for cell in rows[0].children):
        notes.finds("table_head", line)


def _words(node: Node, line: int, notes: _Notes) -> None:
    text = node.content
    _fields(text, line, notes)
    _unfinished(text, line, notes)
    if node.parent is not None and _in_link(node):
        return
    for named in placeholders.fields(text):
        if named.name in placeholders.LINK_FIELDS:
            notes.finds("field_not_here", line, name=named.name)
    _lookalikes(text, line, notes, lookalikes.addresses, lookalikes.half_links)
    for shown in lookalikes.brackets(placeholders.without_fields(text)):
        notes.finds("brackets", line, text=shown)


def _in_link(node: Node) -> bool:
    above: Node | None = node
    while above is not None:
        if above.type == "link":
            return True
        above = above.parent
    return False


def _lookalikes(
    text: str, line: int, notes: _Notes, *kinds: Callable[[str], Iterator[str]]
) -> None:
    """Find what looks like a link in the prose around fields: once, if it looks so twice."""
    prose = placeholders.without_fields(text)
    found = [shown for kind in kinds for shown in kind(prose)]
    if found:
        notes.finds("looks_like_link", line, text=found[0])


def _unfinished(text: str, line: int, notes: _Notes) -> None:
    """Find what an author left to be written later."""
    for code, kind in (("unfinished", lookalikes.UNFINISHED), ("to_settle", lookalikes.TO_SETTLE)):
        if found := kind.search(text):
            notes.finds(code, line, text=found[0].strip())


def _fields(text: str, line: int, notes: _Notes, meant: Container[str] = ()) -> None:
    for named in placeholders.fields(text):
        if named.name not in placeholders.KNOWN:
            notes.finds("unknown_field", line, name=named.name, known=", ".join(placeholders.KNOWN))
        elif named.name in PERSONAL:
            _default(named, line, notes)
        elif named.default is not None:
            notes.finds("looks_like_field", line, text=f"{named.name}|{named.default}")
    strays = [shown for shown in lookalikes.fields(text) if shown not in meant]
    if strays:
        notes.finds("looks_like_field", line, text=strays[0])


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
    """Return what a person reads of a node; for an image, what stands for it."""
    if node.type in ("text", "code_inline"):
        return str(node.content)
    return "".join(words_of(child) for child in node.children)

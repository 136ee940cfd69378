"""The tree of an issue as text: complete by itself, its links numbered and listed."""

import textwrap
from collections.abc import Iterator
from typing import Final

from chalicelib.newsletter.issues import placeholders
from chalicelib.newsletter.issues.markdown import Node, allowed, words_of

LINE_LENGTH: Final = 76

_LINKS: Final = {"fr": "Liens", "en": "Links"}
_IMAGE: Final = {"fr": "[Image\u00a0: {}]", "en": "[Image: {}]"}
_STRUCK: Final = {"fr": "[Biffé\u00a0: {}]", "en": "[Struck out: {}]"}
_COLON: Final = {"fr": "\u00a0: ", "en": ": "}


class TextWriter:
    """Writes one tree, and remembers the addresses that its links lead to."""

    def __init__(self, lang: str, constant: str) -> None:
        self._lang = lang
        self._constant = constant
        self._urls: list[str] = []

    def write(self, tree: Node) -> str:
        blocks = ["\n".join(lines) for lines in self._blocks(tree)]
        if self._urls:
            rows = [f"[{number}] {self._prose(url)}" for number, url in enumerate(self._urls, 1)]
            blocks.append(
                "\n".join([f"{_LINKS[self._lang]}{_COLON[self._lang].rstrip(' ')}", *rows])
            )
        return "\n\n".join(blocks)

    def _blocks(self, node: Node) -> Iterator[list[str]]:
        for child in node.children:
            lines = self._block(child)
            if lines:
                yield lines

    def _block(self, node: Node) -> list[str]:
        if node.type == "heading":
            sign = "==" if node.tag in ("h1", "h2") else "--"
            return [f"{sign} {self._inline(node)} {sign}"]
        if node.type in ("bullet_list", "ordered_list"):
            return self._list(node)
        if node.type == "blockquote":
            return [f"> {line}".rstrip() for line in self._joined(node)]
        if node.type in ("fence", "code_block"):
            return [placeholders.literal_text(f"    {line}") for line in node.content.splitlines()]
        if node.type == "table":
            return self._table(node)
        if node.type == "hr":
            return ["* * *"]
        if node.type == "html_block":
            return _wrapped(placeholders.literal_text(node.content.strip()))
        return _wrapped(self._inline(node))

    def _joined(self, node: Node) -> list[str]:
        lines: list[str] = []
        for block in self._blocks(node):
            lines += ["", *block] if lines else block
        return lines

    def _list(self, node: Node) -> list[str]:
        lines: list[str] = []
        for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
            sign = "- " if node.type == "bullet_list" else f"{number}. "
            inside = [line for block in self._blocks(item) for line in block]
            lines += [
                (sign if first else " " * len(sign)) + line
                for first, line in zip([True] + [False] * len(inside), inside, strict=False)
            ]
        return lines

    def _table(self, node: Node) -> list[str]:
        """Write each row as a numbered item, each cell behind the head of its column."""
        head, *rows = [row for part in node.children for row in part.children]
        names = [self._inline(cell) for cell in head.children]
        lines: list[str] = []
        for number, row in enumerate(rows, 1):
            cells = [self._inline(cell) for cell in row.children]
            labelled = [
                f"{name}{_COLON[self._lang]}{cell}" if name else cell
                for name, cell in zip(names, cells, strict=False)
                if cell
            ]
            lines += [
                (f"{number}. " if first else "   ") + line
                for first, line in zip([True] + [False] * len(labelled), labelled, strict=False)
            ]
        return lines or [", ".join(names)]

    def _inline(self, node: Node) -> str:
        return "".join(self._word(child) for child in node.children)

    def _word(self, node: Node) -> str:
        if node.type == "text":
            return self._prose(node.content)
        if node.type in ("code_inline", "html_inline"):
            return placeholders.literal_text(node.content)
        if node.type == "softbreak":
            return " "
        if node.type == "hardbreak":
            return "\n"
        if node.type == "s":
            return _STRUCK[self._lang].format(self._inline(node))
        if node.type == "image":
            words = placeholders.literal_text(words_of(node))
            return _IMAGE[self._lang].format(words) if words else ""
        return self._link(node) if node.type == "link" else self._inline(node)

    def _link(self, node: Node) -> str:
        url, words = str(node.attrs["href"]), self._inline(node)
        plain = url.removeprefix("mailto:").removeprefix("tel:")
        if words_of(node) in (url, plain):
            return words
        if not placeholders.is_link_field(url) and not allowed(url):
            return words
        if url not in self._urls:
            self._urls.append(url)
        return f"{words} [{self._urls.index(url) + 1}]"

    def _prose(self, text: str) -> str:
        return placeholders.for_text(text, self._constant)


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        lines += textwrap.wrap(line, LINE_LENGTH, break_long_words=False, break_on_hyphens=False)
    return lines

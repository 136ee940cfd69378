"""Puts uploaded images where the Markdown names them: `![](image:garden)`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from markdown_it.token import Token

from chalicelib.newsletter.issues.source import PlacedImage

SCHEME: Final = "image:"
UPLOADED: Final = "uploaded"
"""What a token of an image that was placed has in its `meta`."""


def place(tokens: Sequence[Token], images: Mapping[str, PlacedImage]) -> set[str]:
    """Give each image that is named its address, and its words where the Markdown has none of its
    own. Return what named them, as it stands there."""
    named = set()
    for token in _pictures(tokens):
        source = str(token.attrs["src"])
        found = images.get(source.removeprefix(SCHEME)) if source.startswith(SCHEME) else None
        if found is None:
            continue
        named.add(source)
        token.attrs["src"] = found.url
        token.meta = {**token.meta, UPLOADED: found}
        if not token.content.strip() and found.words:
            token.children = [Token("text", "", 0, content=found.words)]
    return named


def _pictures(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "image":
            yield token
        elif token.children:
            yield from _pictures(token.children)


def line_of(name: str) -> str:
    """Return the line that places an image in a Markdown."""
    return f"![]({SCHEME}{name})"


def names(body: str, name: str) -> bool:
    """Return whether a Markdown names an image, in whatever way."""
    return re.search(rf"{SCHEME}{re.escape(name)}(?![a-z0-9-])", body) is not None

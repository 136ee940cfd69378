"""What may stand where a person expects an address of the web: one rule for every way in."""

import re
from collections.abc import Container
from typing import Final
from urllib.parse import urlsplit

WEB_SCHEMES: Final = ("https", "http")

_NEVER: Final = frozenset(' <>"\\`')
"""Characters that end an address where it is printed, or that browsers read as others."""


def is_address(text: str, schemes: Container[str] = WEB_SCHEMES) -> bool:
    """Return whether the text is one whole address, and nothing beside it, of one of `schemes`.

    An address of the web names a host with a dot in it, and nobody's name or password.
    """
    if not text.isprintable() or not _NEVER.isdisjoint(text):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in schemes:
        return False
    if parts.scheme in WEB_SCHEMES:
        return "." in host.strip(".") and "@" not in parts.netloc
    return bool(parts.path) and not parts.netloc


_LINK: Final = re.compile(r"://|\bwww\.|\bmailto:|\]\(|\[url|\b[\w-]+\.[a-z]{2,24}/", re.IGNORECASE)
_BARE: Final = re.compile(
    r"@|\b[\w-]+\.(?:com|org|net|info|biz|ca|qc\.ca|io|co|me|eu|us|uk|fr|ru|cn|xyz|top|click|link|"
    r"live|shop|site|store|online|web|app|dev|page|club|vip|win|example)\b",
    re.IGNORECASE,
)


def names_address(text: str, *, bare: bool = False) -> bool:
    """Say whether a text holds what a mail program makes a link of; a `bare` name of a domain
    counts where nobody has one as their name."""
    return bool(_LINK.search(text) or (bare and _BARE.search(text)))

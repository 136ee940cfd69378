"""What people type, by the Unicode category of each character: what is seen, and what is not."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

MESSAGE_LIMIT: Final = 3000
"""Characters of what an applicant and staff write to each other."""

REMARKS_LIMIT: Final = 3000
"""Characters of what staff write to whoever gets a page or an issue back."""

NOTE_LIMIT: Final = 4000
"""Characters of a note in a file."""

COMMENT_LIMIT: Final = 600
"""Characters of a comment beside a criterion."""

LIMITS: Final = {
    "message": MESSAGE_LIMIT,
    "remarks": REMARKS_LIMIT,
    "note": NOTE_LIMIT,
    "comment": COMMENT_LIMIT,
}
"""The same by name, for the pages that tell them."""

DIGITS_LIMIT: Final = 9
"""Digits of a whole number that a request brings: the store takes no more than 38."""

ZERO_WIDTH_JOINERS: Final = "\u200c\u200d"
"""They shape the letters between which they stand, and join emoji; at an end they do nothing."""

NO_BREAK_SPACES: Final = "\u00a0\u202f"
"""French typography is full of them."""

# Letters and signs by their category that show nothing all the same: fillers, and blank Braille.
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")

# Signs of Arabic and Syriac that stand before a number: formats by category, and seen.
_SEEN_FORMATS: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")

# A flag of a part of a country is a black flag and letters of this block.
_TAGS: Final = range(0xE0020, 0xE0080)

_TURNS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of the text after it: a name with one could show `fdp.exe` as
`exe.pdf`, or its neighbours on the page backwards."""

_ENDS: Final = " \n\t\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029\u2800\u3164\uffa0" + (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
    "\u205f\u3000" + ZERO_WIDTH_JOINERS
)
"""What is no part of a text at its ends."""


def without_hidden(text: str) -> str:
    """Return a text with its separators as spaces and line ends, and without what cannot be seen;
    blank when a reader sees nothing of it."""
    if not text.isprintable():
        text = text.replace("\r\n", "\n")
        table = {ord(c): _shown(c) for c in set(text) if not c.isprintable()}
        text = text.translate(table)
    text = text.strip(_ENDS)
    return text if is_visible(text) else ""


def in_plain_signs(text: str) -> str:
    """Return a number, an address or a code as it is read: any space is a space, any dash a
    hyphen, and what cannot be seen is not there."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return text.translate({ord(c): _plain(c) for c in set(text)}).strip()


def without_turns(text: str) -> str:
    """Return a text as it may stand among others, whoever kept it and however: without what would
    turn their direction. It stays the Markup that it may be."""
    if text.isascii() or not _TURNS.search(text):
        return text
    return text.translate(dict.fromkeys(map(ord, _TURNS.findall(text))))


def is_visible(text: str) -> bool:
    """Say whether a reader sees anything of the text."""
    return any(map(_is_seen, text))


def _is_seen(c: str) -> bool:
    if "!" <= c <= "~":
        return True
    return unicodedata.category(c)[0] not in "ZCM" and c not in _BLANK


@lru_cache(maxsize=2048)
def _shown(c: str) -> str:
    kind = unicodedata.category(c)
    if kind in ("Zl", "Zp") or c in "\n\r\x85":
        return "\n"
    if kind == "Zs":
        return c if c in NO_BREAK_SPACES else " "
    if kind == "Cc":
        return " " if c.isspace() else ""
    if kind == "Cf":
        kept = c in ZERO_WIDTH_JOINERS or c in _SEEN_FORMATS or ord(c) in _TAGS
        return c if kept else ""
    return "" if kind == "Cs" else c


@lru_cache(maxsize=2048)
def _plain(c: str) -> str:
    kind = unicodedata.category(c)
    if kind == "Zs":
        return " "
    if kind == "Pd" or c == "\u2212":
        return "-"
    if kind in ("Zl", "Zp", "Cc"):
        return _shown(c)
    return "" if kind in ("Cf", "Cs") or "\ufe00" <= c <= "\ufe0f" or c == "\u034f" else c


def whole_number(text: str) -> int | None:
    """Return the number that a request brings as digits; none for what is not one of our own."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_LIMIT else None

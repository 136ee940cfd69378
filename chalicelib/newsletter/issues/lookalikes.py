"""Finds what looks like a field or a link in prose, and is none: it would be sent as it is typed."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final
from urllib.parse import unquote

from chalicelib.core.formatting import MONTHS
from chalicelib.newsletter.issues import placeholders

SHOWN_CHARACTERS: Final = 60
"""Characters that a finding shows of what it found."""

_NAMES: Final = r"(?:(?:first|last|full)[ _-]?name|[fl]name|prénom|prenom|nom|courriel|e-?mail)"
"""What people call a reader's own words, whatever marks they put around it."""

_FIELD: Final = re.compile(
    r"[{}][^{}\n]{0,40}[{}]*"  # a brace that no field is made of
    r"|\*\|[^|\n]{1,40}\|\*|\|[A-Z_]{2,40}(?::[^|\n]{0,40})?\|"  # *|FNAME|*, also as emphasis
    r"|%%?[A-Za-z_]\w{0,40}%%?"  # %FIRSTNAME%
    r"|<<[^<>\n]{1,40}>>"
    r"|\[\[[^\[\]\n]{1,40}\]\]"
    rf"|\[{_NAMES}\]|<\s?{_NAMES}\s?>|([#@%$^])\s?{_NAMES}\s?\1"
    rf"|\b(?:{'|'.join(placeholders.KNOWN)})\b",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.|mailto:|tel:(?=[+\d]))[^\s<>]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*|(?<!\w)@(?:[\w-]+\.)+[^\W\d_]{2,}"
    r"|(?<![\w@.-])(?:[^\W_][\w-]*\.)+"
    r"(?:ca|org|com|net|info|quebec|québec|coop|gov|fr|eu)\b(?:/[^\s<>]*)?",
    re.IGNORECASE,
)
_HALF_LINK: Final = re.compile(r"\](?:\(|\[|:)|\)\[|<(?:https?|mailto):", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\[[^\w\[\]\n]*\w[^\[\]\n]*\]")
UNFINISHED: Final = re.compile(
    r"\b(?:TO-?DO|FIXME|TKTK|X{3,}|Y{3,})\b|(?i:\btodo\s?:)"
    r"|(?i:\blorem\s+ipsum\b|\bdolor\s+sit\s+amet\b|\bconsectetur\s+adipisc)"
    r"|\[(?i:à (?:compléter|écrire|venir)|insérer\b[^\[\]\n]{0,40}|insert\b[^\[\]\n]{0,40})\]"
)
"""What authors write in the place of words that are still to come."""

TO_SETTLE: Final = re.compile(
    r"\b(?:TBD|TBC|TBA|À COMPLÉTER|À VÉRIFIER|A COMPLETER|A VERIFIER)\b|\?{3,}"
    r"|(?i:\bà compléter\b|\bto be (?:completed|written)\b)"
    rf"|\b(?:XX|00)\s(?i:{'|'.join(chain.from_iterable(MONTHS.values()))})\b"
)
"""The same, where it may also be what readers should read."""

_COMMON: Final = frozenset(("[sic]", "[image]"))


def fields(text: str) -> Iterator[str]:
    """Yield what a reader would see of fields that are none, and of braces."""
    prose = placeholders.without_fields(text)
    return (found[0].strip()[:SHOWN_CHARACTERS] for found in _FIELD.finditer(prose))


def addresses(text: str) -> Iterator[str]:
    """Yield addresses that nothing makes a link of."""
    return (found[0].rstrip(".,;:!?)»”")[:SHOWN_CHARACTERS] for found in _ADDRESS.finditer(text))


def half_links(text: str) -> Iterator[str]:
    """Yield what looks like Markdown where there is none."""
    return (
        text[max(0, found.start() - 20) : found.end() + 20].strip()[:SHOWN_CHARACTERS]
        for found in _HALF_LINK.finditer(text)
    )


def brackets(text: str) -> Iterator[str]:
    """Yield words in brackets, which may have been meant as a link or as a field."""
    found = (match[0] for match in _BRACKETS.finditer(text))
    return (shown[:SHOWN_CHARACTERS] for shown in found if shown.lower() not in _COMMON)


def in_address(url: str) -> str:
    """Return what looks like a field in the address of a link; empty when nothing does."""
    return next(fields(unquote(url)), "")


def shows_another(words: str, url: str) -> bool:
    """Return whether a link shows an address, and leads to another one."""
    shown = _ADDRESS.fullmatch(words.strip())
    return shown is not None and _plain(words) != _plain(url)


def _plain(address: str) -> str:
    text = re.sub(r"^(?:https?://|mailto:)?(?:www\.)?", "", unquote(address.strip()).lower())
    return text.rstrip("/.")

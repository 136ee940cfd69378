"""What a document fetches from elsewhere when it is opened: a template, a part, a picture.

A link that somebody follows is none of it, nor is a template on its writer's own disk, which every
word processor names.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote
from xml.parsers import expat

from chalicelib.forms.attachments.wrong_file import DAMAGED, FETCHES, MIXED, WrongFile

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

_ODT_PARTS: Final = frozenset({"content.xml", "styles.xml"})
_ODT_LINKS: Final = frozenset({"text:a", "draw:a"})

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
"""How a place begins that is not within the document; backslashes are turned before."""

_OWN_DISK: Final = re.compile(
    r"(?:file:/{0,3})?[a-z]:/|file:(?://localhost)?/{1,4}(?:users|volumes)/|[^/:]+(?:/[^/:]+)*$",
    re.IGNORECASE,
)
"""A place on the disk of whoever reads the document, as Windows and macOS write it, or one beside
the document; another computer's share is none."""


class ReferenceReader:
    """Reads a part of a document as it is unpacked, and refuses what it would fetch."""

    def __init__(self, name: str) -> None:
        self._parser = _parser_of(name.lower())

    def read(self, some: bytes) -> None:
        """Read the next bytes of the part; none at its end. Raises WrongFile."""
        if self._parser is None:
            return
        try:
            self._parser.Parse(some, not some)
        except expat.ExpatError:
            raise WrongFile(DAMAGED) from None


def _parser_of(name: str) -> "XMLParserType | None":
    """Return what reads a part of this name, if such a part has references."""
    if not name.endswith(".rels") and name not in _ODT_PARTS:
        return None
    parser = expat.ParserCreate()
    parser.StartElementHandler = _see_relation if name.endswith(".rels") else _see_element
    parser.StartDoctypeDeclHandler = _refuse_type
    return parser


def _refuse_type(*_: object) -> None:
    """Refuse a document type: no word processor writes one, and it may name entities."""
    raise WrongFile(MIXED)


def _see_relation(name: str, given: Mapping[str, str]) -> None:
    """Look at a relation of a DOCX."""
    if given.get("Type", "").rpartition("/")[2].lower() == "hyperlink":
        return
    _see_place(given.get("Target", ""), outside=given.get("TargetMode", "").lower() == "external")


def _see_element(name: str, given: Mapping[str, str]) -> None:
    """Look at an element of an ODT."""
    if name in _ODT_LINKS:
        return
    for key, value in given.items():
        if key.rpartition(":")[2] == "href":
            _see_place(value, outside=False)


def _see_place(place: str, *, outside: bool) -> None:
    """Refuse a place that is neither within the document nor on its reader's own disk."""
    plain = unquote(place).replace("\\", "/").strip()
    if (outside or _ADDRESS.match(plain)) and not _OWN_DISK.match(plain):
        raise WrongFile(FETCHES)

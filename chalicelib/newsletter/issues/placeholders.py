"""Prose with fields in it: `Bonjour {{first_name|à vous}}`, for a mail, a text and a page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from chalicelib.newsletter.issues.rendered import FIELDS, LINKS, LITERALS, PERSONAL

CONSTANT: Final = "archive_url"
"""A field that is the same for everybody: the issue's own page."""

KNOWN: Final = (*FIELDS, CONSTANT)

LINK_FIELDS: Final = (*LINKS, CONSTANT)
"""Fields that are the whole address of a link, and stand nowhere else in Markdown."""

_FIELD = re.compile(r"\{\{\s*([A-Za-z_]\w{0,39})\s*(?:\|([^{}|]*))?\}\}")
_LITERAL = re.compile(r"[{}\\]")
_MARKED: Final = {character: name for name, character in LITERALS.items()}


@dataclass(frozen=True)
class Field:
    name: str
    default: str | None


def parts(text: str) -> Iterator[str | Field]:
    """Yield prose and fields in turn; what only looks like a field is one too, to be found."""
    at = 0
    for found in _FIELD.finditer(text):
        yield text[at : found.start()]
        default = found[2]
        yield Field(found[1], default.strip() if default and default.strip() else None)
        at = found.end()
    yield text[at:]


def without_fields(text: str) -> str:
    """Return the prose around the fields, each of which leaves a space."""
    return _FIELD.sub(" ", text)


def fields(text: str) -> list[Field]:
    return [part for part in parts(text) if isinstance(part, Field)]


def for_html(text: str, constant: str) -> str:
    """Write the markup of a template: fields as placeholders that SES fills with escaped values."""
    return "".join(_html_part(part, constant) for part in parts(text))


def for_text(text: str, constant: str) -> str:
    """Write the plain text of a template."""
    return "".join(_text_part(part, constant) for part in parts(text))


def for_page(text: str, constant: str) -> str:
    """Write markup for everybody: a field shows its default, and a link of one's own nothing."""
    return "".join(
        escape(part) if isinstance(part, str) else escape(_public(part, constant))
        for part in parts(text)
    )


def literal_html(text: str) -> str:
    """Write text as it stands, in markup that no template touches."""
    return _LITERAL.sub(lambda found: f"&#{ord(found[0])};", escape(text))


def literal_text(text: str) -> str:
    return _LITERAL.sub(lambda found: "{{" + _MARKED[found[0]] + "}}", text)


def _html_part(part: str | Field, constant: str) -> str:
    if isinstance(part, Field) and part.name in FIELDS:
        return "{{" + part.name + "_html}}"
    return literal_html(_public(part, constant) if isinstance(part, Field) else part)


def _text_part(part: str | Field, constant: str) -> str:
    if isinstance(part, Field) and part.name in FIELDS:
        return "{{" + part.name + "}}"
    return literal_text(_public(part, constant) if isinstance(part, Field) else part)


def _public(part: Field, constant: str) -> str:
    if part.name == CONSTANT:
        return constant
    return part.default or "" if part.name in PERSONAL else ""


def is_link_field(url: str) -> bool:
    """Return whether an address is one field that holds a link, and nothing beside it."""
    found = _FIELD.fullmatch(url)
    return found is not None and found[1] in LINK_FIELDS and not found[2]

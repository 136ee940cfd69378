"""The files of an issue that is begun, and whether somebody filled them in."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.source import Source

_HEAD: Final = """---
subject: {subject}
preheader: {preheader}
slug: {slug}
date: {date}
---
"""
_BODIES: Final = {
    "fr": "Bonjour {{first_name|à vous}},",
    "en": "Hello {{first_name|there}},",
}
_LINES: Final = {
    "fr": {
        "subject": "L’objet du courriel",
        "preheader": "La phrase que l’on lit à côté de l’objet",
    },
    "en": {
        "subject": "The subject of the e-mail",
        "preheader": "The sentence that stands beside the subject",
    },
}


def text(lang: str, slug: str, today: date) -> str:
    """Return a file to fill in."""
    head = _HEAD.format(slug=slug, date=today, **_LINES[lang])
    return f"{head}\n{_BODIES[lang]}\n\n"


def untouched(source: Source) -> Iterator[Finding]:
    """Yield what still says what the file said when it was begun."""
    for key, words in _LINES[source.lang].items():
        if source.head.get(key) == words:
            yield Finding("untouched", source.file, source.at(key), {"text": words})
    if source.body.strip() == _BODIES[source.lang]:
        yield Finding("untouched", source.file, source.start, {"text": _BODIES[source.lang]})

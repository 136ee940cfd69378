"""Compares a text part that was written by hand with the Markdown that it stands beside."""

import hashlib
import re
from collections.abc import Iterator
from html import unescape
from itertools import chain
from typing import Final

from chalicelib.core.formatting import MONTHS
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.source import Source

MIN_WORDS: Final = 5
"""A paragraph with fewer long words than these is not compared."""

MIN_SHARED_RATIO: Final = 0.5
"""The part of a paragraph's long words that both must have, however it is put."""

_NUMBER: Final = re.compile(r"\d+")
_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_MONTHS: Final = "|".join(chain.from_iterable(MONTHS.values())).lower()
_DATE_WORD: Final = re.compile(
    r"\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    rf"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|{_MONTHS})\b"
)
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:|tel:)\S+|\{\{[^{}]*\}\}|[^\s<>]+@[^\s<>]+")
_TAG: Final = re.compile(r"<[^>]*>")


def stamp_of(source: Source) -> str:
    """Return the mark by which a text part says which Markdown it was made of."""
    return hashlib.sha256(source.body.strip().encode()).hexdigest()[:8]


def compare(source: Source, made: str, page: str) -> Iterator[Finding]:
    """Yield where a text part says another thing than its Markdown: than the text that is `made`
    of it, and the `page`."""
    written, file = source.text, f"{source.lang}.txt"
    if written is None or not written.strip():
        return
    if source.text_of is not None and source.text_of != stamp_of(source):
        facts = {"stamp": f"md: {stamp_of(source)}", "other": source.file}
        yield Finding("text_older", file, 1, facts)
    elif source.text_of is None and source.text_is_older:
        yield Finding("text_maybe_older", file, None, {"other": source.file})
    shown = unescape(_TAG.sub(" ", re.sub(r"</(?:p|li|h\d|tr|blockquote|pre)>", "\n\n", page)))
    yield from _facts(written, shown, made, source)
    yield from _paragraphs(written, shown, made, source)


def _facts(written: str, shown: str, made: str, source: Source) -> Iterator[Finding]:
    """Yield the numbers, days and months that stand in one of the two alone."""
    file = f"{source.lang}.txt"
    here, there = _exact(written), _exact(shown)
    for fact in sorted(there - here):
        yield Finding("text_lacks", file, None, {"text": fact, "other": source.file})
    for number, line in enumerate(written.split("\n"), source.text_start):
        # The numbers of lists and of links are those of the text that is made.
        for fact in sorted(_exact(line) - there - _exact(made)):
            yield Finding("text_adds", file, number, {"text": fact, "other": source.file})


def _paragraphs(written: str, shown: str, made: str, source: Source) -> Iterator[Finding]:
    file = f"{source.lang}.txt"
    for text, other, code in ((shown, written, "text_lacks"), (written, made, "text_adds")):
        known = _words(other)
        for paragraph in re.split(r"\n\s*\n", text):
            words = _words(paragraph)
            if len(words) >= MIN_WORDS and len(words & known) < MIN_SHARED_RATIO * len(words):
                begin = " ".join(paragraph.split())[:60]
                yield Finding(code, file, None, {"text": begin, "other": source.file})


def _exact(text: str) -> set[str]:
    plain = _ADDRESS.sub(" ", text).casefold()
    return {*_NUMBER.findall(plain), *_DATE_WORD.findall(plain)}


def _words(text: str) -> set[str]:
    return set(_LONG_WORD.findall(_ADDRESS.sub(" ", text).casefold()))

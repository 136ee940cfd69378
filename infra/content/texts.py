"""Whether every text is there in both languages, and reads as it should."""

import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from chalicelib.core import typography
from infra.content.figures import typed
from infra.content.habits import habits
from infra.content.passages import one_language, passages, templates
from infra.content.slips import Place, Slip, shown

LANGS: Final = ("en", "fr")
NO_READERS: Final = {"synonyms", "theme", "retention", "rights"}
"""Files whose words are not letters, pages or commands: only their languages are compared."""

TYPOGRAPHY: Final = {
    "straight_apostrophe": "Write ’.",
    "straight_quotes": "Write « and », with no-break spaces inside.",
    "colon": "Put a no-break space before the colon.",
    "opening_quote": "Put a no-break space after «.",
    "closing_quote": "Put a no-break space before ».",
    "space_before": "Put no space before ; ! and ?.",
    "double_space": "Keep one space.",
    "amount": "Put a no-break space before $ and %.",
    "thousands": "Put a no-break space between thousands.",
    "number_sign": "Put a no-break space after “no”.",
    "english_quotes": "Write « and », with no-break spaces inside.",
}
"""How each rule of French typography is kept."""


def of_content(name: str, raw: Any, figures: dict[str, int]) -> Iterator[Slip]:
    """Yield what is wrong with the texts of a content file; `raw` has the names of figures yet."""
    for place, en, fr in _pairs(raw, ()):
        yield from _pair(name, place, en, fr)
    if name in NO_READERS:
        return
    for place, lang, text in _strings(raw, (), ""):
        for what, mend in _wrong(text, lang):
            yield Slip(name, place, what, mend)
        for what, mend in typed(f"{name}.json", text, figures):
            yield Slip(name, place, what, mend)


def of_templates(folders: tuple[Path, ...], figures: dict[str, int]) -> Iterator[Slip]:
    for path in templates(*folders):
        text, file = path.read_text("utf-8"), shown(path)
        for line in one_language(text):
            mend = "Add {% else %} and the same in English."
            yield Slip(file, (), "a text in French only", mend, line)
        for one in passages(text):
            if one.lang:
                for what, mend in [
                    *_wrong(one.text, one.lang, one.raw),
                    *typed(file, one.text, figures),
                ]:
                    yield Slip(file, (), what, mend, one.line)


@cache
def _wrong(text: str, lang: str, raw: str = "") -> tuple[tuple[str, str], ...]:
    """Return what is wrong with a text, and how it is mended; programmes share most of theirs."""
    return tuple(_faults(text, lang, raw))


def _faults(text: str, lang: str, raw: str) -> Iterator[tuple[str, str]]:
    about = f"in “{text[:60]}”"
    if lang == "fr":
        for rule in typography.faults(text):
            yield f"typography, {rule.replace('_', ' ')}, {about}", TYPOGRAPHY[rule]
    elif re.search(r"\w'\w|\S {2,}\S", text):
        yield f"typography, straight apostrophe or two spaces, {about}", "Write ’, and one space."
    for habit in habits(text, lang, re.sub(r"<[^>]*>", "", raw)):
        yield f"{habit.name}, {about}", habit.mend


def _pairs(content: Any, place: Place) -> Iterator[tuple[Place, Any, Any]]:
    """Yield wherever a language stands, with both texts, None for the one that is missing."""
    if isinstance(content, list):
        for number, item in enumerate(content):
            yield from _pairs(item, (*place, number))
    elif isinstance(content, dict):
        if "en" in content or "fr" in content:
            yield place, content.get("en"), content.get("fr")
        for key, item in content.items():
            yield from _pairs(item, (*place, key))


def _pair(name: str, place: Place, en: Any, fr: Any) -> Iterator[Slip]:
    if en is None or fr is None:
        there = "French" if en is None else "English"
        mend = f"Write the {'English' if en is None else 'French'} beside the {there}."
        yield Slip(name, place, "one language only", mend)
    elif type(en) is not type(fr):
        yield Slip(name, place, "the languages differ in kind", "Give both the same form.")
    elif isinstance(en, str) and not (en.strip() and fr.strip()):
        yield Slip(name, place, "a language is empty", "Write it, or remove both.")
    elif isinstance(en, str):
        try:
            of_en, of_fr = blanks(en), blanks(fr)
        except ValueError as error:
            yield Slip(name, place, f"a brace is not closed: {error}", "Write {name}, whole.")
            return
        if of_en != of_fr:
            what = f"{sorted(of_en)} in English, {sorted(of_fr)} in French"
            yield Slip(name, place, what, "Name the same blanks in both languages.")


def blanks(text: str) -> set[str]:
    """Return the names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _strings(content: Any, place: Place, lang: str) -> Iterator[tuple[Place, str, str]]:
    if isinstance(content, str) and lang:
        yield place, lang, content
    elif isinstance(content, list):
        for number, item in enumerate(content):
            yield from _strings(item, (*place, number), lang)
    elif isinstance(content, dict):
        for key, item in content.items():
            yield from _strings(item, (*place, key), key if key in LANGS else lang)

"""The passages of a letter as staff edit them, one at a time, with the whole letter as a sample."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib import content
from chalicelib.content import figures
from chalicelib.content.edits import LETTER, Value, blanks
from chalicelib.core import formatting
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.letter_passages import SUBJECT, LetterPassage, shown
from chalicelib.core.templates import TEMPLATES, passages_of
from chalicelib.desk.editing import (
    Examples,
    OneText,
    Sample,
)

SAMPLES: Final[Mapping[str, str]] = {
    "ref": "DI-2026-K7QM4-P", "app_ref": "DF-2026-K7QM4-P", "declaration_ref": "DI-2026-K7QM4-P",
    "contact_name": "Camille Tremblay", "name": "Camille Tremblay", "staff_name": "Rita Roy",
    "org": "Centre Exemple", "org_note": " (Centre Exemple)", "organization": "Centre Exemple",
    "code": "123456", "message": "…", "median": "8", "most": "15",
}  # fmt: skip
"""What stands in a sample where a letter fills something in."""

A_DAY: Final = date(2026, 9, 15)
"""A day for the dates of a sample."""


def letters() -> list[str]:
    """Return the letters that have passages, by name."""
    folders = (TEMPLATES / "email").iterdir()
    return sorted(one.name for one in folders if one.is_dir() and not one.name.startswith("_"))


def passages_of_letter(letter: str) -> list[LetterPassage]:
    return passages_of(f"email/{letter}")


@dataclass(frozen=True)
class PassageEditor(OneText):
    letter: str
    passage: LetterPassage

    @property
    def subject(self) -> str:
        return f"{LETTER}/{self.letter}/{self.passage.id}"

    def title(self, lang: Lang) -> str:
        return self.passage.texts[lang]

    def packaged(self) -> Value:
        return self.passage.texts

    @property
    def wanted(self) -> set[str]:
        return blanks(self.passage.fr)

    def placeholders(self) -> Mapping[str, str]:
        names = sorted(blanks(self.passage.fr))
        return {name: _sample(name, self.passage.filled[name], "fr").strip() for name in names}

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        body = (TEMPLATES / "email" / self.letter / "body.html").read_text("utf-8")
        in_force = content.edits.laid(LETTER, self.letter)
        known = passages_of(f"email/{self.letter}")
        filled = {name: how for one in known for name, how in one.filled.items()}
        found: dict[Lang, list[Sample]] = {}
        for lang in LANGS:
            examples = {name: _sample(name, how, lang) for name, how in filled.items()}
            words = Examples(examples)
            edited = {one.texts[lang]: _new(one, in_force, self.passage, value) for one in known}
            subject = [one.texts[lang] for one in known if one.id == SUBJECT]
            found[lang] = [
                Sample(
                    words.text(edited.get(text, {}).get(lang) or text), self._is_here(text, lang)
                )
                for text in [*subject, *shown(body, lang)]
            ]
        return found

    def _is_here(self, text: str, lang: Lang) -> bool:
        return text == self.passage.texts[lang]


def _new(
    one: LetterPassage, in_force: Mapping[str, Value], edited: LetterPassage, value: Value
) -> Mapping[str, str]:
    found: Mapping[str, str] = value if one.id == edited.id else in_force.get(one.id) or {}
    return found


def _sample(name: str, expression: str, lang: Lang) -> str:
    """Return an example of what a letter fills in: one of the words that its template chooses from,
    a figure, a date, or something that is called so."""
    numbers = figures()
    if name in numbers:
        return str(numbers[name])
    if "_date" in expression:
        return formatting.long_date(A_DAY, lang)
    base = re.sub(r"_\d+$", "", name)
    if base in SAMPLES:
        return f" {SAMPLES[base]}" if '" " ~' in expression else SAMPLES[base]
    chosen = re.search(r'"([^"]+)"', expression)
    return chosen[1] if chosen else f"[{name}]"


def editor_of(letter: str, passage: str) -> PassageEditor | None:
    """Return the editor of a passage of a letter; None where there is no such passage."""
    if letter not in letters():
        return None
    found = next((one for one in passages_of(f"email/{letter}") if one.id == passage), None)
    return None if found is None else PassageEditor(letter, found)


def subject_of(letter: str) -> dict[Lang, str] | None:
    """Return the subject of a letter as it stands, without what is filled in; None where it has
    conditions."""
    found = next((p for p in passages_of(f"email/{letter}") if p.id == SUBJECT), None)
    if found is None:
        return None
    edited = content.edits.laid(LETTER, letter).get(SUBJECT) or found.texts
    return {lang: _without_names(edited[lang]) for lang in LANGS}


def _without_names(text: str) -> str:
    return re.sub(r" ?\(\{[a-z0-9_]+\}\)|\{[a-z0-9_]+\}", "", text).strip(" \u00a0:,–")

"""The passages of a letter as staff edit them, one at a time, with the whole letter as a sample."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from chalicelib import content
from chalicelib.content import figures
from chalicelib.content.edits import LETTER, Value, blanks
from chalicelib.core import formatting
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.letter_passages import SUBJECT, LetterPassage, shown
from chalicelib.core.template_runs import NOT
from chalicelib.core.templates import SHARED, TEMPLATES, passages_of
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

A_NUMBER: Final = "number > 1"
"""The condition that chooses between one and many of anything."""

A_DAY: Final = date(2026, 9, 15)
"""A day for the dates of a sample."""


def letters() -> list[str]:
    """Return the letters, by name; the last is what all of them share."""
    folders = (TEMPLATES / "email").iterdir()
    own = sorted(one.name for one in folders if one.is_dir() and not one.name.startswith("_"))
    return [*own, SHARED]


def readers_of(letter: str) -> str:
    """Return who reads a letter: the code of their words."""
    if letter == SHARED:
        return "shared"
    kinds = ("staff", "newsletter", "coach")
    return next((f"to_{one}" for one in kinds if letter.startswith(f"{one}_")), "to_applicant")


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
        return {name: example_of(name, self.passage.filled[name], "fr").strip() for name in names}

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        return {lang: list(self._samples(value, lang)) for lang in LANGS}

    def _samples(self, value: Value, lang: Lang) -> Iterator[Sample]:
        """Yield the letter, with what is in force, and this passage as it is edited."""
        new = {**in_force(self.letter, lang), self.passage.texts[lang]: value[lang]}
        known = passages_of_letter(self.letter)
        texts = [one.texts[lang] for one in known if one.parts == ("subject",)]
        if self.letter == SHARED or "html" not in self.passage.parts:
            texts = [self.passage.texts[lang]]
        words, body = examples_of(self.letter, lang), body_of(self.letter)
        runs = shown(body.read_text("utf-8"), lang) if body.exists() else ()
        for text in [*texts, *(run.text for run in runs)]:
            yield Sample(words.text(new.get(text, text)), text == self.passage.texts[lang])


def body_of(letter: str) -> Path:
    return TEMPLATES / "email" / letter / "body.html"


def in_force(letter: str, lang: Lang) -> dict[str, str]:
    """Return the texts of a letter that staff have worded anew, by the packaged ones."""
    edited = content.edits.laid(LETTER, letter)
    known = passages_of_letter(letter)
    return {one.texts[lang]: edited[one.id][lang] for one in known if one.id in edited}


def examples_of(letter: str, lang: Lang, **given: str) -> Examples:
    """Return what fills a letter in: what is given, and examples of all else."""
    filled = {name: how for one in passages_of_letter(letter) for name, how in one.filled.items()}
    examples = {name: example_of(name, how, lang) for name, how in filled.items()}
    return Examples({**examples, **given})


def written_when(passage: LetterPassage, lang: Lang) -> str:
    """Return in words where and when a passage is written; blank for one that always is."""
    known = {one["when"]: one for one in content.letters()["conditions"]}
    found = [content.desk()["edits"]["plain_text"][lang]] if passage.parts == ("text",) else []
    for condition in passage.conditions:
        when, holds = meant_by(condition)
        found.append((known[when]["words"] if holds else known[when]["otherwise"])[lang])
    return ", ".join(found)


def meant_by(condition: str) -> tuple[str, bool]:
    """Return which condition of the content one of a template is, and whether it must hold."""
    bare = condition.removeprefix(NOT)
    return re.sub(r"^[\w.| ]+ > 1$", A_NUMBER, bare), bare == condition


def example_of(name: str, expression: str, lang: Lang) -> str:
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


def subject_of(letter: str, lang: Lang) -> str:
    """Return what a letter is called: its subject as it stands, without what is filled in; with
    conditions, all that it may be, and its first words where the subject is filled in."""
    in_force = content.edits.laid(LETTER, letter)
    every = passages_of_letter(letter)
    found = [one for one in every if one.id == SUBJECT] or [
        one for one in every if one.parts == ("subject",)
    ]
    texts = [
        _without_names((in_force.get(one.id) or one.texts)[lang]) for one in found or every[:1]
    ]
    return " / ".join(dict.fromkeys(texts))


def _without_names(text: str) -> str:
    bare = re.sub(
        r"[ \u00a0]?[(\[]\{[a-z0-9_]+\}[)\]]|[ \u00a0]*:[ \u00a0]*\{[a-z0-9_]+\}$", "", text
    )
    return re.sub(r"\{[a-z0-9_]+\}", "…", bare).strip(" ")

"""The texts of a form as staff edit them: titles, questions, help and choices, one at a time; and
what forms, letters and pages of files say beside: messages, lists, states, steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chalicelib import content
from chalicelib.content import figures
from chalicelib.content.edits import FORM, LANGS, Value, blanks, texts, with_numbers
from chalicelib.core.languages import Lang
from chalicelib.desk.editing import (
    Examples,
    OneText,
    Sample,
)
from chalicelib.forms.parsing import FORMS

WORDS: Final = (
    "messages", "lists", "states", "review", "streams", "provinces", "problems", "programme",
    "newsletter", "message",
)  # fmt: skip
"""The files of content whose words are edited beside those of the forms that open a file."""

FILES: Final = (*FORMS, *WORDS)
"""All files of content whose texts are edited one at a time."""

AGREED_TO: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("notice", "privacy_notice"),
    "programme": ("form_name", "retention"),
    "newsletter": ("consent", "frequency", "bases", "record"),
}
"""Texts that somebody agrees to, or that prove it, in any file and in some: they have versions of
their own, and are changed by a release."""

ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = {"lists": ("decline_reason",)}
"""Texts that have a page of their own, by file."""

LISTED_AT_ONCE: Final = 40
"""Texts on one page, where a file has no sections."""

FRONT: Final = "front"
"""The part of a form that is not one of its sections."""


class FormText(NamedTuple):
    """One text of a form: where it stands, in which part, what it is, and of what."""

    place: str
    part: str
    kind: str
    owner: Mapping[str, str] | None
    packaged: Mapping[str, str]


def form_texts(name: str) -> Iterator[FormText]:
    """Yield each text of a form that staff may edit."""
    form = content.packaged(name)
    if name in WORDS:
        yield from _plain_texts(name, form)
        return
    parts = {str(section["id"]) for section in form["sections"]}
    owners: dict[str, Mapping[str, str]] = {}
    for place, text in _worded(name, form):
        steps = place.split(".")
        part = steps[1] if steps[0] == "sections" and steps[1] in parts else FRONT
        if steps[-1] == "label":
            owners[place.rpartition(".")[0]] = text
        owner = owners.get(place.rpartition(".")[0]) or owners.get(place.rpartition(".options.")[0])
        kind = "option" if "options" in steps else steps[-1]
        yield FormText(place, part, kind, None if kind == "label" else owner, text)


def _plain_texts(name: str, content: Value) -> Iterator[FormText]:
    """Yield the texts of a file without sections, so many a part."""
    for number, (place, text) in enumerate(_worded(name, content)):
        yield FormText(place, str(number // LISTED_AT_ONCE), "", None, text)


def _worded(name: str, content: Value) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the texts of a file that staff may word, and where each stands."""
    by_file = (*AGREED_TO[""], *AGREED_TO.get(name, ()), *ELSEWHERE.get(name, ()))
    closed = [*by_file, *_agreed(content)]
    for place, text in texts(content):
        if not any(f"{place}.".startswith(f"{one}.") for one in closed):
            yield place, text


def parts_of(name: str, lang: Lang) -> list[tuple[str, str]]:
    """Return the parts of a form, by id, with their titles as they stand; of other files, with the
    first words of the first text."""
    if name not in WORDS:
        form = content.form(name)
        front = content.desk()["edits"][FRONT][lang]
        return [(FRONT, front), *((s["id"], s["title"][lang]) for s in form["sections"])]
    firsts: dict[str, str] = {}
    for one in form_texts(name):
        firsts.setdefault(one.part, one.packaged[lang])
    return list(firsts.items())


def name_of(name: str, lang: Lang) -> str:
    """Return what a form, or another file of words, is called."""
    if name in WORDS:
        return content.desk()["words"][name][lang]
    return content.form(name)["title"][lang]


def _agreed(form: Value) -> list[str]:
    """Return where the boxes stand that somebody agrees to."""
    sections = form.get("sections", ()) if isinstance(form, dict) else ()
    return [
        f"sections.{section['id']}.fields.{f['key']}"
        for section in sections
        if isinstance(section, dict)
        for f in section.get("fields", ())
        if f["type"] == "consent"
    ]


@dataclass(frozen=True)
class FormTextEditor(OneText):
    form: str
    text: FormText

    @property
    def subject(self) -> str:
        return f"{FORM}/{self.form}/{self.text.place}"

    def title(self, lang: Lang) -> str:
        return with_numbers((self.text.owner or self.text.packaged)[lang], figures())

    def packaged(self) -> Value:
        return {lang: self.text.packaged[lang] for lang in LANGS}

    @property
    def wanted(self) -> set[str]:
        return blanks(self.text.packaged["fr"]) - figures().keys()

    @property
    def allowed(self) -> set[str]:
        return set(figures())

    @property
    def in_lines(self) -> bool:
        return "\n" in self.text.packaged["fr"]

    def placeholders(self) -> Mapping[str, str]:
        named = {name for lang in LANGS for name in blanks(self.text.packaged[lang])}
        numbers = {name: str(number) for name, number in figures().items()}
        return {name: numbers.get(name, "…") for name in sorted(named)}

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        filled = Examples({name: str(number) for name, number in figures().items()})
        found: dict[Lang, list[Sample]] = {}
        for lang in LANGS:
            before = [] if self.text.owner is None else [Sample(self.text.owner[lang], False)]
            new = Sample(value[lang], True)
            found[lang] = [
                Sample(filled.text(text), is_new) for text, is_new in [*before, new] if text
            ]
        return found


def editor_of(form: str, place: str) -> FormTextEditor | None:
    """Return the editor of a text of a form; None where there is no such text."""
    if form not in FILES:
        return None
    found = next((one for one in form_texts(form) if one.place == place), None)
    return None if found is None else FormTextEditor(form, found)

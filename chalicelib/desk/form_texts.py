"""The texts of a form as staff edit them: titles, questions, help and choices, one at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chalicelib import content
from chalicelib.content import HERE, chosen, figures, whole
from chalicelib.content.edits import FORM, LANGS, Value, blanks, texts, with_numbers
from chalicelib.core.languages import Lang
from chalicelib.desk.editing import (
    Examples,
    OneText,
    Sample,
)
from chalicelib.forms.parsing import FORMS

AGREED_TO: Final = ("notice", "privacy_notice")
"""Texts that somebody agrees to: they have versions of their own, and are changed by a release."""

FRONT: Final = "front"
"""The part of a form that is not one of its sections."""


class FormText(NamedTuple):
    """One text of a form: where it stands, in which part, what it is, and of what."""

    place: str
    part: str
    kind: str
    owner: Mapping[str, str] | None
    packaged: Mapping[str, str]


def packaged_form(name: str) -> Value:
    """Return a form as it was packaged, with the names of figures in braces."""
    return whole(name, {}, HERE, chosen())


def form_texts(name: str) -> Iterator[FormText]:
    """Yield each text of a form that staff may edit."""
    form = packaged_form(name)
    consents = _agreed(form)
    parts = {str(section["id"]) for section in form["sections"]}
    owners: dict[str, Mapping[str, str]] = {}
    for place, text in texts(form):
        steps = place.split(".")
        if steps[0] in AGREED_TO or any(place.startswith(f"{one}.") for one in consents):
            continue
        part = steps[1] if steps[0] == "sections" and steps[1] in parts else FRONT
        if steps[-1] == "label":
            owners[place.rpartition(".")[0]] = text
        owner = owners.get(place.rpartition(".")[0]) or owners.get(place.rpartition(".options.")[0])
        kind = "option" if "options" in steps else steps[-1]
        yield FormText(place, part, kind, None if kind == "label" else owner, text)


def parts_of(name: str, lang: Lang) -> list[tuple[str, str]]:
    """Return the parts of a form, by id, with their titles as they stand."""
    form = content.form(name)
    return [(FRONT, form["title"][lang]), *((s["id"], s["title"][lang]) for s in form["sections"])]


def _agreed(form: Value) -> list[str]:
    """Return where the boxes stand that somebody agrees to."""
    return [
        f"sections.{section['id']}.fields.{f['key']}"
        for section in form["sections"]
        for f in section["fields"]
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
    if form not in FORMS:
        return None
    found = next((one for one in form_texts(form) if one.place == place), None)
    return None if found is None else FormTextEditor(form, found)

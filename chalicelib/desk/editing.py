"""What can be edited at the desk, each with its fields, what is wrong with what was typed, and
what its readers would see."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from chalicelib.content.edits import LANGS, Value, blanks
from chalicelib.core import typography
from chalicelib.core.languages import Lang

TEXT_MAX_LENGTH: Final = 3_000
"""Characters of one text, which is as much as a page of a form can bear."""

WHY_MAX_LENGTH: Final = 300

TEXT: Final = "text"
"""The field of whoever edits one text alone."""


class EditField(NamedTuple):
    """One input: a `text` of several lines or a `line`, `choice` or `box`; `lang` where it is
    written in one language. `label` and `hint` name words of the content."""

    name: str
    label: str
    kind: str
    value: str
    lang: str = ""
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""


class FieldGroup(NamedTuple):
    """Fields that stand together, under a title in words, if any."""

    title: str
    fields: Sequence[EditField]


class Fault(NamedTuple):
    """What is wrong with a field, by the code of its words, and what these name."""

    field: str
    code: str
    about: str = ""


class Sample(NamedTuple):
    """A piece of a preview; `is_new` is what was edited."""

    text: str
    is_new: bool


class Editor(Protocol):
    """One subject that staff may edit; a value of None is the packaged one."""

    @property
    def subject(self) -> str: ...

    def title(self, lang: Lang) -> str: ...

    def packaged(self) -> Value:
        """Return the value that this release was packaged with."""

    def groups(self, value: Value, lang: Lang) -> list[FieldGroup]:
        """Return the fields of a value."""

    def read(self, fields: Mapping[str, str], lang: Lang | None) -> tuple[Value, list[Fault]]:
        """Return the value that was typed, with its days as `lang` writes them, and what is wrong
        with it."""

    def placeholders(self) -> Mapping[str, str]:
        """Return the names that its texts may have in braces, and an example of each."""

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        """Return what its readers would see, in each language; nothing where that is no text."""


class WithoutNames:
    """An editor of what has no name in braces."""

    def placeholders(self) -> Mapping[str, str]:
        return {}


class WithoutSamples(WithoutNames):
    """An editor of what the staff alone reads."""

    def samples(self, value: Value) -> Mapping[Lang, Sequence[Sample]]:
        return {}


class OneText:
    """An editor of one text in both languages; `wanted` are the names in braces that it must keep,
    and `allowed` those that it may have beside them."""

    @property
    def wanted(self) -> set[str]:
        raise NotImplementedError

    @property
    def allowed(self) -> set[str]:
        return set()

    @property
    def in_lines(self) -> bool:
        """Whether its lines stay apart."""
        return False

    def groups(self, value: Value, lang: Lang) -> list[FieldGroup]:
        return [FieldGroup("", text_fields(TEXT, value))]

    def read(self, fields: Mapping[str, str], lang: Lang | None) -> tuple[Value, list[Fault]]:
        value = typed_text(TEXT, fields, in_lines=self.in_lines)
        return value, faults_of_text(TEXT, value, self.wanted, self.allowed)


def text_fields(
    name: str, value: Mapping[str, str], label: str = "", hint: str = ""
) -> list[EditField]:
    """Return the fields of a text, one a language."""
    return [
        EditField(f"{name}.{lang}", label or lang, "text", value.get(lang, ""), lang, hint=hint)
        for lang in LANGS
    ]


def typed_text(name: str, fields: Mapping[str, str], *, in_lines: bool = False) -> dict[str, str]:
    """Return a text that was typed, as it is kept: on one line where nothing else is said, and
    French as it is typeset."""
    found: dict[str, str] = {}
    for lang in LANGS:
        typed = fields.get(f"{name}.{lang}", "")
        lines = typed.strip().splitlines() if in_lines else [typed]
        found[lang] = "\n".join(typeset(_tidy(line), lang) for line in lines)
    return found


def typed_rows(
    name: str, standing: int, room: int, fields: Mapping[str, str]
) -> Iterator[tuple[int, str, dict[str, str], list[Fault]]]:
    """Yield each text of a list that was typed: its number, its field, its words and what is wrong
    with them. All that are `standing` are there; of the blank rows below them, those with words."""
    for number in range(standing + room):
        field = f"{name}.{number}"
        words = typed_text(field, fields)
        if number < standing or any(words.values()):
            yield number, field, words, faults_of_text(field, words, set(), set())


def new_id(taken: set[str]) -> str:
    """Return an id for what is added to a list, that none in it has."""
    return next(name for n in range(1, 1000) if (name := f"added_{n}") not in taken)


def faults_of_text(
    name: str, value: Mapping[str, str], wanted: set[str], allowed: set[str]
) -> list[Fault]:
    """Return what is wrong with a text: it needs both languages, and the names that it had."""
    found: list[Fault] = []
    for lang in LANGS:
        text, field = value[lang], f"{name}.{lang}"
        if not text:
            found.append(Fault(field, "empty"))
            continue
        if len(text) > TEXT_MAX_LENGTH:
            found.append(Fault(field, "too_long", str(TEXT_MAX_LENGTH)))
            continue
        if re.search(r"<\s*[a-zA-Z/!]", text):
            found.append(Fault(field, "tags"))
        found += _faults_of_names(field, text, wanted, allowed)
        if lang == "fr" and any(typography.faults(text)):
            found.append(Fault(field, "typography"))
    return found


def _faults_of_names(field: str, text: str, wanted: set[str], allowed: set[str]) -> list[Fault]:
    try:
        names = blanks(text)
    except ValueError:
        return [Fault(field, "braces")]
    unknown, missing = names - wanted - allowed, wanted - names
    faults = [Fault(field, "unknown_name", _in_braces(unknown))] if unknown else []
    return [*faults, *([Fault(field, "missing_name", _in_braces(missing))] if missing else [])]


def _in_braces(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def typeset(text: str, lang: str) -> str:
    """Return a text with what a keyboard lacks: curly apostrophes, and the no-break spaces of
    French."""
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    if lang == "fr":
        text = re.sub(r"[ \u00a0\u202f]*:(?= |$)", "\u00a0:", text)
        text = re.sub(r"«[ \u00a0\u202f]*", "«\u00a0", text)
        text = re.sub(r"[ \u00a0\u202f]*»", "\u00a0»", text)
        text = re.sub(r"[ \u00a0\u202f]+(?=[;!?])", "", text)
        text = re.sub(r"(?<=\d)[ \u202f](?=[$%]|\d{3}\b)", "\u00a0", text)
    return text


def _tidy(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


@dataclass(frozen=True)
class Examples:
    """Fills the names of a text with examples."""

    examples: Mapping[str, str]

    def text(self, text: str) -> str:
        return re.sub(
            r"\{([a-z][a-z0-9_]*)\}", lambda found: self.examples.get(found[1], found[0]), text
        )

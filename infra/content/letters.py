"""Whether each letter has its templates, each template its letter, and each fact its name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from jinja2 import TemplateSyntaxError, meta, nodes

import chalicelib.wiring.mail  # noqa: F401 - it imports every module that registers letters
from chalicelib import content
from chalicelib.core.letter_passages import passages as worded
from chalicelib.core.templates import TEMPLATES, environment
from chalicelib.desk.letter_texts import meant_by
from chalicelib.mail.letters import LETTERS
from chalicelib.mail.writers.phrases import LetterFile
from infra.content.passages import passages
from infra.content.passages import templates as files
from infra.content.slips import Slip, instead, shown

PARTS: Final = ("subject.txt", "body.txt", "body.html")
ALWAYS: Final = frozenset({"case", "sender", "lang", "subject"})
OF_CASE: Final = frozenset(LetterFile.__annotations__)


def slips(folder: Path = TEMPLATES) -> Iterator[Slip]:
    email = folder / "email"
    for name in LETTERS:
        for part in PARTS:
            if not (email / name / part).exists():
                what = f"letter {name} has no {part}"
                yield Slip(shown(email / name), (), what, "Write it, in both languages.", 1)
    for path in sorted(email.iterdir()):
        if path.is_dir() and not path.name.startswith("_") and path.name not in LETTERS:
            mend = f"Remove the folder, or register it with @letter. {instead(path.name, LETTERS)}"
            yield Slip(shown(path), (), f"no letter is called {path.name}", mend, 1)
    for path in files(folder):
        yield from _template(path, folder)
    yield from _conditions(email)


def _conditions(email: Path) -> Iterator[Slip]:
    """Yield each condition that whoever edits the texts of letters would meet as code."""
    known = {one["when"]: "otherwise" in one for one in content.letters()["conditions"]}
    met = set[str]()
    for letter in sorted(path for path in email.iterdir() if path.is_dir()):
        sources = {path.name: path.read_text("utf-8") for path in letter.iterdir()}
        for condition in {one for passage in worded(sources) for one in passage.conditions}:
            when, holds = meant_by(condition)
            met.add(when)
            if not (when in known and (holds or known[when])):
                what = f"no words for the condition “{condition}” of {letter.name}"
                mend = (
                    "Say under conditions what it means to staff, and under otherwise without it."
                )
                yield Slip("letters", ("conditions",), what, mend)
    for when in sorted(known.keys() - met):
        place = ("conditions", list(known).index(when))
        yield Slip("letters", place, f"no letter has the condition “{when}”", "Remove it.")


def _template(path: Path, folder: Path) -> Iterator[Slip]:
    text, file = path.read_text("utf-8"), shown(path)
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        what = f"the template cannot be read: {error.message}"
        yield Slip(file, (), what, "Close or correct the tag.", error.lineno)
        return
    for name in meta.find_referenced_templates(tree):
        if name and not (folder / name).exists():
            mend = "Write the path below templates/, as the file is called."
            yield Slip(file, (), f"no such template: {name}", mend, _line(text, name))
    letter = LETTERS.get(path.parent.name)
    if letter is None:
        return
    known = {*letter.fact_names, *ALWAYS, *environment().globals}
    for name in sorted(_undeclared(tree) - known):
        mend = f"The letter does not have it. {instead(name, known)}"
        yield Slip(file, (), f"no such fact: {name}", mend, _line(text, name))
    for name in sorted(_case_names(text)):
        if name not in OF_CASE:
            what = f"no such fact of the file: case.{name}"
            yield Slip(file, (), what, instead(name, OF_CASE), _line(text, f"case.{name}"))
    for one in passages(text):
        if not one.lang and path.suffix == ".txt" and len(one.text) > 2 and _has_words(one.text):
            what = f"one text for both languages: “{one.text[:60]}”"
            yield Slip(
                file, (), what, 'Put it below {% if lang == "fr" %} and {% else %}.', one.line
            )


def _has_words(text: str) -> bool:
    return any(word.isalpha() and len(word) > 2 for word in text.split())


def _case_names(text: str) -> set[str]:
    return set(re.findall(r"\bcase\.([a-z_]+)", text))


def _undeclared(tree: nodes.Template) -> set[str]:
    """Return the names that a template needs, and does not import."""
    imported = {
        name if isinstance(name, str) else name[1]
        for node in tree.find_all(nodes.FromImport)
        for name in node.names
    }
    macros = {node.name for node in tree.find_all(nodes.Macro)}
    return meta.find_undeclared_variables(tree) - imported - macros


def _line(text: str, name: str) -> int:
    at = text.find(name)
    return text.count("\n", 0, max(at, 0)) + 1

"""The one Jinja environment: strict, escaped where it is HTML, with the words of both languages."""

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final, TypedDict

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from chalicelib import content
from chalicelib.content import edits
from chalicelib.content.edits import cached
from chalicelib.core import formatting, letter_passages
from chalicelib.core.letter_passages import LetterPassage, passages, reworded
from chalicelib.core.ticks import tick
from chalicelib.core.typed_text import LIMITS, without_turns

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

SHARED: Final = "_base"
"""The folder of what letters have in common."""

VERSION_LENGTH: Final = 12
"""Characters of a version: enough to find the commit that had these templates."""


class _Loader(FileSystemLoader):
    """Loads templates from their files, those of letters and pages with what staff have worded
    anew."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, path, is_current = super().get_source(environment, template)
        return with_edits(template, source), path, is_current


def with_edits(template: str, source: str) -> str:
    """Return the source of a template with the edits of its letter, or of a page."""
    folder, _, part = template.rpartition("/")
    if folder == "pages":
        page = part.removesuffix(".html")
        values = edits.laid(edits.PAGE, page)
        return reworded(source, part, passages_of_page(page), values) if values else source
    values = edits.laid(edits.LETTER, folder.removeprefix("email/"))
    return reworded(source, part, passages_of(folder), values) if values else source


@cache
def passages_of(folder: str) -> list[LetterPassage]:
    """Return the passages of a letter, as they were packaged."""
    files = (TEMPLATES / folder).iterdir()
    return passages({one.name: one.read_text("utf-8") for one in files})


@cache
def passages_of_page(name: str) -> list[LetterPassage]:
    """Return the passages of a page, as they were packaged."""
    source = (TEMPLATES / "pages" / f"{name}.html").read_text("utf-8")
    return letter_passages.passages_of_page(source)


def environment() -> Environment:
    return _environment(packaged=False)


@cached
def _environment(*, packaged: bool) -> Environment:
    """Make the environment; `packaged` is without the edits of staff."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES) if packaged else _Loader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        finalize=_written,
    )
    for name, write in (
        ("long_date", formatting.long_date),
        ("on_date", formatting.on_date),
        ("moment", formatting.date_and_time),
        ("number", formatting.number),
        ("long_month", formatting.long_month),
    ):
        found.filters[name] = _in_language(write)
    found.globals["limits"] = LIMITS
    found.globals["figures"] = content.figures
    found.globals["programme"] = content.programme
    found.globals["theme"] = content.theme
    found.filters["indent_lines"] = _indented
    found.filters["lines"] = _in_lines
    found.filters["cut_at"] = cut_at
    found.filters["field_id"] = _field_id
    found.filters["marked"] = marked
    found.filters["beyond"] = beyond
    found.tests["starts_with"] = str.startswith
    found.tests["of_fields"] = lambda path, keys: path.partition("[")[0] in keys
    found.tests["ticked"] = lambda value: tick(value) is True
    return found


@pass_context
def _written(context: Context, value: object) -> object:
    """Return what a template writes, with nothing that would turn what stands beside it. Raises
    TypeError for a letter that would say `None`."""
    if value is None and (context.name or "").startswith("email/"):
        raise TypeError(f"{context.name} writes a fact that is not there")
    return without_turns(value) if isinstance(value, str) else value


def render(template: str, /, **facts: object) -> str:
    return environment().get_template(template).render(**facts)


def render_packaged(template: str, /, **facts: object) -> str:
    """Render a template as it was packaged, whatever staff have worded anew."""
    return _environment(packaged=True).get_template(template).render(**facts)


_REFERENCE = re.compile(r'{%-?\s*(?:extends|include|from|import)\s+"([^"]+)"')


@cached
def version(folder: str) -> str:
    """Return what tells two states of a letter's templates apart: a hash of all the text that the
    letter is made from."""
    names = [f"{folder}/{path.name}" for path in sorted((TEMPLATES / folder).iterdir())]
    sources: dict[str, str] = {}
    while names:
        name = names.pop()
        if name not in sources:
            sources[name] = (TEMPLATES / name).read_text("utf-8")
            names += _REFERENCE.findall(sources[name])
    edited = {
        (name, one): value
        for name in (SHARED, folder.removeprefix("email/"))
        for one, value in edits.laid(edits.LETTER, name).items()
    }
    text = "\0".join(f"{name}\0{source}" for name, source in sorted(sources.items()))
    text += repr(sorted(edited.items())) if edited else ""
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH]


def field_id(path: str, prefix: str = "f") -> str:
    """Return the HTML id of a field: `partners[0].name` → `f-partners-0-name`."""
    return f"{prefix}-" + re.sub(r"[^0-9A-Za-z]+", "-", path).strip("-")


@pass_context
def _field_id(context: Context, path: str) -> str:
    """Return the id of a field; several forms may stand on one page, each with an `id_prefix`."""
    return field_id(path, context.get("id_prefix", "f"))


class AnswerTable(TypedDict):
    head: Sequence[str]
    body: Sequence[Sequence[str]]


class AnswerInWords(TypedDict, total=False):
    """An answer as people read it: a `value`, or for a list of rows a `table`."""

    label: str
    value: str
    table: AnswerTable


class AnswerSection(TypedDict):
    id: str
    rows: Sequence[AnswerInWords]


_AROUND_AN_ANSWER: Final = 60
"""Bytes of markup around an answer, or a cell of a table, roughly."""


def beyond(sections: Sequence[AnswerSection], room: int) -> list[str]:
    """Return the ids of the longest sections of answers, without which the others fit into so many
    bytes of a page."""
    sizes = {section["id"]: sum(map(_size, section["rows"])) for section in sections}
    found: list[str] = []
    for longest in sorted(sizes, key=lambda one: sizes[one], reverse=True):
        if sum(sizes.values()) <= room:
            break
        found.append(longest)
        del sizes[longest]
    return found


def _size(answer: AnswerInWords) -> int:
    texts = [answer["label"], answer.get("value", "")]
    if table := answer.get("table"):
        # Each cell says its column too.
        texts += [f"{name}{cell}" for cells in table["body"]
                  for name, cell in zip(table["head"], cells, strict=True)]  # fmt: skip
    return sum(_AROUND_AN_ANSWER + len(escape(text).encode()) for text in texts)


def marked(text: str, spans: Sequence[Sequence[int]] = ()) -> Markup:
    """Return the text with the stretches (begin, end) that a search found in `<mark>`."""
    shown, at = Markup(""), 0
    for begin, end in spans:
        shown += escape(text[at:begin]) + Markup("<mark>{}</mark>").format(text[begin:end])
        at = end
    return shown + escape(text[at:])


def _in_language(write: Callable[..., str]) -> Callable[[Context, object], str]:
    """Return a filter that writes in the language of the page it stands on."""

    @pass_context
    def in_language(context: Context, value: object) -> str:
        return write(value, context["lang"])

    return in_language


def _indented(text: str, by: str = "  ") -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def _in_lines(text: str) -> Markup:
    """Return a text whose lines stay apart in a mail: Outlook knows no `white-space`."""
    return Markup("<br>").join(str(text).split("\n"))


def cut_at(text: str, length: int | None) -> str:
    """Return a text of at most so many characters, whole words and a mark of what was cut."""
    if length is None or len(text) <= length:
        return text
    words = text[: length + 1].rsplit(" ", 1)[0] if " " in text[:length] else text[:length]
    return words[:length].rstrip(" ,;:") + "…"

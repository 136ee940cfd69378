"""The passages of a letter that staff may word anew: what a paragraph, a heading or a line of a
list says, between the tags and conditions of its templates, which stay as they are.

A passage is the same words in `body.html` and in `body.txt`, in each language. What the letter
fills in stands in it as a name in braces, and goes back to the very expression that it was; no
other brace is taken, so that an edited passage can execute nothing.
"""

import hashlib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chalicelib.content.edits import LANGS, fits

_TOKEN: Final = re.compile(r"(\{%.*?%\}|\{#.*?#\}|<(?:[^<>{]|\{\{.*?\}\}|\{%.*?%\})*>)", re.DOTALL)
_BLOCK: Final = re.compile(r"<(h1|h2|p|li|dt|dd)\b")
_FILLED: Final = re.compile(
    r"<(span|strong|a)\b(?:[^<>{]|\{\{.*?\}\})*>\s*\{\{(.*?)\}\}\s*</\1>|\{\{(.*?)\}\}", re.DOTALL
)
_LINE_MARK: Final = re.compile(r"^(?:- |\d+\. |== )?")
_LINE_END: Final = re.compile(r"(?: ==|[ \u00a0]*:)?$")
_NAME: Final = re.compile(r"(?:\b(?:case|usual)\.|figures\(\)\.)?\b([a-z][a-z_]*)\b")
_NO_NAMES: Final = frozenset({"if", "else", "or", "and", "not", "lang", "fr", "in", "is"})
_LANGUAGE: Final = {'if lang == "fr"': "fr", 'if lang == "en"': "en"}
_OTHER: Final = {"fr": "en", "en": "fr"}

SUBJECT: Final = "subject"
"""The passage that is the subject of the letter."""

ID_LENGTH: Final = 10


@dataclass(frozen=True)
class Span:
    """Where a passage stands in one template, and what each name in it was."""

    start: int
    end: int
    lang: str
    text: str
    filled: Mapping[str, str]
    is_html: bool = False
    is_heading: bool = False
    after: str = ""


@dataclass(frozen=True)
class LetterPassage:
    """One passage in both languages, and what the letter fills into it by each name."""

    id: str
    fr: str
    en: str
    filled: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        return {"fr": self.fr, "en": self.en}


def passages(subject: str, text: str, body: str) -> list[LetterPassage]:
    """Return the passages that the three templates of a letter share."""
    found = [_pair(SUBJECT, *pair) for pair in _paired(_subject(subject))][:1]
    lines = {(s.lang, s.text) for s in _lines(text)}
    for fr, en in _paired(list(_blocks(body))):
        if all(s.is_heading or (s.lang, s.text) in lines for s in (fr, en)):
            found.append(_pair(_id(fr.text, en.text), fr, en))
    return list({one.id: one for one in found}.values())


def reworded(
    source: str, part: str, known: Sequence[LetterPassage], values: Mapping[str, object]
) -> str:
    """Return the source of a template of a letter (`part` is its file) with edited passages in
    their place; one that does not fit is left as it was packaged."""
    spans = {"subject.txt": _subject, "body.txt": _lines, "body.html": _blocks}[part](source)
    for span in sorted(spans, key=lambda one: -one.start):
        for one in known:
            value = values.get(one.id)
            if (one.id == SUBJECT) != (part == "subject.txt") or not isinstance(value, dict):
                continue
            if one.texts[span.lang] == span.text and fits(one.texts, value, {}):
                new = _written(str(value[span.lang]), span)
                source = source[: span.start] + new + source[span.end :]
    return source


def shown(source: str, lang: str) -> Iterator[str]:
    """Yield what the blocks of a letter say in a language, with names for what is filled in."""
    for span in _blocks(source, whole=True):
        if span.lang == lang and span.text:
            yield span.text


def _written(text: str, span: Span) -> str:
    """Return a text as it stands in a template: what was filled in as it was, all else as text."""
    parts = re.split(r"\{([a-z_0-9]+)\}", text)
    literal = [html.escape(one, quote=False) if span.is_html else one for one in parts[::2]]
    filled = [span.filled[name] for name in parts[1::2]]
    mixed = [piece for pair in zip(literal, [*filled, ""], strict=True) for piece in pair]
    return "".join(mixed) + span.after


def _subject(source: str) -> list[Span]:
    found = re.fullmatch(
        r'\{% if lang == "fr" %\}(.*?)\{% else %\}(.*?)\{% endif %\}\s*', source, re.DOTALL
    )
    if found is None or "{%" in found[1] + found[2]:
        return []
    spans = [_span(source, *found.span(n), lang) for n, lang in ((1, "fr"), (2, "en"))]
    return [one for one in spans if one is not None]


def _lines(source: str) -> Iterator[Span]:
    """Yield each line of a plain text that stands in one language."""
    at, under = 0, _Languages()
    for piece in re.split(r"(\{%.*?%\}|\{#.*?#\}|\n)", source):
        if piece.startswith("{%"):
            under.meet(piece)
        elif under.lang and piece.strip() and _stands_alone(source, at, at + len(piece)):
            mark, end = _LINE_MARK.match(piece), _LINE_END.search(piece)
            begin = at + (mark.end() if mark else 0)
            stop = at + (end.start() if end else len(piece))
            if begin < stop and (span := _span(source, begin, stop, under.lang)):
                yield span
        at += len(piece)


def _stands_alone(source: str, start: int, end: int) -> bool:
    """Say whether a piece of a text is a line of its own, without a condition within it."""
    before, after = source[:start].rpartition("\n")[2], source[end:].partition("\n")[0]
    return "{%" not in after and "{%" not in before


def _blocks(source: str, *, whole: bool = False) -> Iterator[Span]:
    """Yield what each block of HTML says that stands in one language; of those that cannot be
    edited, only where the `whole` is wanted."""
    at, under, opened = 0, _Languages(), (0, "", "")
    for token in _TOKEN.split(source):
        if token.startswith("{%"):
            under.meet(token)
        elif (tag := _BLOCK.match(token)) and under.lang:
            opened = (at + len(token), tag[1], under.lang)
        elif opened[1] and token == f"</{opened[1]}>":
            start, name, lang = opened
            opened = (0, "", "")
            inside = _plain(source[start:at]) if whole else source[start:at]
            span = _span(inside, 0, len(inside), lang, is_html=True)
            if span is not None:
                yield Span(
                    start, at, lang, _bare(span.text), span.filled, True, name in ("h1", "h2"),
                    span.text[len(_bare(span.text)) :],
                )  # fmt: skip
        at += len(token)


def _bare(text: str) -> str:
    end = _LINE_END.search(text)
    return text[: end.start()] if end else text


def _plain(inside: str) -> str:
    """Return a block without its conditions and tags."""
    return re.sub(r"\{%.*?%\}|<(?!\{)(?:[^<>{]|\{\{.*?\}\})*>", "", inside, flags=re.DOTALL)


def _span(source: str, start: int, end: int, lang: str, *, is_html: bool = False) -> Span | None:
    """Return a stretch of a template as a passage; None for one with tags or conditions in it."""
    inside = source[start:end]
    filled: dict[str, str] = {}
    names: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        expression = (found[2] or found[3]).strip()
        name = names.setdefault(expression, _free_name(expression, filled))
        filled[name] = found[0]
        return f"{{{name}}}"

    text = _FILLED.sub(named, inside)
    if "{%" in text or "{{" in text or "{#" in text or (is_html and "<" in text):
        return None
    plain = html.unescape(text) if is_html else text
    return Span(start, end, lang, re.sub(r"[ \t\n]+", " ", plain).strip(" "), filled, is_html)


def _free_name(expression: str, taken: Mapping[str, str]) -> str:
    bare = re.sub(r'"[^"]*"', "", expression)
    found = [name for name in _NAME.findall(bare) if name not in _NO_NAMES]
    name = "ref" if "case.ref" in expression else (found[0] if found else "words")
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _paired(spans: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Return the passages of French with those of English that stand in the same place."""
    by_lang = [[span for span in spans if span.lang == lang] for lang in LANGS]
    if len(by_lang[0]) != len(by_lang[1]):
        return []
    pairs = zip(*by_lang, strict=True)
    return [
        (fr, en) for fr, en in pairs if fr.filled.keys() == en.filled.keys() and _has_words(fr.text)
    ]


def _has_words(text: str) -> bool:
    return any(letter.isalpha() for letter in re.sub(r"\{[a-z_0-9]+\}", "", text))


def _pair(name: str, fr: Span, en: Span) -> LetterPassage:
    return LetterPassage(name, fr.text, en.text, fr.filled)


def _id(fr: str, en: str) -> str:
    return hashlib.sha256(f"{fr}\0{en}".encode()).hexdigest()[:ID_LENGTH]


class _Languages:
    """In which language a template is at a place, by the conditions that are open there."""

    def __init__(self) -> None:
        self._open: list[str] = []

    @property
    def lang(self) -> str:
        return next((one for one in reversed(self._open) if one), "")

    def meet(self, tag: str) -> None:
        words = tag.strip("{}%-").strip()
        if words.startswith("if "):
            self._open.append(_LANGUAGE.get(words, ""))
        elif words.startswith(("else", "elif")) and self._open:
            self._open[-1] = _OTHER.get(self._open[-1], "")
        elif words == "endif" and self._open:
            self._open.pop()

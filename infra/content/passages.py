"""What templates say, passage by passage: in which language, and on which line."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

TAG: Final = re.compile(r"\{%-?\s*(.*?)\s*-?%\}|\{#.*?#\}", re.DOTALL)
INLINE: Final = re.compile(r'"([^"]*)"\s+if (?:lang == "fr"|fr)\s+else\s+"([^"]*)"')
TABLE: Final = re.compile(r'"(fr|en)":\s*\{(.*?)\}', re.DOTALL)
LANGUAGES: Final = {'if lang == "fr"': "fr", "if fr": "fr", 'if lang == "en"': "en"}
OTHER: Final = {"fr": "en", "en": "fr"}
HOLE: Final = "\u2026"
"""Stands where a template fills something in."""


class Passage(NamedTuple):
    """A line of a text in one language; `lang` is empty where it stands for both."""

    line: int
    lang: str
    text: str
    raw: str = ""


def passages(template: str) -> Iterator[Passage]:
    """Yield each line of text of a template."""
    for found in INLINE.finditer(template):
        for group, lang in ((1, "fr"), (2, "en")):
            yield Passage(_line(template, found.start(group)), lang, found[group], found[group])
    for table in TABLE.finditer(template):
        for value in re.finditer(r':\s*"([^"]*)"', table[2]):
            line = _line(template, table.start(2) + value.start(1))
            yield Passage(line, table[1], value[1], value[1])
    for start, lang, passage in _passages(template):
        for number, raw in enumerate(INLINE.sub("", passage).split("\n")):
            if text := _plain(raw):
                yield Passage(_line(template, start) + number, lang, text, raw)


def one_language(template: str) -> Iterator[int]:
    """Yield the line of each text that stands in French and has no English beside it."""
    open_ifs: list[tuple[str, int, bool]] = []
    for tag in TAG.finditer(template):
        words = tag[1] or ""
        if words.startswith("if "):
            open_ifs.append((LANGUAGES.get(words, ""), tag.end(), False))
        elif words.startswith("else") and open_ifs:
            open_ifs[-1] = (*open_ifs[-1][:2], True)
        elif words == "endif" and open_ifs:
            lang, start, has_else = open_ifs.pop()
            between = TAG.sub("", template[start : tag.start()])
            if lang and not has_else and re.search(r"\w{3}", _plain(between)):
                yield _line(template, start)


def _passages(template: str) -> Iterator[tuple[int, str, str]]:
    under: list[str] = []
    at = 0
    for tag in TAG.finditer(template):
        yield at, next((lang for lang in reversed(under) if lang), ""), template[at : tag.start()]
        at = tag.end()
        words = tag[1] or ""
        if words.startswith("if "):
            under.append(LANGUAGES.get(words, ""))
        elif words.startswith(("else", "elif")) and under:
            under[-1] = OTHER.get(under[-1], "")
        elif words == "endif" and under:
            under.pop()
    yield at, "", template[at:]


def _plain(text: str) -> str:
    text = re.sub(r"\{\{.*?\}\}", HOLE, text, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]*>?", "", text))
    return text.strip(" \n").removeprefix("- ")


def _line(template: str, at: int) -> int:
    return template.count("\n", 0, at) + 1


def templates(*folders: Path) -> Iterator[Path]:
    """Yield every template of the folders."""
    for folder in folders:
        yield from sorted(p for p in folder.rglob("*") if p.suffix in (".html", ".txt"))

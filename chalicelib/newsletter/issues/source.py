"""An issue as its author writes it: one Markdown file a language, with a few lines on top."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple, TypedDict

from chalicelib.core.languages import LANGS
from chalicelib.newsletter.issues.findings import Finding

SOURCE_LIMIT: Final = 60_000
"""Bytes of one file: whoever reads 60 kB of Markdown in a mail has a website open."""

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,8}")
SUITE: Final = "-suite-"
"""What stands in the slug of an issue that follows another: `2026-03-suite-2`."""

_KEYS: Final = ("subject", "preheader", "slug", "date", "topics", "archive", "counterpart")
_NEEDED: Final = ("subject", "preheader", "slug", "date")
_SHARED: Final = ("slug", "date", "topics", "archive")
"""Keys that must have the same value in both files."""


class PlacedImage(NamedTuple):
    """An uploaded image as the text of one language has it; without words where it decorates."""

    url: str
    words: str
    width: int


@dataclass(frozen=True)
class Source:
    """One language. `start` is the line of the file on which the Markdown begins.

    `text` is the text part when its author wrote one (`fr.txt` beside `fr.md`), which begins on
    line `text_start` of its file.
    """

    lang: str
    file: str
    raw: str
    body: str
    start: int
    head: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    counterparts: tuple[tuple[str, str], ...] = ()
    """Links that differ between the languages, as declared: (one, other)."""
    text: str | None = None
    text_of: str | None = None
    """The Markdown that the text part says it was made of: its mark, on the first line."""
    text_start: int = 1
    text_is_older: bool = False
    """Whether the file of the text part was changed before that of the Markdown."""
    images: Mapping[str, PlacedImage] = field(default_factory=dict)
    """What was uploaded for the issue, by the names that the Markdown calls it."""

    @property
    def subject(self) -> str:
        return self.head.get("subject", "")

    @property
    def preheader(self) -> str:
        return self.head.get("preheader", "")

    @property
    def slug(self) -> str:
        return self.head.get("slug", "")

    @property
    def date(self) -> str:
        return self.head.get("date", "")

    @property
    def topics(self) -> list[str]:
        return [topic.strip() for topic in self.head.get("topics", "").split(",") if topic.strip()]

    @property
    def archive(self) -> bool:
        return self.head.get("archive", "yes") != "no"

    def at(self, key: str) -> int:
        """Return the line that has this key; the first line when none does."""
        return self.lines.get(key, 1)


def read_folder(folder: Path) -> tuple[dict[str, Source], list[Finding]]:
    """Return the sources of a folder by language, and what cannot be read."""
    sources: dict[str, Source] = {}
    found: list[Finding] = []
    for lang in LANGS:
        path = folder / f"{lang}.md"
        raw, fault = _read(path)
        if fault is not None:
            found.append(fault)
            continue
        text, fault = _read(folder / f"{lang}.txt", optional=True)
        found += [fault] if fault is not None else []
        source, faults = parse(raw or "", lang, path.name, text)
        sources[lang] = replace(source, text_is_older=_is_older(folder / f"{lang}.txt", path))
        found += faults
    return sources, [*found, *_alike(sources)]


def parse(raw: str, lang: str, file: str, text: str | None = None) -> tuple[Source, list[Finding]]:
    """Return a source, and what is wrong with the lines on top of it."""
    raw = raw.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = raw.split("\n")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    if lines[0].strip() != "---" or not end:
        return Source(lang, file, raw, raw, 1, text=text), [Finding("no_head", file, 1)]
    head: dict[str, str] = {}
    at: dict[str, int] = {}
    pairs: list[tuple[str, str]] = []
    found: list[Finding] = []
    for number, line in enumerate(lines[1:end], 2):
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip().strip('"').strip()
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not colon or key not in _KEYS or (key in head and key != "counterpart"):
            found.append(Finding("head_line", file, number, {"text": line.strip()[:60]}))
        elif key == "counterpart":
            one, equals, other = value.partition(" = ")
            pairs += [(one.strip(), other.strip())] if equals else []
            found += [] if equals else [Finding("counterpart", file, number)]
        else:
            head[key], at[key] = value, number
    body = "\n".join(lines[end + 1 :])
    source = Source(lang, file, raw, body, end + 2, head, at, tuple(pairs))
    source = replace(source, **_text_part(text)) if text is not None else source
    return source, [*found, *_head_faults(source)]


class _TextPart(TypedDict):
    text: str
    text_of: str | None
    text_start: int


def _text_part(text: str) -> _TextPart:
    """Return a text part without its mark, and the mark."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = _MARK.match(text)
    if found is None:
        return {"text": text, "text_of": None, "text_start": 1}
    start = 1 + found[0].count("\n")
    return {"text": text[found.end() :], "text_of": found[1].lower(), "text_start": start}


_MARK: Final = re.compile(r"md:[ \t]*([0-9A-Fa-f]{8})[ \t]*(?:\n+|$)")


def _is_older(text: Path, markdown: Path) -> bool:
    return text.is_file() and text.stat().st_mtime < markdown.stat().st_mtime


def _read(path: Path, *, optional: bool = False) -> tuple[str | None, Finding | None]:
    if not path.is_file():
        return None, None if optional else Finding("no_file", path.name, None)
    if path.stat().st_size > SOURCE_LIMIT:
        facts = {"size": path.stat().st_size // 1000, "limit": SOURCE_LIMIT // 1000}
        return None, Finding("too_long", path.name, None, facts)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return None, Finding("not_utf8", path.name, line)
    if control := CONTROL.search(text):
        line = text[: control.start()].count("\n") + 1
        return None, Finding("control_character", path.name, line)
    return text, None


CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def is_first_slug(slug: str) -> bool:
    """Say whether this may be the slug of an issue that follows no other."""
    return SLUG.fullmatch(slug) is not None and SUITE not in slug


def _head_faults(source: Source) -> list[Finding]:
    found = [
        Finding("head_missing", source.file, 1, {"key": key})
        for key in _NEEDED
        if not source.head.get(key)
    ]
    if source.slug and not is_first_slug(source.slug):
        found.append(Finding("slug", source.file, source.at("slug"), {"text": source.slug[:60]}))
    if source.date and not _is_date(source.date):
        found.append(Finding("date", source.file, source.at("date"), {"text": source.date[:60]}))
    if source.head.get("archive", "yes") not in ("yes", "no"):
        found.append(Finding("archive", source.file, source.at("archive")))
    if not source.body.strip():
        found.append(Finding("no_body", source.file, source.start))
    return found


def _alike(sources: dict[str, Source]) -> list[Finding]:
    if len(sources) < len(LANGS):
        return []
    one, other = (sources[lang] for lang in LANGS)
    return [
        Finding("head_differs", other.file, other.at(key), {"key": key, "other": one.file})
        for key in _SHARED
        if one.head.get(key) != other.head.get(key)
    ]


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

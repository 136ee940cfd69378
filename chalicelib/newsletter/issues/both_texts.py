"""An issue as one page has it, both languages beside each other: made of its two files, and back."""

from collections.abc import Mapping
from typing import Final

from chalicelib.core.languages import LANGS
from chalicelib.core.ports import Item, Store
from chalicelib.newsletter.issues import text_part
from chalicelib.newsletter.issues.findings import Finding
from chalicelib.newsletter.issues.issue import Issue, text_key
from chalicelib.newsletter.issues.source import CONTROL, SOURCE_LIMIT, Source, parse

OF_LANGUAGE: Final = ("subject", "preheader", "body")
SHARED: Final = ("date", "topics", "archive", "counterparts")
NAMES: Final = (*(f"{name}_{lang}" for lang in LANGS for name in OF_LANGUAGE), *SHARED)
"""The fields of the page."""

Values = dict[str, str]


def tidied(given: Mapping[str, str]) -> Values:
    """Return what was typed as a file can hold it: lines of Unix, fields of the head on one."""
    found = {}
    for name in NAMES:
        text = CONTROL.sub("", given.get(name, "").replace("\r\n", "\n").replace("\r", "\n"))
        if name.startswith("body_"):
            found[name] = text.strip("\n")
        elif name == "counterparts":
            found[name] = "\n".join(line.strip() for line in text.split("\n") if line.strip())
        else:
            found[name] = " ".join(text.split()).strip('"').strip()
    if found["archive"] != "no":
        found["archive"] = "yes"
    return found


def kept_sources(store: Store, issue: Issue) -> dict[str, Source]:
    """Return the two files of an issue as they are stored."""
    rows = store.batch_get([text_key(issue.id, lang) for lang in LANGS])
    return {lang: _source(rows[text_key(issue.id, lang)], lang) for lang in LANGS}


def _source(row: Item, lang: str) -> Source:
    raw, written, name = str(row["source"]), row.get("written"), f"{lang}.md"
    plain = parse(raw, lang, name)[0]
    if written is None:
        return plain
    return parse(raw, lang, name, f"md: {text_part.stamp_of(plain)}\n\n{written}")[0]


def values_of(sources: Mapping[str, Source]) -> Values:
    """Return the fields of a page; what both files have alike is that of the first."""
    one, other = (sources[lang] for lang in LANGS)
    pairs = dict.fromkeys((*one.counterparts, *other.counterparts))
    found = {name: one.head.get(name, "") for name in ("date", "topics", "archive")}
    found["counterparts"] = "\n".join(f"{first} = {second}" for first, second in pairs)
    for lang, source in sources.items():
        found |= {
            f"subject_{lang}": source.subject,
            f"preheader_{lang}": source.preheader,
            f"body_{lang}": source.body,
        }
    return tidied(found)


def sources_of(
    slug: str, values: Values, kept: Mapping[str, Source]
) -> tuple[dict[str, Source], list[Finding]]:
    """Return the two files that a page says, and what is wrong with their heads. A file of which
    nothing was changed stays as it was written, with the text part that somebody made for it."""
    before = values_of(kept)
    sources: dict[str, Source] = {}
    faults: list[Finding] = []
    for lang in LANGS:
        mine = (*(f"{name}_{lang}" for name in OF_LANGUAGE), *SHARED)
        same = all(values[name] == before[name] for name in mine)
        raw = kept[lang].raw if same else _raw(slug, values, lang)
        source, of_one = parse(raw, lang, f"{lang}.md")
        sources[lang] = kept[lang] if same else source
        faults += of_one
        if (size := len(raw.encode())) > SOURCE_LIMIT:
            facts = {"size": size // 1000, "limit": SOURCE_LIMIT // 1000}
            faults.append(Finding("too_long", f"{lang}.md", None, facts))
    return sources, faults


def _raw(slug: str, values: Values, lang: str) -> str:
    head = {
        "subject": values[f"subject_{lang}"],
        "preheader": values[f"preheader_{lang}"],
        "slug": slug,
        "date": values["date"],
        "topics": values["topics"],
        "archive": "no" if values["archive"] == "no" else "",
    }
    lines = [f"{key}: {value}" for key, value in head.items() if value]
    if lang == LANGS[0]:
        lines += [f"counterpart: {pair}" for pair in values["counterparts"].split("\n") if pair]
    return "\n".join(["---", *lines, "---", "", values[f"body_{lang}"], ""])


def place_of(finding: Finding, sources: Mapping[str, Source]) -> tuple[str, int | None]:
    """Return the field of the page that a finding is about, and the line of its text; blank for
    what is about all of it."""
    lang = next((one for one in LANGS if (finding.file or "").startswith(f"{one}.")), None)
    if lang is None:
        return "", None
    source = sources.get(lang)
    if source is None or finding.line is None or not str(finding.file).endswith(".md"):
        key = finding.facts.get("key") if finding.code == "head_missing" else None
        return _field(str(key or "body"), lang), None
    if finding.code == "head_missing":
        return _field(str(finding.facts["key"]), lang), None
    if finding.line >= source.start:
        start = source.start + _blank_lines(source.body)
        return f"body_{lang}", max(1, finding.line - start + 1)
    key = next((key for key, line in source.lines.items() if line == finding.line), "")
    return (_field(key, lang) if key else "counterparts"), None


def _field(key: str, lang: str) -> str:
    return f"{key}_{lang}" if key in OF_LANGUAGE else key if key in SHARED else ""


def _blank_lines(body: str) -> int:
    """Return the blank lines ahead of a body, which the page does not show."""
    return len(body) - len(body.lstrip("\n"))

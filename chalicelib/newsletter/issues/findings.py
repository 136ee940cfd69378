"""What a check of an issue found: where, what, and how to mend it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from chalicelib import content
from chalicelib.core.languages import Lang

Level = Literal["blocks", "warns", "notes"]


class StoredFinding(TypedDict):
    """A finding as it is stored with its issue."""

    code: str
    file: str | None
    line: int | None
    facts: dict[str, object]


@dataclass(frozen=True)
class Finding:
    """A fault or a note; its `code` is its key in content/preflight.json, its `facts` fill the texts
    there."""

    code: str
    file: str | None = None
    line: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return content.preflight()["findings"][self.code]["level"]

    def kept(self) -> StoredFinding:
        """Return the finding as it is stored with the issue."""
        facts = dict(self.facts)
        return {"code": self.code, "file": self.file, "line": self.line, "facts": facts}


def finding_of(kept: StoredFinding) -> Finding:
    return Finding(kept["code"], kept["file"], kept["line"], kept["facts"])


def message(finding: Finding, lang: Lang) -> str:
    """Return a line for the author: `fr.md, ligne 12 : what. How to mend it.`"""
    texts = content.preflight()
    place = finding.file or ""
    if finding.line is not None:
        place += texts["line"][lang].format(line=finding.line)
    colon = texts["colon"][lang] if place else ""
    return place + colon + what_of(finding, lang)


def what_of(finding: Finding, lang: Lang) -> str:
    """Return what was found and how to mend it, without its place."""
    row = content.preflight()["findings"][finding.code]
    facts = {name: _fact(value, lang) for name, value in finding.facts.items()}
    mend = f" {row['mend'][lang]}" if "mend" in row else ""
    return (row["what"][lang] + mend).format(**facts)


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "blocks"]


def _fact(value: object, lang: Lang) -> str:
    """Return a fact as it is shown; one that differs by language is a mapping."""
    from chalicelib.core import formatting

    if isinstance(value, dict) and set(value) == {"fr", "en"}:
        return str(value[lang])
    return formatting.number(value, lang) if isinstance(value, int | float) else str(value)

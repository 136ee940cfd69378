"""What a check of an issue found: where, what, and how to mend it, in both languages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from chalicelib import content
from chalicelib.content import load


@dataclass(frozen=True)
class Finding:
    """`code` names its texts in `content/preflight.json`, which also says whether it blocks."""

    code: str
    file: str | None = None
    line: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Literal["blocks", "warns", "notes"]:
        """`blocks`, `warns` or `notes`."""
        return content.preflight()["findings"][self.code]["level"]

    def kept(self) -> dict[str, Any]:
        """As it is stored with the issue."""
        return {"code": self.code, "file": self.file, "line": self.line, "facts": self.facts}


def finding_of(kept: dict[str, Any]) -> Finding:
    return Finding(kept["code"], kept["file"], kept["line"], kept["facts"])


def message(finding: Finding, lang: str) -> str:
    """`fr.md, ligne 12 : what. How to mend it.`"""
    texts = load("preflight")
    facts = {name: _word(value, lang) for name, value in finding.facts.items()}
    row = texts["findings"][finding.code]
    place = finding.file or ""
    if finding.line is not None:
        place += texts["line"][lang].format(line=finding.line)
    colon: str = texts["colon"][lang] if place else ""
    mend = f" {row['mend'][lang]}" if "mend" in row else ""
    told: str = (row["what"][lang] + mend).format(**facts)
    return place + colon + told


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "blocks"]


def _word(value: Any, lang: str) -> str:
    """A fact that differs by language is a mapping."""
    from chalicelib.core import formatting

    if isinstance(value, dict) and set(value) == {"fr", "en"}:
        return str(value[lang])
    return formatting.number(value, lang) if isinstance(value, int | float) else str(value)

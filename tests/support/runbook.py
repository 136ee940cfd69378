"""The runbooks of the documents: a table with a row for each alarm, and one for each check."""

import re
from typing import Final

from infra.package import ROOT

UNTYPESET: Final = re.compile(r"'| [:;!?%]")
"""What French as typeset for Canada has not."""


def chapter(document: str, title: str) -> str:
    """Return a chapter of a document of operators, without its title."""
    text = (ROOT / "docs" / document).read_text("utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(chapter: str) -> dict[str, tuple[str, str]]:
    """Return each name that a runbook has a row for: when that is so, and what to do."""
    found = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", chapter, re.M)
    return {name: (when, remedy) for name, when, remedy in found}


def untypeset(text: str) -> list[str]:
    """Return what is not French typography of a text, code and what is in parentheses aside."""
    return UNTYPESET.findall(re.sub(r"`[^`]*`|\([^)]*\)", "x", text))


def commands(text: str) -> set[str]:
    """Return the commands of Relais that a text names, without what they are given."""
    named = re.findall(r"`relais (?:--stage \w+ )?((?:[a-z-]+ ?)+)", text)
    return {" ".join(words.split()[: 1 if words.startswith("deploy") else 2]) for words in named}

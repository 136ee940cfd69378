"""French as it is typeset in Canada: what a line gets wrong, by the name of the rule."""

import re
from collections.abc import Iterator
from typing import Final

RULES: Final = {
    "straight_apostrophe": re.compile(r"\w'\w"),
    "straight_quotes": re.compile(r'"'),
    "colon": re.compile(r"(?<!\u00a0):(?!//)(?<!\d:(?=\d))"),
    "opening_quote": re.compile(r"«(?!\u00a0)"),
    "closing_quote": re.compile(r"(?<!\u00a0)»"),
    "space_before": re.compile(r"\s[;!?]"),
    "double_space": re.compile(r"\S\s{2,}\S"),
    "amount": re.compile(r"[\d ][$%]"),
    "thousands": re.compile(r"\b\d{1,3} \d{3}\b"),
    "number_sign": re.compile(r"\bno \d"),
    "english_quotes": re.compile(r"[“”]"),
}

_URL = re.compile(r"(?:https?|mailto|tel):\S+")
_NOT_PROSE = re.compile(
    r"`[^`]*`|\]\([^)]*\)|<[^>]*>|\{\{[^}]*\}\}|^\s*(?:[-*+>#|]+|\d+\.)\s*|\||[*_~\[\]]|!(?=\[)"
)


def faults(text: str) -> Iterator[str]:
    plain = _URL.sub("", text)
    return (name for name, rule in RULES.items() if rule.search(plain))


def lint(markdown: str, start: int) -> Iterator[tuple[int, str, str]]:
    """Yield (line, rule, the line) for each fault of a Markdown text that begins on line `start`."""
    fenced = False
    for number, line in enumerate(markdown.split("\n"), start):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not re.fullmatch(r"[\s|:-]*", line):
            prose = _NOT_PROSE.sub(lambda found: "" if found[0] != "|" else " ", line)
            prose = re.sub(r" {2,}", " ", prose) if "|" in line else prose
            for rule in faults(prose.strip(" ")):
                yield number, rule, line.strip()[:60]

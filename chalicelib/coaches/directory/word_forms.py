"""What else a word may be: its singular or plural, its gender, a word of the same family."""

from collections.abc import Iterator
from typing import Final

_LEAST_STEM: Final = 3
"""Letters that a word keeps when it loses an ending."""

_ENDINGS: Final[tuple[tuple[str, ...], ...]] = (
    ("", "e", "s", "es"),
    ("if", "ive", "ifs", "ives"),
    ("eux", "euse", "euses"),
    ("teur", "trice", "teurs", "trices", "tion", "ter", "tor"),
    ("eur", "euse", "rice", "eurs", "euses", "er", "age"),
    ("er", "ere", "ers", "eres"),
    ("", "le", "les", "ne", "nes", "te", "tes"),
    ("", "al", "ale", "ales", "aux", "iste", "istes"),
    ("e", "es", "er", "ez", "ant", "ement", "ing", "ed", "ers", "or", "ors", "ion", "ation"),
    ("", "ing", "ed", "er", "ers", "ment", "ly", "ship"),
    ("y", "ies", "ied"),
    ("ique", "iques", "ie", "ic", "ical"),
)  # fmt: skip
"""Endings that words of one family have in turn, in French or in English, folded."""


def variants(word: str) -> list[str]:
    """Return what the singular or plural may be, in either language: cities → city,
    locaux → local."""
    if len(word) < 4:
        return []
    found = []
    if word.endswith(("s", "x")):
        found.append(word[:-1])
    else:
        found.append(f"{word}s")
    if word.endswith("ies"):
        found.append(f"{word[:-3]}y")
    if word.endswith("y"):
        found.append(f"{word[:-1]}ies")
    if word.endswith("aux"):
        found.append(f"{word[:-3]}al")
    if word.endswith("al"):
        found.append(f"{word[:-2]}aux")
    return found


def relatives(word: str) -> list[str]:
    """Return words that may be of the same family: évaluateur → évaluatrice, crie → cri."""
    if not word.isalpha():
        return []
    return [each for each in dict.fromkeys(_relatives(word)) if each != word]


def _relatives(word: str) -> Iterator[str]:
    for family in _ENDINGS:
        for ending in family:
            stem = word.removesuffix(ending)
            if word.endswith(ending) and len(stem) >= _LEAST_STEM:
                yield from (stem + other for other in family)

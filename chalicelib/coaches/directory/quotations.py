"""Finds what a visitor put in quotes: the words as they stand, one beside the other."""

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Final

from chalicelib.coaches.directory.field_index import Values
from chalicelib.coaches.directory.folding import SAINTS, fold_text, fold_to_words
from chalicelib.coaches.directory.layout import Labels
from chalicelib.coaches.directory.matching import WordIndex
from chalicelib.coaches.directory.postings import number_of, set_bits
from chalicelib.coaches.directory.terms import Term

_REMEMBERED: Final = 100

_BETWEEN: Final = r"(?:[^\w\"]|\\n){1,4}"
"""What may stand between two words of one text; a quotation mark ends it, since rows are JSON."""


class Quotations:
    """Looks through the rows of those who have all the words."""

    def __init__(self, rows: Sequence[bytes], labels: Labels, values: Values) -> None:
        self._rows = rows
        self._labels = labels
        self._values = values
        self._known: dict[str, int] = {}

    def found(self, term: Term, words: WordIndex) -> int:
        """Return who has the words of a quotation in this order."""
        known = self._known.get(term.text)
        if known is not None:
            return known
        telling = [word for word in term.words if words.any_of((word,))]
        candidates = words.everywhere(telling) if telling else 0
        pattern = re.compile(_pattern(term.words), re.IGNORECASE)
        mask = self._with_label(term.text)
        for place in set_bits(candidates & ~mask):
            if pattern.search(self._rows[number_of(place)].decode()):
                mask |= 1 << place
        if len(self._known) < _REMEMBERED:
            self._known[term.text] = mask
        return mask

    def _with_label(self, text: str) -> int:
        return reduce(
            or_,
            (
                self._values[name].get(value, 0)
                for name, values in self._labels.items()
                for value, label in values.items()
                if any(f" {text} " in f" {fold_to_words(each)} " for each in label.values())
            ),
            0,
        )


def _pattern(words: Sequence[str]) -> str:
    return r"(?<!\w)" + _BETWEEN.join(map(_spelled, words)) + r"(?!\w)"


def _spelled(word: str) -> str:
    short = next((short for short, long in SAINTS.items() if long == word), "")
    either = f"|{short}" if short else ""
    parts = [_LIGATURES.get(part) or _letters(part) for part in re.split("(oe|ae)", word)]
    return f"(?:{''.join(parts)}{either})"


def _letters(word: str) -> str:
    return "".join(_LETTERS.get(letter, re.escape(letter)) for letter in word)


def _accented() -> Mapping[str, str]:
    """Return for each letter those that fold to it."""
    alike: dict[str, str] = {}
    for code in range(0xC0, 0x180):
        folded = fold_text(chr(code))
        if len(folded) == 1 and folded.isalpha():
            alike[folded] = alike.get(folded, "") + chr(code)
    return {letter: f"[{letter}{others}]" for letter, others in alike.items()}


_LETTERS: Final = _accented()
_LIGATURES: Final = {
    "oe": f"(?:{_letters('oe')}|œ)",
    "ae": f"(?:{_letters('ae')}|æ)",
}

"""The words that a misspelt word may be: one slip away, two slips away, or alike in sound."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_NEAR_LENGTH: Final = 7
"""Letters of a name that two slips are forgiven."""

_SOUND_LENGTH: Final = 3
"""Sounds that a name has at least, to be found by them."""

_SOUNDS: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"), (r"[cs]ch|ch|sh", "S"), (r"ck|qu|q|c(?![eiy])", "k"), (r"c(?=[eiy])", "s"),
        (r"g(?=[eiy])", "j"), (r"gn|ny", "n"), (r"th", "t"), (r"rh", "r"), (r"h", ""),
        (r"y", "i"), (r"z", "s"), (r"x$", ""),
        (r"eaul?[txs]*$|aul?[txsdl]*$|ot[s]?$|o[txs]?$|eau|au", "o"), (r"ou(?=[aeiou])|w", "v"),
        (r"[ae]i[mn](?=[^aeiouA]|$)", "I"), (r"ou|oo", "u"), (r"oi|oy", "A"),
        (r"(?:ai|ei|e)(?:r|z|t|ts|s|tte|lle)?$", "e"), (r"ai|ei|ae|ee", "e"),
        (r"[ae][mn](?=[^aeiouA]|$)", "N"), (r"[iI][mn](?=[^aeiouA]|$)", "I"),
        (r"sk(?=[^aeiou]?)", "k"), (r"(.)\1+", r"\1"), (r"[tdsp]+$", ""), (r"e+$", ""),
    )
)  # fmt: skip
"""How letters sound in the names of this country, one after the other; roughly, on purpose."""


def one_edit(word: str, letters: str) -> tuple[list[str], list[str]]:
    """Return every spelling that this word may be one slip away from.

    The first list has two letters swapped or one lost; the second has one added or changed.
    The first is the likelier: few words have such a neighbour by chance.
    """
    cuts = [(word[:at], word[at:], word[at + 1 :]) for at in range(len(word))]
    likely = [head + tail[0] + here[0] + tail[1:] for head, here, tail in cuts if tail]
    likely += [head + letter + here for head, here, _ in cuts for letter in letters]
    likely += [word + letter for letter in letters]
    near = [head + tail for head, _, tail in cuts]
    near += [head + letter + tail for head, _, tail in cuts for letter in letters]
    return likely, near


def sound_of(word: str) -> str:
    """Return how a folded name sounds: the same for Tremblay and « Tramblé »."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def alike_in_sound(word: str, sounds: dict[str, list[str]]) -> Sequence[str]:
    sound = sound_of(word)
    return sounds.get(sound, ()) if len(sound) >= _SOUND_LENGTH else ()


class NearNames:
    """Finds the words of names that are two slips away."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [(word, _letters(word)) for word in words if len(word) >= _NEAR_LENGTH - 1]

    def near(self, word: str) -> list[str]:
        if len(word) < _NEAR_LENGTH:
            return []
        letters, length = _letters(word), len(word)
        likely = [
            other
            for other, has in self._words
            if (has ^ letters).bit_count() < 5 and -3 < len(other) - length < 3
        ]
        return [other for other in likely if _within_two(word, other)]


def _letters(word: str) -> int:
    """Return which letters are in the word, a bit each."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def _within_two(one: str, other: str) -> bool:
    """Return whether two slips make one word of the other: letters swapped, lost, added, changed."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, there in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != there))
            swapped = row > 1 and column > 1 and letter == other[column - 2]
            if swapped and one[row - 2] == there:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > 2:
            return False
        before, last = last, line
    return last[-1] <= 2

"""References that people read aloud: `DI-2026-7K4MQ-X`."""

import re
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

_SHAPE = re.compile(r"(DI|DF|AE)-(\d{4})-([0-9A-HJKMNP-TV-Z]{5})-([0-9A-HJKMNP-TV-Z])")


def new_file(year: int) -> str:
    """A new file number, `2026-7K4MQ-X`: what the references of one case share.

    Random, so that no counter is written by everybody. The check character is
    the value modulo 37, as Crockford gives it; draws whose check would be one
    of his five signs are drawn again, so that a reference is letters and digits.
    """
    while True:
        value = secrets.randbelow(32**5)
        if value % 37 < 32:
            return f"{year}-{_letters(value)}-{ALPHABET[value % 37]}"


def read(text: str) -> str | None:
    """The reference that a person typed, tidied; None when it cannot be one."""
    tidy = text.strip().upper().replace(" ", "").replace("\u2011", "-").replace("\u2013", "-")
    prefix, dash, rest = tidy.partition("-")
    tidy = prefix + dash + rest.replace("O", "0").replace("I", "1").replace("L", "1")
    found = _SHAPE.fullmatch(tidy)
    if found is None or _value(found[3]) % 37 != ALPHABET.index(found[4]):
        return None
    return tidy


def file_of(ref: str) -> str:
    """`DI-2026-7K4MQ-X` → `2026-7K4MQ-X`."""
    return ref.partition("-")[2]


def _letters(value: int) -> str:
    letters = ""
    for _ in range(5):
        value, rest = divmod(value, 32)
        letters = ALPHABET[rest] + letters
    return letters


def _value(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * 32 + ALPHABET.index(letter)
    return value

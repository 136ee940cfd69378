"""References that people read aloud: `DI-2026-7K4MQ-X`."""

import re
import secrets
from typing import Final

from chalicelib import content

REFERENCE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, which leaves out I, L, O and U."""

_SHAPE = re.compile(r"([A-Z]{2})-(\d{4})-([0-9A-HJKMNP-TV-Z]{5})-([0-9A-HJKMNP-TV-Z])")


def reference(form: str, number: str) -> str:
    """Return the reference of a form with this file number: `DI-2026-7K4MQ-X`."""
    return f"{content.form(form)['prefix']}-{number}"


def is_reference_of(form: str, ref: str) -> bool:
    """Say whether a reference is one of this form's."""
    return ref.startswith(f"{content.form(form)['prefix']}-")


def form_of(ref: str) -> str | None:
    """Return the form that a reference is of; None for one of no form that is offered."""
    offered = content.programme()["intake"]
    return next((form for form in offered if is_reference_of(form, ref)), None)


def new_file_number(year: int) -> str:
    """Return a new file number, `2026-7K4MQ-X`, which all references of one case share.

    The number is random, so that submissions share no counter. Its check character is
    the value modulo 37, as Crockford defines it; a value whose check would be one of
    his five signs is drawn again, so that a reference has letters and digits alone.
    """
    while True:
        value = secrets.randbelow(32**5)
        if value % 37 < 32:
            return f"{year}-{_letters(value)}-{REFERENCE_ALPHABET[value % 37]}"


def parse_reference(text: str) -> str | None:
    """Return the reference that a person typed in its usual form; None if it cannot be one."""
    tidy = text.strip().upper().replace(" ", "").replace("\u2011", "-").replace("\u2013", "-")
    prefix, dash, rest = tidy.partition("-")
    tidy = prefix + dash + rest.replace("O", "0").replace("I", "1").replace("L", "1")
    found = _SHAPE.fullmatch(tidy)
    if found is None or _value(found[3]) % 37 != REFERENCE_ALPHABET.index(found[4]):
        return None
    return tidy


def file_number_of(ref: str) -> str:
    """Return the file number in a reference: `DI-2026-7K4MQ-X` → `2026-7K4MQ-X`."""
    return ref.partition("-")[2]


def _letters(value: int) -> str:
    letters = ""
    for _ in range(5):
        value, rest = divmod(value, 32)
        letters = REFERENCE_ALPHABET[rest] + letters
    return letters


def _value(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * 32 + REFERENCE_ALPHABET.index(letter)
    return value

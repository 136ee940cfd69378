"""Telephone numbers as people write them, kept as E.164 with the extension beside them."""

import re
from typing import Final

from chalicelib.core.typed_text import in_plain_signs

EXTENSION_MARK: Final = ";ext="
"""What stands between a number and its extension, as in a `tel:` link (RFC 3966)."""

TYPED_PHONE_MAX_LENGTH: Final = 80

MAX_EXTENSION_DIGITS: Final = 7

_EXTENSION: Final = re.compile(
    r"^(?P<number>.*?[0-9)])[\s,;.:/-]*\(?(?:postes?|extension|local|loc|ext|x|p|#)"
    r"(?:[\s.:=#]*n[o°º.]{1,2})?[\s.:=#]*"
    r"(?P<extension>[0-9]{1,7})\)?$",
    re.IGNORECASE | re.DOTALL,
)
_BEFORE_EXTENSION: Final = re.compile(
    r"^\(?(?:postes?|extension|local|loc|ext|x|p|#)?(?:[\s.:=#]*n[o°º.]{1,2})?[\s.:=#]*([0-9]{1,7})\)?$",
    re.IGNORECASE,
)
_BEFORE_NUMBER: Final = re.compile(
    r"^(?:t[ée]l[ée]phone|telephone|t[ée]l|phone|cellulaire|cell?|mobile|bureau|office)?[\s.:]*",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"[\s().\-/]+")
_NANP: Final = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
_ABROAD: Final = re.compile(r"\+[1-9][0-9]{7,14}")

_TRUNK: Final = re.compile(r"\(0\)")

_DROPS_TRUNK_ZERO: Final = re.compile(
    r"\+(27|31|32|33|34|353|351|358|41|43|44|45|46|47|48|49|61|62|63|64|66|81|82|84|90|91|92|94"
    r"|98|212|213|250|254|255|256|880|886|972)0"
)
"""Countries whose numbers never begin with a zero when they are called from another one."""


def phone_or_none(text: str) -> str | None:
    """Return a number as E.164, `;ext=` and the extension after it where there is one; None when
    it is no number that can be called from Canada."""
    if len(text) > TYPED_PHONE_MAX_LENGTH:
        return None
    typed = _BEFORE_NUMBER.sub("", in_plain_signs(text), count=1)
    extension = ""
    if found := _EXTENSION.match(typed):
        typed, extension = found["number"], EXTENSION_MARK + found["extension"]
    number = _number_or_none(typed)
    return None if number is None else number + extension


def extension_or_none(text: str) -> str | None:
    """Return the digits of an extension, « poste 12 » or `12`; None when it is none."""
    found = _BEFORE_EXTENSION.match(in_plain_signs(text))
    return None if found is None else found[1]


def _number_or_none(typed: str) -> str | None:
    plain = _BETWEEN.sub("", _TRUNK.sub("", typed))
    if not plain.isascii():
        return None
    for dialled in ("011", "00"):
        if plain.startswith(dialled) and len(plain) > 10 + len(dialled) - 2:
            plain = f"+{plain.removeprefix(dialled)}"
            break
    if plain.startswith("+") and not plain.startswith("+1"):
        plain = _DROPS_TRUNK_ZERO.sub(r"+\1", plain)
        return plain if _ABROAD.fullmatch(plain) else None
    plain = plain.removeprefix("+1") if plain.startswith("+") else plain
    plain = plain[1:] if len(plain) == 11 and plain[0] == "1" else plain
    return f"+1{plain}" if _NANP.fullmatch(plain) else None

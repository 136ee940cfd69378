"""Amounts and numbers as people write them in either language."""

import re
from typing import Final

from chalicelib.core.typed_text import in_plain_signs

_CURRENCY: Final = re.compile(
    r"^(?:(?:cad|ca|us)?\s*\$|cad\b)\s*|\s*(?:\$\s*(?:cad|can|ca)?|cad|dollars?)\s*$", re.IGNORECASE
)
_DOLLARS: Final = (
    r"(?P<dollars>[0-9]{1,14}|[0-9]{1,3}(?P<between>[ ,])[0-9]{3}(?:(?P=between)[0-9]{3})*)"
)
_AMOUNT: Final = re.compile(rf"{_DOLLARS}(?:(?P<mark>[.,])(?P<cents>[0-9]{{1,2}}))?")
_DECIMAL: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,4})?")
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")
_THOUSANDS: Final = re.compile(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))")


def cents_or_none(value: object) -> int | None:
    """Return an amount in cents: `12 500`, `12,500`, `12500 $`, `1 000,50`, `$1,000.50`, 87.5.

    Three digits after a comma are thousands, one or two are cents. None when it is no amount.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = _CURRENCY.sub("", in_plain_signs(str(value)))
    text = _CURRENCY.sub("", text.removesuffix(".0") if isinstance(value, float) else text)
    found = _AMOUNT.fullmatch(text)
    # `1,000,50` has one sign for two things.
    if found is None or (found["mark"] and found["mark"] == found["between"]):
        return None
    dollars = re.sub("[ ,]", "", found["dollars"])
    return int(dollars + (found["cents"] or "").ljust(2, "0"))


def decimal_or_none(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = _without_thousands(str(value))
    return float(text.replace(",", ".")) if _DECIMAL.fullmatch(text) else None


def whole_or_none(text: str) -> str | None:
    """Return the digits of a whole number; its limits are for whoever asked."""
    text = _without_thousands(text)
    return text if _WHOLE.fullmatch(text) else None


def _without_thousands(text: str) -> str:
    return _THOUSANDS.sub("", in_plain_signs(text))


def luhn(text: str) -> bool:
    """Tell whether the nine digits of a business number pass the check (mod 10)."""
    total = 0
    for position, digit in enumerate(reversed(text[:9])):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0

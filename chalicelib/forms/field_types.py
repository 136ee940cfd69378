"""The kinds of answers: what each may be, how people write it, how it is stored."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chalicelib import content
from chalicelib.core.email_address import email_or_none
from chalicelib.core.web_address import is_address
from chalicelib.forms.normalise import has_sane_marks

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField
    from chalicelib.content.shapes.text import Entry

_SPACES: Final = str.maketrans("", "", " \u00a0\u202f\u2009-\u2011\u2013")
_MONEY = re.compile(r"(\d{1,9}|\d{1,3}(?:[ \u00a0\u202f,]\d{3}){1,2})(?:[.,]00)?")
_DECIMAL = re.compile(r"\d{1,6}(?:[.,]\d{1,4})?")
_URL = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@.]{2,}(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_BN = re.compile(r"[0-9]{9}RR[0-9]{4}")
_POSTAL = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][0-9][ABCEGHJ-NPRSTV-Z][0-9]")
_NANP = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def wrong(code: str, **facts: Any) -> PydanticCustomError:
    """An error that carries the code of its message."""
    return PydanticCustomError(code, code, facts)


def plain_text(text: str) -> str:
    """Refuse the marks that were too many to be normalised."""
    if not has_sane_marks(text):
        raise wrong("marks")
    return text


def one_line(text: str) -> str:
    # A line break in a name or a title could start a header of its own in a mail.
    if "\n" in text:
        raise wrong("one_line")
    return plain_text(text)


def name(text: str) -> str:
    if not any(letter.isalpha() for letter in one_line(text)):
        raise wrong("name")
    return text


def digits(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise wrong("digits")
    return text


def email(text: str) -> str:
    address = email_or_none(text)
    if address is None:
        raise wrong("email")
    return address


def phone(text: str) -> str:
    plain = text.translate(_SPACES).translate(str.maketrans("", "", "()."))
    if plain.startswith("+") and not plain.startswith("+1"):
        if re.fullmatch(r"\+[0-9]{8,15}", plain):
            return plain
        raise wrong("phone")
    plain = plain.removeprefix("+1") if plain.startswith("+") else plain
    plain = plain[1:] if len(plain) == 11 and plain[0] == "1" else plain
    if not _NANP.fullmatch(plain):
        raise wrong("phone")
    return f"+1{plain}"


def url(text: str) -> str:
    address = text if "://" in text[:12] else f"https://{text}"
    if not _URL.fullmatch(address) or not is_address(address):
        raise wrong("url")
    return address


def bn_rr(text: str) -> str:
    plain = text.translate(_SPACES).upper()
    if not _BN.fullmatch(plain) or plain.startswith("000000000") or plain.endswith("0000"):
        raise wrong("bn_rr")
    return plain


def luhn(text: str) -> bool:
    """Whether the nine digits of a business number pass the check (mod 10)."""
    total = 0
    for position, digit in enumerate(reversed(text[:9])):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def postal_code(text: str) -> str:
    plain = text.translate(_SPACES).upper()
    if not _POSTAL.fullmatch(plain):
        raise wrong("postal_code")
    return f"{plain[:3]} {plain[3:]}"


def cents(value: Any) -> Any:
    """Whole dollars as people write them, in cents: `12 500`, `12,500`, `12500 $`, `12 500,00`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong("money")
    if isinstance(value, float):
        value = int(value) if value.is_integer() else "-"
    found = _MONEY.fullmatch(str(value).strip("$ \u00a0\u202f"))
    if not found:
        raise wrong("money")
    return int(re.sub(r"\D", "", found[1])) * 100


def decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong("number")
    if not _DECIMAL.fullmatch(str(value).strip()):
        raise wrong("number")
    return float(str(value).strip().replace(",", "."))


def whole(value: Any) -> Any:
    """A whole number; `true` is not one."""
    if isinstance(value, bool):
        raise wrong("whole")
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise wrong("whole")
    return value


def day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise wrong("date")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise wrong("date") from None


def month(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise wrong("month")
    return text


def month_day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{2}-[0-9]{2}", text):
        raise wrong("month_day")
    try:
        date.fromisoformat(f"2000-{text}")
    except ValueError:
        raise wrong("month_day") from None
    return text


_YES: Final = {True, "true", "on", "1", "yes", "oui"}
_NO: Final = {False, "false", "off", "0", "no", "non"}


def ticked(value: Any) -> Any:
    """A box of an HTML form, or a JSON boolean."""
    if isinstance(value, str | bool):
        if value in _YES:
            return True
        if value in _NO:
            return False
    raise wrong("tick")


def unticked(value: Any) -> bool:
    """A box said to be empty, in so many words."""
    return isinstance(value, str | bool) and value in _NO


def slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise wrong("reference")
    return text


def assessment_ref(text: str) -> str:
    from chalicelib.core import references

    ref = references.parse_reference(text)
    if ref is None or not references.is_reference_of("assessment", ref):
        raise wrong("reference")
    return ref


def as_list(value: Any) -> Any:
    """One box ticked in an HTML form comes alone, and not as a list."""
    return [value] if isinstance(value, str) else value


def unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


_STRINGS: Final[dict[str, Callable[[str], str]]] = {
    "name": name,
    "line": one_line,
    "email": email,
    "phone": phone,
    "digits": digits,
    "url": url,
    "bn_rr": bn_rr,
    "postal_code": postal_code,
    "date": day,
    "month": month,
    "month_day": month_day,
    "coach_ref": slug,
    "assessment_ref": assessment_ref,
}
LENGTHS: Final = {"phone": 40, "bn_rr": 40, "postal_code": 20, "date": 20, "month": 20,
                  "month_day": 20, "assessment_ref": 40}  # fmt: skip
"""Limits of the kinds that say none: enough for every way of writing them."""

LENGTH_LIMIT: Final = 500
"""Characters of an answer to any other kind of question without a limit of its own."""

MOST: Final = {"money": 999_999_900, "int": 999_999_999}


_LISTS_OF_THEIR_OWN: Final[dict[str, Callable[[], "Sequence[Entry]"]]] = {
    "provinces": content.provinces,
    "coach_languages": content.languages,
    "coach_streams": content.streams,
}
"""Lists that have a file of their own."""


def options(field: "FormField") -> "Sequence[Entry]":
    """What can be chosen: of a shared list, or the field's own."""
    if "options" in field:
        return list(field["options"])
    if field["list"] == "streams":
        return [stream for stream in content.streams() if stream["intake"]]
    if field["list"] in _LISTS_OF_THEIR_OWN:
        return list(_LISTS_OF_THEIR_OWN[field["list"]]())
    if field["list"] == "coach_modes":
        return [mode for mode in content.lists()["mode"] if mode["id"] != "hybrid"]
    if field["list"] == "serves":
        everywhere = content.coaches()["provinces"]["all"]
        return [{"id": "all", **everywhere}, *content.provinces()]
    return list(content.lists()[field["list"]])


def length_limit(field: "FormField") -> int:
    """Return how many characters an answer may have, or each line of one."""
    if field["type"] == "lines":
        return int(field["max_length"])
    if field["type"] == "text" or field["type"] in _STRINGS:
        return int(field.get("max", LENGTHS.get(field["type"], LENGTH_LIMIT)))
    return LENGTH_LIMIT


def _one_of(field: "FormField") -> Any:
    return Literal[tuple(option["id"] for option in options(field))]


def type_of(field: "FormField") -> Any:
    """The pydantic type of one field; rows are made by forms.py."""
    kind = field["type"]
    if kind in _STRINGS:
        limit = StringConstraints(max_length=length_limit(field))
        return Annotated[str, limit, AfterValidator(_STRINGS[kind])]
    if kind == "text":
        limit = StringConstraints(max_length=int(field["max"]))
        return Annotated[str, limit, AfterValidator(plain_text)]
    if kind == "lines":
        line = Annotated[
            str, StringConstraints(max_length=field["max_length"]), AfterValidator(one_line)
        ]
        limits = Field(min_length=int(field["min"]), max_length=int(field["max"]))
        return Annotated[list[line], BeforeValidator(as_list), limits]
    if kind == "choice":
        # A scale from 0 to 3 may come as numbers from a script.
        return Annotated[_one_of(field), BeforeValidator(lambda v: str(v) if type(v) is int else v)]
    if kind == "choices":
        limits = Field(min_length=int(field["min"]), max_length=int(field["max"]))
        several = list[_one_of(field)]  # type: ignore[misc,valid-type]
        # Refused before it is made unique: a thousand copies are not one answer.
        return Annotated[several, BeforeValidator(as_list), limits, AfterValidator(unique)]
    if kind in ("bool", "consent"):
        return Annotated[bool, BeforeValidator(ticked)]
    before = {"money": cents, "decimal": decimal, "int": whole}[kind]
    low, high = field.get("min", 0), field.get("max", MOST.get(kind))
    if kind == "money":
        low *= 100
    number: Any = float if kind == "decimal" else int
    return Annotated[number, BeforeValidator(before), Field(ge=low, le=high)]

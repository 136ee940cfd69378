"""The kinds of answers: what each may be, how people write it, how it is stored."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, assert_never

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError, PydanticKnownError

from chalicelib.core import phone_number, typed_dates
from chalicelib.core.email_address import email_or_none
from chalicelib.core.phone_number import MAX_EXTENSION_DIGITS, extension_or_none, phone_or_none
from chalicelib.core.ticks import tick
from chalicelib.core.typed_dates import NotADate
from chalicelib.core.typed_text import NO_BREAK_SPACES, in_plain_signs
from chalicelib.core.web_address import is_address, names_address
from chalicelib.forms.choices import options
from chalicelib.forms.normalise import has_sane_marks
from chalicelib.forms.numbers import cents_or_none, decimal_or_none, whole_or_none

if TYPE_CHECKING:
    from chalicelib.content.shapes.forms import FormField

_MEANT: Final = str.maketrans("OIL", "011")  # letters typed where a digit stands
_NO_SPACES: Final = str.maketrans("", "", " \n-")
_URL = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@.]{2,}(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_BN = re.compile(r"[0-9]{9}RR[0-9]{4}")
_POSTAL = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][0-9][ABCEGHJ-NPRSTV-Z][0-9]")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def wrong(code: str, **facts: Any) -> PydanticCustomError:
    """Build an error that carries the code of its message."""
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


def without_links(text: str) -> str:
    """Refuse what a mail program makes a link of: such a name reaches people in letters."""
    if names_address(text):
        raise wrong("link")
    return text


def name(text: str) -> str:
    """Check a person's name: one is enough, and a web or e-mail address is none. Raises `wrong`."""
    text = one_line(text).translate({ord(c): " " for c in NO_BREAK_SPACES})
    if not any(letter.isalpha() for letter in text):
        raise wrong("name")
    if names_address(text, bare=True):
        raise wrong("link")
    return text


def digits(text: str) -> str:
    """Return the digits of an extension, as they are or after the word for one."""
    found = extension_or_none(text)
    if found is None and text.isascii() and text.isdigit():
        raise PydanticKnownError("string_too_long", {"max_length": MAX_EXTENSION_DIGITS})
    if found is None:
        raise wrong("digits")
    return found


def email(text: str) -> str:
    address = email_or_none(text)
    if address is None:
        raise wrong("email")
    return address


def phone(text: str) -> str:
    number = phone_or_none(text)
    if number is None:
        raise wrong("phone")
    return number


def url(text: str) -> str:
    address = (text if "://" in text[:12] else f"https://{text}").rstrip(".,;")
    if not _URL.fullmatch(address) or not is_address(address):
        raise wrong("url")
    return address


def bn_rr(text: str) -> str:
    plain = in_plain_signs(text).translate(_NO_SPACES).upper()
    if not _BN.fullmatch(plain) or plain.startswith("000000000") or plain.endswith("0000"):
        raise wrong("bn_rr")
    return plain


def postal_code(text: str) -> str:
    plain = in_plain_signs(text).translate(_NO_SPACES).upper().rstrip(".,;")
    plain = "".join(c.translate(_MEANT) if at % 2 else c for at, c in enumerate(plain))
    if not _POSTAL.fullmatch(plain):
        raise wrong("postal_code")
    return f"{plain[:3]} {plain[3:]}"


def _found(value: Any, code: str) -> Any:
    """Return what was read. Raises what is wrong where nothing was."""
    if value is None:
        raise wrong(code)
    return value


def cents(value: Any) -> int:
    return int(_found(cents_or_none(value), "money"))


def decimal(value: Any) -> float:
    return float(_found(decimal_or_none(value), "number"))


def whole(value: Any) -> Any:
    """Check a whole number; `true` is not one."""
    if isinstance(value, bool):
        raise wrong("whole")
    return _found(whole_or_none(value) if isinstance(value, str) else value, "whole")


def day(text: str, lang: str | None = None) -> str:
    return _dated(lambda: typed_dates.read_day(text, lang).isoformat(), "date")


def month(text: str, lang: str | None = None) -> str:
    return _dated(lambda: typed_dates.read_month(text), "month")


def month_day(text: str, lang: str | None = None) -> str:
    return _dated(lambda: typed_dates.read_month_day(text, lang), "month_day")


def _dated(read: Callable[[], str], otherwise: str) -> str:
    try:
        return read()
    except NotADate as error:
        code = error.code if error.code in _ASKED_BACK else otherwise
        raise wrong(code, **error.facts) from None


_ASKED_BACK: Final = ("date_ambiguous", "date_year")
"""What is said of a date of any kind; else the message shows how to write one."""


def ticked(value: Any) -> bool:
    """Read a box of an HTML form, or a JSON boolean."""
    return bool(_found(tick(value), "tick"))


def slug(text: str) -> str:
    text = in_plain_signs(text)
    if not _SLUG.fullmatch(text):
        raise wrong("reference")
    return text


def assessment_ref(text: str) -> str:
    from chalicelib.core import references

    ref = references.parse_reference(in_plain_signs(text))
    if ref is None or not references.is_reference_of("assessment", ref):
        raise wrong("reference")
    return ref


def as_list(value: Any) -> Any:
    """Make a list of one ticked box: an HTML form sends it alone."""
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
    "coach_ref": slug,
    "assessment_ref": assessment_ref,
}

DATES: Final[dict[str, Callable[[str, str | None], str]]] = {
    "date": day,
    "month": month,
    "month_day": month_day,
}
"""Kinds that are read in the language they were written in."""

LENGTHS: Final = {"phone": phone_number.TYPED_PHONE_MAX_LENGTH,
                  "digits": 40, "bn_rr": 40, "postal_code": 20, "assessment_ref": 40,
                  **dict.fromkeys(DATES, typed_dates.TYPED_DATE_MAX_LENGTH)}  # fmt: skip
"""How long the kinds may be typed that have one length when they are kept: enough for every way of
writing them."""

LENGTH_LIMIT: Final = 500
"""Characters of an answer to any other kind of question without a limit of its own."""

MOST: Final = {"int": 999_999_999}
"""Limits of numbers that say none; every amount of money says its own, in the content."""


def length_limit(field: "FormField") -> int:
    """Return how many characters an answer may have, or each line of one."""
    if field["type"] == "lines":
        return int(field["max_length"])
    if field["type"] in LENGTHS:
        return LENGTHS[field["type"]]
    if field["type"] == "text" or field["type"] in _STRINGS:
        return int(field.get("max", LENGTH_LIMIT))
    return LENGTH_LIMIT


def limits_of(field: "FormField") -> tuple[float, float | None]:
    """Return what a number may be at least and at most; an amount in cents, as it is kept."""
    low, high = field.get("min", 0), field.get("max", MOST.get(field["type"]))
    if field["type"] == "money":
        return int(low) * 100, None if high is None else int(high) * 100
    return low, high


def _reader(kind: str) -> Callable[..., str]:
    if kind in _STRINGS:
        return _STRINGS[kind]
    read = DATES[kind]

    def read_in_language(text: str, info: ValidationInfo) -> str:
        return read(text, (info.context or {}).get("lang"))

    return read_in_language


def _one_of(field: "FormField") -> Any:
    return Literal[tuple(option["id"] for option in options(field))]


def type_of(field: "FormField") -> Any:
    """Return the pydantic type of one field; the model of rows is made where a form is parsed."""
    match field["type"]:
        case (
            "name" | "line" | "email" | "phone" | "digits" | "url" | "bn_rr" | "postal_code"
            | "coach_ref" | "assessment_ref" | "date" | "month" | "month_day"
        ):  # fmt: skip
            limit = StringConstraints(max_length=length_limit(field))
            checks = [AfterValidator(without_links)] if field.get("no_links") else []
            return Annotated[(str, limit, AfterValidator(_reader(field["type"])), *checks)]
        case "text":
            limit = StringConstraints(max_length=int(field["max"]))
            return Annotated[str, limit, AfterValidator(plain_text)]
        case "lines":
            short = StringConstraints(max_length=field["max_length"])
            line = Annotated[str, short, AfterValidator(one_line)]
            return Annotated[list[line], BeforeValidator(as_list), _several(field)]
        case "choice":
            scale = BeforeValidator(lambda v: str(v) if type(v) is int else v)  # A script's 0 to 3.
            return Annotated[_one_of(field), scale]
        case "choices":
            chosen = list[_one_of(field)]  # type: ignore[misc,valid-type]
            # Refused before it is made unique: a thousand copies are not one answer.
            return Annotated[
                chosen, BeforeValidator(as_list), _several(field), AfterValidator(unique)
            ]
        case "bool" | "consent":
            return Annotated[bool, BeforeValidator(ticked)]
        case "money" | "decimal" | "int":
            return _number(field)
        case "rows":
            raise AssertionError("the model of rows is made where a form is parsed")
    assert_never(field["type"])


def _several(field: "FormField") -> Any:
    return Field(min_length=int(field["min"]), max_length=int(field["max"]))


def _number(field: "FormField") -> Any:
    read: dict[str, Any] = {"money": (int, cents), "decimal": (float, decimal), "int": (int, whole)}
    number, before = read[field["type"]]
    low, high = limits_of(field)
    return Annotated[number, BeforeValidator(before), Field(ge=low, le=high)]

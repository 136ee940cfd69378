"""Dates, amounts, numbers and order, as people in Canada write them in each language."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, Final

from chalicelib.core import eastern_time

NBSP: Final = "\u00a0"

MONTHS: Final = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
           "octobre", "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"),
}  # fmt: skip
_ZONE: Final = {"fr": "heure de l’Est", "en": "Eastern Time"}


def long_date(day: date, lang: str) -> str:
    """Write a date as « 1er mars 2026 », “March 1, 2026”; without the article."""
    month = MONTHS[lang][day.month - 1]
    if lang == "en":
        return f"{month} {day.day}, {day.year}"
    return f"{'1er' if day.day == 1 else day.day} {month} {day.year}"


def long_month(text: str, lang: str) -> str:
    """Write the month of `2026-09` as « septembre 2026 », “September 2026”."""
    year, month = text.split("-")
    return f"{MONTHS[lang][int(month) - 1]} {year}"


def day_of_year(text: str, lang: str) -> str:
    """Write the day of `03-31` as « 31 mars », “March 31”."""
    month, day = (int(part) for part in text.split("-"))
    name = MONTHS[lang][month - 1]
    if lang == "en":
        return f"{name} {day}"
    return f"{'1er' if day == 1 else day} {name}"


def on_date(day: date, lang: str) -> str:
    """Write a date in running text: « le 1er mars 2026 », “March 1, 2026”."""
    return f"le {long_date(day, lang)}" if lang == "fr" else long_date(day, lang)


def clock_time(date_and_time: time, lang: str) -> str:
    """Write a time as « 14 h 30 », « 9 h », “2:30 p.m.”."""
    if lang == "fr":
        minutes = f"{NBSP}{date_and_time.minute:02d}" if date_and_time.minute else ""
        return f"{date_and_time.hour}{NBSP}h{minutes}"
    hour = date_and_time.hour % 12 or 12
    return f"{hour}:{date_and_time.minute:02d}{NBSP}{'a.m.' if date_and_time.hour < 12 else 'p.m.'}"


def date_and_time(when: datetime, lang: str) -> str:
    """Write a moment in UTC as it stands on the programme's wall clock, with the zone named."""
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    there = eastern_time.local(when)
    comma = " à" if lang == "fr" else ","
    return (
        f"{long_date(there.date(), lang)}{comma} {clock_time(there.time(), lang)} ({_ZONE[lang]})"
    )


def number(value: float, lang: str) -> str:
    """Write a number as « 24 350,5 », “24,350.5”."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    if lang == "en":
        return text
    return text.replace(",", NBSP).replace(".", ",")


def money(cents: int, lang: str) -> str:
    """Write an amount as « 24 350,72 $ », “$24,350.72”; whole dollars without cents."""
    dollars, rest = divmod(cents, 100)
    if lang == "en":
        return f"${dollars:,}" + (f".{rest:02d}" if rest else "")
    return f"{dollars:,}".replace(",", NBSP) + (f",{rest:02d}" if rest else "") + f"{NBSP}$"


def percent(value: float, lang: str) -> str:
    return f"{number(value, lang)}{NBSP if lang == 'fr' else ''}%"


def phone(e164: str, ext: str | None, lang: str) -> str:
    """Write a number as « 514 555-0123, poste 12 », “514-555-0123, ext. 12”; other countries as
    they are. The number may bring its extension: `+15145550123;ext=12`."""
    e164, _, brought = e164.partition(";ext=")
    text, ext = e164, ext or brought
    if e164.startswith("+1") and len(e164) == 12:
        area, exchange, line = e164[2:5], e164[5:8], e164[8:]
        text = f"{area}{NBSP if lang == 'fr' else '-'}{exchange}-{line}"
    if not ext:
        return text
    return f"{text}, poste{NBSP}{ext}" if lang == "fr" else f"{text}, ext.{NBSP}{ext}"


def bn(value: str) -> str:
    """Write `123456782RR0001` as `123456782 RR 0001`, held together."""
    return f"{value[:9]}{NBSP}{value[9:11]}{NBSP}{value[11:]}"


def formatted(value: object, lang: str) -> str:
    """Return a fact of a message as text; `{"cents": …}`, `{"percent": …}`, `{"bn": …}`,
    `{"day": …}` and `{"day_of_year": …}` say what they are."""
    if isinstance(value, dict):
        (kind, content), *_ = value.items()
        return _FACTS[kind](content, lang)
    return number(value, lang) if isinstance(value, int | float) else str(value)


_FACTS: Final[dict[str, Callable[[Any, str], str]]] = {
    "cents": money,
    "percent": percent,
    "bn": lambda number, lang: bn(number),
    "day": lambda day, lang: long_date(date.fromisoformat(day), lang),
    "day_of_year": day_of_year,
}


def unaccented(text: str) -> str:
    """Return the text in lower case, without accents, ligatures and curly apostrophes."""
    text = text.casefold().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c))


def masked(address: str, mark: str = "***") -> str:
    """Return `r***@example.org`: enough for the owner of the address, too little for others."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{mark}@{domain}"


def sort_key(text: str, lang: str) -> tuple[str, list[str], str, str]:
    """Return the key that sorts a list as readers of `lang` expect.

    Letters decide first, then accents. French compares accents from the end, as
    CAN/CSA-Z243.4.1 says: cote, côte, coté, côté; English has cote, coté, côte, côté.
    """
    letters = unaccented(text)
    spread = unicodedata.normalize("NFD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    accents: list[str] = []
    for c in spread:
        if unicodedata.combining(c) and accents:
            accents[-1] += c
        else:
            accents.append("")
    if lang == "fr":
        accents.reverse()
    plain = "".join(c for c in letters if c.isalnum())
    return plain, accents, letters, text

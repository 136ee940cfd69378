"""Dates, amounts and order as domain knowledge has them for Canada, in both languages."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

import pytest
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core import formatting
from chalicelib.core.languages import LANGS, Lang

N = "\u00a0"
LOCALE: Final[dict[Lang, str]] = {"fr": "fr_CA", "en": "en_CA"}

# What Babel, the oracle of the tests below, is held to. We differ in four things alone:
#
# - the first of a month is « 1er » in French (Le guide du rédacteur); CLDR has « 1 »;
# - hours, their « h » and minutes are held together by no-break spaces, as is “p.m.”, for
#   which CLDR has plain or narrow spaces; French hours have no zero before them, and no
#   minutes when they are full (9 h, not 09 h 00);
# - whole dollars are shown without cents;
# - a fact may have two decimals, and a percent too: Babel is told so by its pattern.

languages = st.sampled_from(LANGS)
days = st.dates(date(1900, 1, 1), date(2199, 12, 31))


def with_first_as_ordinal(text: str, day: date, lang: Lang) -> str:
    first = lang == "fr" and day.day == 1
    return text.replace("1 ", "1er ", 1) if first else text


@given(days, languages)
@example(date(2026, 8, 1), "fr")
def test_long_dates_are_those_of_cldr(day: date, lang: Lang) -> None:
    expected = format_date(day, "long", locale=LOCALE[lang])
    assert formatting.long_date(day, lang) == with_first_as_ordinal(expected, day, lang)


@given(days, languages)
def test_days_of_a_year_are_those_of_cldr(day: date, lang: Lang) -> None:
    expected = format_skeleton("MMMMd", day, locale=LOCALE[lang])
    shown = formatting.day_of_year(f"{day:%m-%d}", lang)
    assert shown == with_first_as_ordinal(expected, day, lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("month", range(1, 13))
def test_months_are_those_of_cldr(month: int, lang: Lang) -> None:
    expected = format_skeleton("yMMMM", date(2026, month, 1), locale=LOCALE[lang])
    assert formatting.long_month(f"2026-{month:02}", lang) == expected


@given(st.times(), languages)
def test_times_are_those_of_cldr(moment: time, lang: Lang) -> None:
    expected = format_time(moment, "short", locale=LOCALE[lang])
    expected = expected.replace(" ", N).replace("\u202f", N)
    if lang == "fr" and moment.minute == 0:
        expected = expected.removesuffix(f"{N}00")
    if lang == "fr":
        expected = expected.removeprefix("0") if moment.hour else expected.replace("00", "0", 1)
    assert formatting.clock_time(moment, lang) == expected


@given(st.integers(-(10**12), 10**12), languages)
def test_whole_numbers_are_those_of_cldr(value: int, lang: Lang) -> None:
    assert formatting.number(value, lang) == format_decimal(value, locale=LOCALE[lang])


@given(st.integers(-(10**11), 10**11), languages)
def test_numbers_with_decimals_are_those_of_cldr(hundredths: int, lang: Lang) -> None:
    value = hundredths / 100
    expected = format_decimal(value, format="#,##0.##", locale=LOCALE[lang])
    assert formatting.number(value, lang) == expected


@given(st.integers(0, 10**12), languages)
def test_amounts_are_those_of_cldr_but_for_the_cents_of_whole_dollars(
    cents: int, lang: Lang
) -> None:
    amount = Decimal(cents) / 100
    expected = format_currency(amount, "CAD", locale=LOCALE[lang])
    if cents % 100 == 0:
        expected = expected.removesuffix(".00").replace(f",00{N}$", f"{N}$")
    assert formatting.money(cents, lang) == expected


@given(st.integers(0, 100_00), languages)
def test_percents_are_those_of_cldr(hundredths: int, lang: Lang) -> None:
    pattern = {"fr": f"#,##0.##{N}%", "en": "#,##0.##%"}[lang]
    expected = format_percent(Decimal(hundredths) / 10_000, format=pattern, locale=LOCALE[lang])
    assert formatting.percent(hundredths / 100, lang) == expected


@pytest.mark.parametrize("lang", LANGS)
def test_a_whole_percent_is_that_of_cldr(lang: Lang) -> None:
    assert formatting.percent(40, lang) == format_percent(0.4, locale=LOCALE[lang])


def test_dates() -> None:
    assert formatting.long_date(date(2026, 3, 1), "fr") == "1er mars 2026"
    assert formatting.long_date(date(2026, 3, 2), "fr") == "2 mars 2026"
    assert formatting.on_date(date(2026, 3, 1), "fr") == "le 1er mars 2026"
    assert formatting.long_date(date(2026, 3, 1), "en") == "March 1, 2026"


def test_months_and_days_of_the_year() -> None:
    assert formatting.long_month("2026-09", "fr") == "septembre 2026"
    assert formatting.long_month("2026-09", "en") == "September 2026"
    assert formatting.day_of_year("03-31", "fr") == "31 mars"
    assert formatting.day_of_year("04-01", "fr") == "1er avril"
    assert formatting.day_of_year("03-31", "en") == "March 31"


def test_times() -> None:
    assert formatting.clock_time(time(14, 30), "fr") == f"14{N}h{N}30"
    assert formatting.clock_time(time(9), "fr") == f"9{N}h"
    assert formatting.clock_time(time(14, 30), "en") == f"2:30{N}p.m."
    assert formatting.clock_time(time(0, 5), "en") == f"12:05{N}a.m."


def test_a_moment_is_shown_on_the_wall_clock_of_the_programme() -> None:
    moment = datetime(2026, 7, 1, 3, 30, tzinfo=UTC)
    assert formatting.date_and_time(moment, "fr") == f"30 juin 2026 à 23{N}h{N}30 (heure de l’Est)"
    assert formatting.date_and_time(moment, "en") == f"June 30, 2026, 11:30{N}p.m. (Eastern Time)"


def test_amounts() -> None:
    assert formatting.money(2435025572 // 1, "fr") == f"24{N}350{N}255,72{N}$"
    assert formatting.money(2435025572, "en") == "$24,350,255.72"
    assert formatting.money(1250000, "fr") == f"12{N}500{N}$"
    assert formatting.percent(40, "fr") == f"40{N}%"
    assert formatting.percent(40, "en") == "40%"
    assert formatting.number(3.5, "fr") == "3,5"
    assert formatting.number(0.0, "fr") == "0"


def test_phones_and_charity_numbers() -> None:
    assert formatting.phone("+15145550123", "12", "fr") == f"514{N}555-0123, poste{N}12"
    assert formatting.phone("+15145550123", "12", "en") == f"514-555-0123, ext.{N}12"
    assert formatting.phone("+33123456789", None, "en") == "+33123456789"
    assert formatting.bn("123456782RR0001") == f"123456782{N}RR{N}0001"


def test_order() -> None:
    given = ["côté", "coté", "côte", "cote"]
    assert sorted(given, key=lambda t: formatting.sort_key(t, "fr")) == [
        "cote",
        "côte",
        "coté",
        "côté",
    ]
    assert sorted(given, key=lambda t: formatting.sort_key(t, "en")) == [
        "cote",
        "coté",
        "côte",
        "côté",
    ]
    provinces = ["Yukon", "Île-du-Prince-Édouard", "Manitoba", "Colombie-Britannique"]
    ordered = sorted(provinces, key=lambda t: formatting.sort_key(t, "fr"))
    assert ordered == ["Colombie-Britannique", "Île-du-Prince-Édouard", "Manitoba", "Yukon"]


def test_names_are_compared_without_accents_case_and_ligatures() -> None:
    assert formatting.unaccented("Cœur-de-l’Île") == "coeur-de-l'ile"
    assert formatting.unaccented("MONTRÉAL") == formatting.unaccented("montreal")

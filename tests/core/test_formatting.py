"""Dates, amounts and order as domain knowledge has them for Canada, in both languages."""

from datetime import UTC, date, datetime, time

from chalicelib.core import formatting

N = "\u00a0"


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
    assert formatting.moment(moment, "fr") == f"30 juin 2026 à 23{N}h{N}30 (heure de l’Est)"
    assert formatting.moment(moment, "en") == f"June 30, 2026, 11:30{N}p.m. (Eastern Time)"


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


def test_folding() -> None:
    assert formatting.fold("Cœur-de-l’Île") == "coeur-de-l'ile"
    assert formatting.fold("MONTRÉAL") == formatting.fold("montreal")

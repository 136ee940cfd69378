"""Days and moments are read as people write them, or refused with a way to write them."""

from datetime import UTC, date, datetime

import pytest
import typer

from infra.operator.dates import day_ahead, moment_ahead

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-08-03", "2026/8/3", "3 août 2026", "3 aout 2026", "3 AOÛT 2026", "Aug 3 2026",
     "August 3, 2026", "Aug. 3rd, 2026", "3 August 2026"],
)  # fmt: skip
def test_a_day_is_read_in_its_usual_writings(text: str) -> None:
    assert day_ahead(text, NOW) == date(2026, 8, 3)


@pytest.mark.parametrize(
    ("text", "day"),
    [("1er avril 2026", date(2026, 4, 1)), ("13/08/2026", date(2026, 8, 13)),
     ("8/13/2026", date(2026, 8, 13)), ("05.05.2026", date(2026, 5, 5)),
     ("3 sept. 2026", date(2026, 9, 3)), ("3 déc 2026", date(2026, 12, 3))],
)  # fmt: skip
def test_numbers_that_can_be_read_in_one_way_alone_are(text: str, day: date) -> None:
    assert day_ahead(text, NOW) == day


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03/08/2026", "in two ways: write 2026-03-08 or 2026-08-03"),
        ("soon", "not a day: write it as 2026-08-03, 3 août 2026 or Aug 3 2026"),
        ("2026-02-30", "not a day"),
        ("40/40/2026", "not a day"),
        ("3 ju 2026", "not a day"),
        ("3 jui 2026", "not a day"),
        ("2026-03-02", "not after today, 2026-03-02"),
        ("0001-01-01", "not a day between 1900 and 2100"),
        ("2062-08-03", "more than two years away"),
    ],
)
def test_a_day_that_is_none_is_refused_with_a_way_to_write_it(text: str, why: str) -> None:
    with pytest.raises(typer.BadParameter, match=why):
        day_ahead(text, NOW)


@pytest.mark.parametrize(
    "text",
    ["2026-03-05 09:00", "2026-03-05T09:00", "2026-03-05 9:00", "5 mars 2026 à 9 h",
     "5 mars 2026, 9 h 00", "March 5, 2026, 9:00\u00a0a.m.", "March 5 2026 at 9:00",
     "2026-03-05T14:00:00Z", "2026-03-05T09:00-05:00", "13/03/2026 9:00"],
)  # fmt: skip
def test_a_moment_is_read_in_eastern_time(text: str) -> None:
    day = 13 if text.startswith("13") else 5
    hour = 13 if text.startswith("13") else 14
    assert moment_ahead(text, NOW) == datetime(2026, 3, day, hour, tzinfo=UTC)


def test_an_afternoon_is_one() -> None:
    assert moment_ahead("Mar 5 2026 2:30 p.m.", NOW) == datetime(2026, 3, 5, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-05", "no hour"),
        ("demain", "no hour"),
        ("demain 9:00", "not a day"),
        ("2026-03-05 25:00", "no clock"),
        ("Mar 5 2026 14:00 p.m.", "no clock"),
        ("03/04/2026 9:00", "two ways"),
        ("2026-03-08 02:30", "clocks skip"),
        ("2026-11-01 01:30", "comes twice"),
        ("2025-03-05 09:00", "is past"),
        ("2036-03-05 09:00", "two years"),
    ],
)
def test_a_moment_that_is_none_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(typer.BadParameter, match=why):
        moment_ahead(text, NOW)

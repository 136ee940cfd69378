"""A day that somebody types is one day, whoever types it where, or it is none."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.formatting import long_date
from chalicelib.core.typed_dates import FURTHEST, NotADate, read_day, read_day_ahead

TODAY = date(2026, 3, 2)


@settings(max_examples=60, deadline=None)
@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.sampled_from(("fr", "en")))
def test_whatever_a_letter_writes_is_read_back_as_that_day(day: date, lang: str) -> None:
    assert read_day(long_date(day, lang)) == day
    assert read_day(str(day)) == day


@pytest.mark.parametrize(
    "text",
    ["20260910", "2026-W37-4", "2026-09", "2026-9-1x", "", "le", "10", "-1-01-01",
     "2026-09-10T00:00", "9" * 5000, "1\u0301" * 200],
)  # fmt: skip
def test_what_is_no_usual_writing_is_no_day(text: str) -> None:
    with pytest.raises(NotADate):
        read_day(text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        assert isinstance(read_day(text), date)
    except NotADate:
        pass


@pytest.mark.parametrize("text", ["2026-03-02", "0001-01-01", "9999-12-31", "2028-03-04"])
def test_a_day_to_come_is_neither_past_nor_further_than_two_years(text: str) -> None:
    with pytest.raises(NotADate):
        read_day_ahead(text, TODAY)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, FURTHEST.days))
def test_every_day_of_two_years_is_one_to_come(days: int) -> None:
    day = TODAY + timedelta(days=days)
    assert read_day_ahead(str(day), TODAY) == day

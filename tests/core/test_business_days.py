"""Business days of Canada and Québec, quiet hours, and the two days a year that are no 24 hours."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import business_days, eastern_time
from chalicelib.core.business_days import QuietHours
from infra import holidays, package

DAYS = st.dates(date(2025, 1, 1), date(2045, 6, 30))


def test_the_holidays_are_those_of_the_library() -> None:
    kept = json.loads(holidays.PAGE.read_bytes())
    assert kept == holidays.dates(), "run python -m infra.holidays"


def test_the_holidays_reach_years_ahead() -> None:
    assert holidays.years_left(date(2026, 3, 2)) == 19
    assert holidays.years_left(datetime.now(UTC).date()) >= holidays.YEARS_AHEAD


@pytest.mark.parametrize(
    "day",
    ["2026-01-01", "2026-04-03", "2026-05-18", "2026-06-24", "2026-07-01", "2026-09-07",
     "2026-09-30", "2026-10-12", "2026-11-11", "2026-12-25", "2026-12-28", "2028-07-03"],
)  # fmt: skip
def test_federal_and_quebec_holidays_are_no_business_days(day: str) -> None:
    assert not business_days.is_business_day(date.fromisoformat(day))


def test_no_business_day_is_on_a_weekend() -> None:
    assert not business_days.is_business_day(date(2026, 3, 7))
    assert business_days.is_business_day(date(2026, 3, 9))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-03-02", 15, "2026-03-23"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-06-23", 1, "2026-06-25"),
        ("2026-12-24", 1, "2026-12-29"),
        ("2028-02-28", 2, "2028-03-01"),
        ("2026-03-07", 0, "2026-03-07"),
    ],
)
def test_business_days_are_counted_from_the_day_after(start: str, count: int, end: str) -> None:
    assert business_days.after_business_days(date.fromisoformat(start), count).isoformat() == end


@given(DAYS, st.integers(0, 120))
def test_the_count_of_business_days_leads_back(start: date, count: int) -> None:
    end = business_days.after_business_days(start, count)
    assert business_days.business_days_between(start, end) == count
    assert business_days.business_days_between(end, start) == 0 or count == 0


@given(DAYS, st.integers(0, 40))
def test_the_quick_count_is_the_slow_one(start: date, span: int) -> None:
    days = [start + timedelta(days=n) for n in range(1, span + 1)]
    found = business_days.business_days_between(start, start + timedelta(days=span))
    assert found == sum(map(business_days.is_business_day, days))


@pytest.mark.parametrize(
    ("day", "count", "found"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-11-30", 24, "2028-11-30"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-10-31", 2, "2026-12-31"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(day: str, count: int, found: str) -> None:
    assert business_days.after_months(date.fromisoformat(day), count).isoformat() == found


def test_nine_in_the_morning_is_nine_on_the_wall_all_year() -> None:
    nine = time(9)
    assert business_days.at_eastern_time(date(2026, 3, 7), nine) == datetime(
        2026, 3, 7, 14, tzinfo=UTC
    )
    assert business_days.at_eastern_time(date(2026, 3, 8), nine) == datetime(
        2026, 3, 8, 13, tzinfo=UTC
    )
    assert business_days.at_eastern_time(date(2026, 10, 31), nine) == datetime(
        2026, 10, 31, 13, tzinfo=UTC
    )
    assert business_days.at_eastern_time(date(2026, 11, 1), nine) == datetime(
        2026, 11, 1, 14, tzinfo=UTC
    )


def there(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=eastern_time.zone()).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        ("2026-03-02T07:59", "2026-03-02T08:00"),
        ("2026-03-02T08:00", "2026-03-02T08:00"),
        ("2026-03-02T19:59", "2026-03-02T19:59"),
        ("2026-03-02T20:00", "2026-03-03T08:00"),
        ("2026-03-03T02:30", "2026-03-03T08:00"),
        # Both edges of daylight saving time, and the hour that is there twice.
        ("2026-03-07T21:00", "2026-03-08T08:00"),
        ("2026-10-31T23:00", "2026-11-01T08:00"),
        ("2026-11-01T01:30", "2026-11-01T08:00"),
        # Good Friday; Christmas, Boxing Day, and Sunday, which is no holiday.
        ("2026-04-03T12:00", "2026-04-04T08:00"),
        ("2026-12-24T20:30", "2026-12-27T08:00"),
        ("2028-02-29T20:00", "2028-03-01T08:00"),
    ],
)
def test_quiet_ends_on_the_next_morning_that_is_no_holiday(moment: str, over: str) -> None:
    quiet = QuietHours()
    assert quiet.first_open(there(moment)) == there(over)
    assert quiet.contains(there(moment)) == (moment != over)
    assert not quiet.contains(quiet.first_open(there(moment)))


def test_a_stage_may_have_no_quiet_hours() -> None:
    assert QuietHours.parse("off") is None
    assert QuietHours.parse("21-7") == QuietHours(21, 7)


def test_the_package_is_not_built_on_an_old_calendar() -> None:
    package.holidays_reach(date(2043, 12, 31))
    with pytest.raises(package.PackageError, match="infra/holidays"):
        package.holidays_reach(date(2044, 1, 1))

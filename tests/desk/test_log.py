"""The log of the desk: each line under its month of Eastern time, all of them, and none that is untrue."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from chalicelib.cases.roles import ROLES
from chalicelib.cases.staff import Staff
from chalicelib.core import eastern_time
from chalicelib.core.languages import LANGS
from chalicelib.desk import log
from chalicelib.desk.fetching import URL_SECONDS
from chalicelib.desk.filters import Filters
from chalicelib.desk.jobs import StaffJob
from chalicelib.people.reader_lists import SHEET
from environment import RITA
from journey import Journey
from staff_browser import StaffBrowser
from tests.desk.test_programme import signed_in

ME = Staff.of(RITA)


def noted(way: Journey, whose: str, local: str) -> None:
    """Note something at a time of clocks in the Eastern zone."""
    at = datetime.fromisoformat(local).replace(tzinfo=eastern_time.zone()).astimezone(UTC)
    way.store.commit([log.entry(ME, "roster_added", {"whose": whose}, at)])


def names(page: str) -> list[str]:
    return re.findall(r"\(Rita Roy\) – (\w+)</li>", page)


def look(browser: StaffBrowser, query: str = "") -> str:
    told = browser.get(f"/desk/log{query}")
    assert told.status_code == 200
    return unescape(told.body.decode())


@pytest.mark.parametrize("ends", ["2026-01-31", "2026-02-28"])
def test_a_line_stands_under_the_month_that_its_own_day_says(way: Journey, ends: str) -> None:
    first = (datetime.fromisoformat(ends) + timedelta(days=1)).date()
    for hour in ("00:00", "12:00", "18:59", "19:01", "23:59"):
        noted(way, f"last{hour[:2]}", f"{ends}T{hour}")
        noted(way, f"first{hour[:2]}", f"{first}T{hour}")
    rita = signed_in(way, "manager", confirmed=False)
    last, after = (names(look(rita, f"?month={day:.7}")) for day in (ends, str(first)))
    assert last == ["last23", "last19", "last18", "last12", "last00"]
    assert after == ["first23", "first19", "first18", "first12", "first00"]


@pytest.mark.parametrize("number", [99, 100, 101, 230])
def test_every_line_of_a_month_is_read_page_by_page(way: Journey, number: int) -> None:
    for one in range(number):
        noted(way, f"n{one}", f"2026-02-{one % 28 + 1:02}T22:{one % 60:02}:{one % 7:02}")
    rita = signed_in(way, "manager", confirmed=False)
    for lang in LANGS:
        query, found = f"?month=2026-02&lang={lang}", list[str]()
        for _ in range(number // log.LINES_A_PAGE + 1):
            page = look(rita, query)
            found += names(page)
            older = re.search(r'class="button" href="[^"]*/desk/log(\?[^"]*)"', page)
            query = older[1] if older else ""
        assert not query
        assert len(found) == len(set(found)) == number


def test_what_is_kept_is_offered_and_what_no_page_names_is_the_month_that_is(way: Journey) -> None:
    rita, oldest = signed_in(way, "manager", confirmed=False), way.clock.now - log.LOG_RETENTION
    offered = re.findall(r"\?month=([\d-]+)", look(rita))
    assert offered[0] == "2026-03"
    assert offered[-1] == f"{oldest:%Y-%m}"
    for odd in (
        "?month=2026-13",
        "?month=1999-01",
        "?after=é",
        "?month=2026-03&after=~",
        "?after=0",
    ):
        look(rita, odd)


def made(way: Journey) -> dict[str, StaffJob]:
    """A job of each kind that makes a file, by the address of its page."""
    desk = way.service.desk
    export = desk.exporting.begin(desk.jobs, ME, Filters.of({}), ["file.ref"], "csv", "fr")
    sheet = desk.reader_lists.begin(desk.jobs, ME, SHEET)
    desk.jobs.run_open(60)
    return {
        f"/desk/exports/{export.id}": export,
        f"/desk/subscribers/lists/{sheet.id}": sheet,
    }


def test_a_download_is_noted_once_for_each_address_that_was_given(way: Journey) -> None:
    rita = signed_in(way, *ROLES)
    for page in made(way):
        before = len(log.of_month(way.store, "2026-03"))

        def lines(first: int = before) -> int:
            return len(log.of_month(way.store, "2026-03")) - first

        assert rita.head(f"{page}/file").headers["Location"].endswith(page)
        assert lines() == 0
        for _ in range(3):
            assert "files.example.org" in rita.get(f"{page}/file").headers["Location"]
        assert lines() == 1
        way.clock.pass_(minutes=URL_SECONDS / 60)
        rita.get(f"{page}/file")
        assert lines() == 2


def test_two_downloads_in_one_moment_are_noted_once(way: Journey) -> None:
    rita = signed_in(way, *ROLES)
    (page, *_) = made(way)

    def other(_: object) -> None:
        way.store.before = lambda writes: None
        rita.get(f"{page}/file")

    way.store.before = other
    assert "files.example.org" in rita.get(f"{page}/file").headers["Location"]
    assert [row["what"] for row in log.of_month(way.store, "2026-03")].count("download") == 1


def test_a_sheet_is_saved_under_the_day_on_which_it_was_asked_for(way: Journey) -> None:
    way.clock.now = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)
    rita = signed_in(way, *ROLES)
    for page in made(way):
        assert "2026-03-03.csv" in rita.get(f"{page}/file").headers["Location"]

"""Work that takes a while is found again by whoever asked for it, however much else was asked for."""

import re
from html import unescape

import pytest

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.review.model import Decision
from chalicelib.cases.roles import ROLES, Role
from chalicelib.cases.staff import Staff
from chalicelib.core.rate_limit import LIMITS
from chalicelib.desk.filters import Filters
from chalicelib.desk.jobs import JOBS_LISTED, StaffJob
from chalicelib.desk.many import Chosen
from chalicelib.people.reader_lists import COUNT, SHEET
from environment import RITA, SAM
from journey import Journey
from staff_browser import StaffBrowser

ME, SAMS = Staff.of(RITA), Staff.of(SAM)
A_MINUTE = 60


def signed_in(way: Journey, staff: Staff, *roles: Role) -> StaffBrowser:
    way.store.items["STAFF", staff.id]["roles"] = list(roles or ("officer",))
    browser = StaffBrowser(way.visitor)
    browser.sign_in(staff.email, way.mailer, way.deliver)
    return browser


def export(way: Journey, staff: Staff) -> StaffJob:
    way.clock.pass_(minutes=1)
    desk = way.service.desk
    return desk.exporting.begin(
        desk.jobs, staff, Filters.of({"tab": "invited"}), ["file.ref"], "csv", "fr"
    )


def decide(way: Journey, staff: Staff, *files: Case) -> StaffJob:
    way.clock.pass_(minutes=1)
    desk, seen = way.service.desk, [Chosen(one.id, one.version, one.events) for one in files]
    return desk.many.begin(desk.jobs, staff, seen, Decision("approve"), {})


def links(page: str) -> list[str]:
    """The jobs and the files to download that a page leads to."""
    found = re.findall(r'href="[^"]*/api(/desk/(?:many|exports|subscribers/lists)/[^"]+)"', page)
    return [unescape(one) for one in found]


def jobs(browser: StaffBrowser, query: str = "") -> str:
    told = browser.get(f"/desk/jobs{query}")
    assert told.status_code == 200
    return unescape(told.body.decode())


def test_the_results_of_many_are_found_again_from_the_list_of_files(way: Journey) -> None:
    files = [way.declare(f"ada{n}@example.org") for n in range(4)]
    rita = signed_in(way, ME)
    many, made = decide(way, ME, *files[:3]), export(way, ME)
    assert "/desk/jobs" in rita.get("/desk/files").body.decode()
    page = jobs(rita)
    assert links(page) == [f"/desk/exports/{made.id}", f"/desk/many/{many.id}"]
    assert "En cours</strong>\u00a0: 0 sur 3" in page
    way.service.desk.jobs.run_open(A_MINUTE)
    page = jobs(rita, "?lang=en")
    assert links(page)[:2] == [f"/desk/exports/{made.id}", f"/desk/exports/{made.id}/file"]
    assert page.count("Done</strong>: 3 of 3") == 2
    assert "Approve" in page
    assert "Files done: 3 of 3" in unescape(
        rita.get(f"/desk/many/{many.id}?lang=en").body.decode()
    ).replace("\u00a0", " ")
    way.service.cases.decisions.act(files[3], "approve", Decider("sam-lee", "Sam Lee"))
    decide(way, ME, files[3])
    way.service.desk.jobs.run_open(A_MINUTE)
    assert "Tout n’a pas été fait</strong>\u00a0: 0 sur 1" in jobs(rita)
    way.clock.pass_(hours=25)
    assert "n’est plus gardé" in jobs(signed_in(way, ME))


def test_an_export_is_found_for_its_day_however_much_else_was_asked_for(way: Journey) -> None:
    case, rita = way.declare(), signed_in(way, ME)
    wanted = export(way, ME)
    way.service.desk.jobs.run_open(A_MINUTE)
    others = [decide(way, ME, case) for _ in range(JOBS_LISTED + 5)]
    assert [job.id for job in way.service.desk.jobs.latest(ME.id, "export")] == [wanted.id]
    found, query = [], ""
    for _ in range(9):
        page = jobs(rita, query)
        found += [one for one in links(page) if not one.endswith("/file")]
        more = re.search(r'class="button" href="[^"]*/desk/jobs(\?[^"]*)"', page)
        if not more:
            break
        query = more[1]
    newest = [f"/desk/many/{job.id}" for job in reversed(others)]
    assert found == [*newest, f"/desk/exports/{wanted.id}"]
    assert len(others) > JOBS_LISTED
    assert LIMITS["desk_jobs"].per_hour > JOBS_LISTED, "more than a page can be asked for"


def test_who_sees_to_the_programme_sees_the_work_of_all_and_downloads_none_of_it(
    way: Journey,
) -> None:
    case = way.declare()
    many, made = decide(way, SAMS, case), export(way, SAMS)
    way.service.desk.jobs.run_open(A_MINUTE)
    own = export(way, ME)
    officer = signed_in(way, ME, "officer")
    assert links(jobs(officer, "?whose=all")) == [f"/desk/exports/{own.id}"]
    assert "whose=all" not in jobs(officer)
    assert officer.get(f"/desk/many/{many.id}").status_code == 404
    for role in ("manager", "administrator"):
        browser = signed_in(way, ME, role)
        assert links(jobs(browser)) == [f"/desk/exports/{own.id}"]
        page = jobs(browser, "?whose=all")
        assert links(page) == [f"/desk/exports/{own.id}", f"/desk/many/{many.id}"]
        assert page.count(SAMS.name) == 2
        assert browser.get(f"/desk/many/{many.id}").status_code == 200
        assert browser.get(f"/desk/exports/{made.id}").status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_each_finds_the_work_whose_pages_are_for_their_role(way: Journey, role: Role) -> None:
    desk, case = way.service.desk, way.declare()
    decide(way, ME, case)
    export(way, ME)
    for what in (COUNT, SHEET):
        desk.reader_lists.begin(desk.jobs, ME, what)
    desk.jobs.run_open(A_MINUTE)
    browser = signed_in(way, ME, role)
    shown = links(jobs(browser))
    assert shown
    for one in shown:
        if not one.endswith("/file"):
            assert browser.get(one).status_code == 200, (role, one)
    readers = {one for one in shown if "/subscribers/" in one}
    assert bool(readers) == (role in ("administrator", "communications"))
    assert (len(shown) > len(readers)) == (role != "communications")

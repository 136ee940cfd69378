"""Each page of the desk says what is done there, in the language of its reader."""

import re
from html import unescape

from chalicelib.cases.review.model import Decision
from chalicelib.cases.roles import ROLES
from chalicelib.cases.staff import Staff
from chalicelib.coaches.edition import Edition
from chalicelib.core.languages import LANGS, Lang
from chalicelib.desk.filters import Filters
from chalicelib.desk.many import Chosen
from chalicelib.newsletter.issues.issue import SENT, issue_key
from chalicelib.people.reader_lists import SHEET
from chalicelib.views.desk.rights import RIGHTS
from environment import RITA
from journey import Journey
from sample_coaches import MIREILLE
from staff_browser import StaffBrowser, link_of, sign_in_letter
from tests.desk.test_programme import send, signed_in

NO_PAGE = {
    "/desk/exports/{job}/file",
    "/desk/subscribers/lists/{job}/file",
    "/desk/newsletter/{issue}/missed",
    "/desk/coaches/sheet",
    "/desk/newsletter/{issue}/preview",
}
"""What is saved as a file, or shown in the frame of a page."""

WITH_FILE = ("/desk/exports/{job}", "/desk/subscribers/lists/{job}")
"""The page of what makes a file."""

MIN_HELP_LENGTH = 30


def places(way: Journey, rita: StaffBrowser, edition: Edition) -> dict[str, str]:
    """Return a page of each address; all of them have something to show."""
    me, desk, case = Staff.of(RITA), way.service.desk, way.declare()
    jobs, filters = desk.jobs, Filters.of({})
    export = desk.exporting.begin(jobs, me, filters, ["file.ref"], "csv", "fr")
    seen = [Chosen(case.id, case.version, case.events)]
    many = desk.many.begin(jobs, me, seen, Decision("approve"), {})
    counted = desk.reader_lists.begin(jobs, me, SHEET)
    send(rita, "/desk/newsletter", slug="2026-03")
    other = StaffBrowser(way.visitor)
    other.ask("sam.lee@example.org")
    way.deliver()
    file = f"/desk/files/{case.current_ref}"
    issue = "/desk/newsletter/2026-03"
    return {
        "/desk/sign-in/{token}": link_of(sign_in_letter(way.mailer, "sam.lee@example.org")),
        "/desk/files/{ref}": file,
        "/desk/files/{ref}/print": f"{file}/print",
        "/desk/programme/{staff}": "/desk/programme/sam-lee",
        "/desk/rules/{part}": "/desk/rules/reasons",
        "/desk/texts/{part}": "/desk/texts/form-eoi",
        "/desk/many": f"/desk/many?file={case.current_ref}.{case.version}.{case.events}",
        "/desk/many/{job}": f"/desk/many/{many.id}",
        "/desk/exports/{job}": f"/desk/exports/{export.id}",
        "/desk/subscribers/lists/{job}": f"/desk/subscribers/lists/{counted.id}",
        "/desk/coach/{slug}": f"/desk/coach/{MIREILLE}",
        "/desk/newsletter/{issue}": issue,
        **{f"/desk/newsletter/{{issue}}/{name}": f"{issue}/{name}" for name in ("text", "images", "send")},
        "one text": "/desk/texts/form-eoi?text=sections.organization.fields.org_legal_name.label",
        "one edition": f"/desk/coaches/editions?edition={edition.id}",
        "one more step": "/desk/account?next=/desk/export",
    }  # fmt: skip


def help_of(browser: StaffBrowser, path: str, lang: Lang) -> str:
    """Return the one line of a page that says what is done there."""
    told = browser.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    page = told.body.decode()
    assert told.status_code == 200, (path, told.status_code)
    found = re.findall(r'<p[^>]* id="help">(.*?)</p>', page)
    assert len(found) == 1, (path, found)
    return unescape(re.sub(r"<[^>]+>", "", found[0])).strip()


def test_each_page_says_in_both_languages_what_is_done_there(
    way: Journey, published: Edition
) -> None:
    rita = signed_in(way, *ROLES)
    found = places(way, rita, published)
    routes = {route for method, route in RIGHTS if method == "GET"} - NO_PAGE
    assert not NO_PAGE & set(found)
    nobody = StaffBrowser(way.visitor)
    for route in sorted(routes | set(found)):
        path = found.get(route, route)
        browser = nobody if route in ("/desk", "/desk/sign-in/{token}") else rita
        fr, en = (help_of(browser, path, lang) for lang in LANGS)
        assert min(len(fr), len(en)) >= MIN_HELP_LENGTH, (path, fr, en)
        assert fr != en, path


def test_who_only_asks_whether_a_page_is_there_changes_nothing(
    way: Journey, published: Edition
) -> None:
    rita = signed_in(way, *ROLES)
    found, store = places(way, rita, published), way.store
    way.service.desk.jobs.run_open(60)
    store.items[issue_key("2026-03")]["status"] = SENT
    found |= {f"{route}/file": f"{found[route]}/file" for route in WITH_FILE}
    found["/desk/newsletter/{issue}/missed"] = "/desk/newsletter/2026-03/missed"
    for route in sorted({route for method, route in RIGHTS if method == "GET"} | set(found)):
        before = len(store.commits)
        told = rita.head(found.get(route) or route.replace("{issue}", "2026-03"))
        nothing_yet = route.endswith("/preview")
        assert told.status_code == 404 if nothing_yet else told.status_code < 400, route
        assert told.body == b"", route
        assert store.commits[before:] == [], route

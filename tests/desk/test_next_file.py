"""The next file is what follows in the list that was shown, whatever becomes of files meanwhile."""

import re
from html import unescape
from urllib.parse import quote

import pytest

from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.cases.guards import DecisionInput
from chalicelib.core.languages import LANGS, Lang
from chalicelib.desk.filters import ORDERS
from chalicelib.desk.next_file import FILES_A_ROUND, MAX_ROUNDS
from journey import Journey
from staff_browser import StaffBrowser
from tests.desk.test_programme import signed_in

RITA, SAM = Decider("rita-roy", "Rita Roy"), Decider("sam-lee", "Sam Lee")
NAMES = ("Nord", "École du Parc", "Ouest", "Atelier", "Sud", "Élan")
NONE_LEFT = {"fr": "Aucun autre dossier dans cette liste", "en": "No other file in this list"}


@pytest.fixture
def files(way: Journey) -> list[Case]:
    found = []
    for number, name in enumerate(NAMES):
        found.append(way.declare(f"ada{number}@example.org", org_legal_name=name))
        way.clock.pass_(hours=30)
    for number in (3, 0, 4):
        given = DecisionInput(colleague="sam-lee")
        found[number] = way.service.cases.decisions.act(found[number], "assign", SAM, given)
        way.clock.pass_(minutes=5)
    return found


@pytest.fixture
def rita(way: Journey, files: list[Case]) -> StaffBrowser:
    return signed_in(way, "officer", confirmed=False)


def shown(browser: StaffBrowser, path: str) -> str:
    told = browser.get(path)
    assert told.status_code == 200, path
    return unescape(told.body.decode())


def first(browser: StaffBrowser, query: str) -> tuple[list[str], str]:
    """Return the references of a list, and the way to its first file."""
    page = shown(browser, f"/desk/files?{query}")
    refs = re.findall(r'<span class="ref">(D[IF]-[^<]+)</span>', page)
    way_in = re.search(r'<td [^>]*><a href="[^"]*/api(/desk/files/[^"]*)"', page)
    assert way_in
    return refs, way_in[1]


def next_of(page: str) -> str:
    found = re.search(r'href="[^"]*/api(/desk/files/[^"]*)">(?:Dossier suivant|Next file)', page)
    return found[1] if found else ""


def ref_of(path: str) -> str:
    return path.rpartition("/")[2].partition("?")[0]


@pytest.mark.parametrize("order", ["", *ORDERS])
@pytest.mark.parametrize("query", ["tab=to_decide", "tab=to_decide&owner=sam-lee"])
def test_files_follow_each_other_as_in_the_list_to_its_end(
    rita: StaffBrowser, order: str, query: str
) -> None:
    for lang in LANGS:
        listed, path = first(rita, f"{query}&order={order}")
        found = []
        while path:
            found.append(ref_of(path))
            page = shown(rita, f"{path}&lang={lang}")
            path = next_of(page)
            assert (NONE_LEFT[lang] in page) == (not path)
        assert found == listed
        assert len(listed) == (3 if "owner" in query else len(NAMES))


@pytest.mark.parametrize("order", ["", *ORDERS])
def test_what_is_decided_on_the_way_changes_nothing_of_the_order_that_was_shown(
    rita: StaffBrowser, way: Journey, order: str
) -> None:
    listed, path = first(rita, f"tab=to_decide&order={order}")
    found = []
    while path:
        found.append(ref_of(path))
        form = ("nonce", rita.token(path.partition("?")[0]))
        way.clock.pass_(minutes=2)
        what = ("note", "Lu.") if len(found) % 2 else ("decision", "approve")
        told = rita.post(path, form, what, ("confirm", "on"))
        assert told.status_code == 303, told.body
        path = next_of(shown(rita, told.headers["Location"].partition("/api")[2]))
    assert found == listed


@pytest.mark.parametrize("order", ["", *ORDERS])
def test_what_left_the_list_and_what_is_stood_back_from_is_passed_over(
    rita: StaffBrowser, way: Journey, files: list[Case], order: str
) -> None:
    listed, path = first(rita, f"tab=to_decide&order={order}")
    by_ref = {case.ref: case for case in files}
    decide = way.service.cases.decisions
    decide.act(by_ref[listed[1]], "approve", SAM)
    decide.act(by_ref[listed[2]], "recuse", RITA)
    way.service.cases.applicant.correct_address(
        by_ref[listed[3]], "rita.roy+x@example.org", by="sam-lee", name="Sam Lee"
    )
    page = shown(rita, path)
    assert ref_of(next_of(page)) == listed[4]
    decide.act(by_ref[listed[4]], "recuse", RITA)
    decide.act(by_ref[listed[5]], "ask", SAM, DecisionInput(message="Qui?"))
    page = shown(rita, path)
    assert next_of(page) == ""
    assert NONE_LEFT["fr"] in page


@pytest.mark.parametrize("lang", LANGS)
def test_among_what_was_found_the_same_holds(
    rita: StaffBrowser, way: Journey, files: list[Case], lang: Lang
) -> None:
    listed, path = first(rita, "q=tremblay")
    way.service.cases.decisions.act(
        next(case for case in files if case.ref == listed[1]), "recuse", RITA
    )
    page = shown(rita, f"{path}&lang={lang}")
    assert ref_of(next_of(page)) == listed[2]
    last = shown(rita, f"/desk/files/{listed[-1]}?q=tremblay&lang={lang}")
    assert NONE_LEFT[lang] in last


def test_who_comes_from_elsewhere_is_told_of_no_list(rita: StaffBrowser, files: list[Case]) -> None:
    page = shown(rita, f"/desk/files/{files[-1].ref}")
    assert NONE_LEFT["fr"] not in page
    for odd in ("é", "~", " ", "0", "2026-03 x y", "9" * 200):
        shown(rita, f"/desk/files/{files[0].ref}?tab=to_decide&order=due&at={quote(odd)}")
        shown(rita, f"/desk/files?tab=to_decide&at={quote(odd)}")


def test_where_somebody_stands_is_not_remembered_with_the_list(
    rita: StaffBrowser, way: Journey
) -> None:
    listed, path = first(rita, "tab=to_decide&order=due")
    back = re.search(r'href="[^"]*/api(/desk/files\?[^"]*)">Revenir', shown(rita, path))
    assert back
    assert "at=" not in back[1]
    shown(rita, f"/desk/files?{path.partition('?')[2]}")
    (row,) = way.store.kinds("looks")
    assert "at=" not in row["filters"]
    assert first(rita, "")[0] == listed


def test_after_very_many_that_somebody_stands_back_from_nothing_is_said_to_be_the_end(
    rita: StaffBrowser, way: Journey, files: list[Case]
) -> None:
    for number in range(FILES_A_ROUND * MAX_ROUNDS + 1):
        case = way.declare(f"eve{number}@example.org")
        way.service.cases.decisions.act(case, "recuse", RITA)
    page = shown(rita, f"/desk/files/{files[-1].ref}?tab=to_decide")
    assert next_of(page) == ""
    assert NONE_LEFT["fr"] not in page

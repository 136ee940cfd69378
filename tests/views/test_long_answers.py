"""However much somebody wrote: a page of their file stays light, and every answer can be read."""

import html
import re
from urllib.parse import urlsplit

import pytest

import samples
from chalicelib import content
from chalicelib.cases.case import Case
from journey import ADA, RITA, Journey
from longest import longest
from staff_browser import StaffBrowser

PAGE_LIMIT = 60_000


@pytest.fixture
def case(way: Journey) -> Case:
    applied = way.apply()
    row = way.store.items[applied.key]
    row["answers"] = longest("eoi", row["answers"])
    row["application"] = longest("application", row["application"])
    return way.again(applied)


def test_the_page_of_a_file_with_every_answer_at_its_longest_is_light_and_leads_to_each(
    way: Journey, case: Case
) -> None:
    staff = StaffBrowser(way.visitor)
    staff.sign_in(RITA, way.mailer, way.deliver)
    at_desk = f"/desk/files/{case.current_ref}"
    guest = StaffBrowser(way.visitor)
    pages = {way.review(RITA): guest, way.own(ADA): guest, at_desk: staff}
    wanted = [text for answers in (case.answers, case.application or {})
              for text in answers.values() if isinstance(text, str) and len(text) > 500]  # fmt: skip
    assert len(wanted) > 15
    for path, reader in pages.items():
        page = reader.get(f"{path}?lang=fr").body.decode()
        parts = sorted(set(re.findall(r'href="([^"]*[?&;]part=[\w-]+)"', page)))
        assert len(parts) > 3
        all_of_it = page
        for part in parts:
            where = urlsplit(html.unescape(part))
            shown = reader.get(f"{where.path.removeprefix('/api')}?{where.query}").body.decode()
            assert len(shown.encode()) < PAGE_LIMIT, part
            assert 'lang="fr-CA"' in shown
            all_of_it += shown
        assert len(page.encode()) < PAGE_LIMIT, path
        read = html.unescape(all_of_it)
        assert [text[:40] for text in wanted if text not in read] == []


def test_a_part_that_is_none_is_not_there_and_short_answers_stand_on_the_page(
    way: Journey,
) -> None:
    way.declare()
    for path in (way.review(RITA), way.own(ADA)):
        assert "part=" not in way.visitor.page(path).body.decode()
        assert way.visitor.page(f"{path}?part=eoi-nothing").status_code == 404
        assert way.visitor.page(f"{path}?part=application-plan").status_code == 404


def test_the_check_of_a_draft_with_every_answer_at_its_longest_is_light(way: Journey) -> None:
    typed = longest("application", samples.application())
    begun = way.service.drafts.drafts.begin(
        "application", "fr", "192.0.2.1", {"uninvited": "1"}, {}, typed
    )
    path = urlsplit(way.service.links.draft(*begun)).path.removeprefix("/api")
    page = way.visitor.page(f"{path}/check?lang=fr").body.decode()
    assert len(page.encode()) < PAGE_LIMIT
    assert page.count("Cette partie est longue") in range(1, 6)
    for section in content.form("application")["sections"]:
        shown = way.visitor.page(f"{path}/{section['id']}?lang=fr").body
        assert len(shown) < PAGE_LIMIT, section["id"]

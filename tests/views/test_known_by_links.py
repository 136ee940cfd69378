"""A link fills in what it is about: the result of an assessment, or a coach."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

import gallery
import samples
from chalicelib.core.languages import LANGS, Lang
from journey import Journey


def _link(text: str, parameter: str) -> str:
    found: str
    (found,) = set(re.findall(rf'https://[^\s"]*[?&]{parameter}=[\w-]+', text))
    return found.replace("&amp;", "&")


@pytest.mark.parametrize("lang", LANGS)
def test_the_result_of_an_assessment_goes_into_the_declaration_by_its_link(
    way: Journey, lang: Lang
) -> None:
    way.settings(WEBSITE_URL="")
    ready = {
        q: f"{q[:2]}_{choice}"
        for q, choice in zip(samples.ASSESSMENT, gallery.BANDS["ready"], strict=True)
    }
    given = {**ready, "send_to_email": "eve@example.org", "lang": lang}
    told = way.visitor.send("/forms/assessment", given).json_body
    way.deliver()
    (mail,) = way.letters("eve@example.org")
    page = way.visitor.page(
        urlsplit(told["links"]["status"]).path.partition("/api")[2]
    ).body.decode()
    assert told["ref"] in mail
    for text in (mail, html.unescape(page)):
        link = _link(text, "assessment_id")
        parts = urlsplit(link)
        assert parse_qs(parts.query) == {"lang": [lang], "assessment_id": [told["ref"]]}
        start = way.visitor.page(f"/forms/eoi?{parts.query}").body.decode()
        assert f'<input type="hidden" name="assessment_id" value="{told["ref"]}">' in start


@pytest.mark.parametrize("lang", LANGS)
def test_a_coach_s_page_leads_to_a_declaration_that_names_the_coach(lang: Lang) -> None:
    page = gallery.pages(lang)["coach"]
    assert re.search(r"https://www\.example\.org/(?:fr|en)/eoi\?coach_id=[\w-]+", page)


def coaching(way: Journey, lang: Lang, coach: str = "") -> str:
    """The section that asks for a coach, of a declaration that was begun by a link with one."""
    begun = way.visitor.submit(f"/draft?lang={lang}", [("form", "eoi"), ("coach_id", coach)])
    link = urlsplit(begun.headers["Location"]).path.partition("/api")[2].rpartition("/")[0]
    fields = {"coach_status": "chosen", **({"coach_id": coach} if coach else {})}
    there = way.visitor.get(f"{link}/coaching").json_body
    saved = {"version": there["version"], "seen": there["seen"], "fields": fields}
    assert way.visitor.send(f"{link}/coaching", saved).status_code == 200
    return way.visitor.page(f"{link}/coaching?lang={lang}").body.decode()


@pytest.mark.parametrize("lang", LANGS)
def test_a_coach_is_chosen_from_a_list_by_name_without_a_script(
    way: Journey, published: object, lang: Lang
) -> None:
    names = dict(way.service.coaches.directory.directory().names(lang))
    slug = list(names)[-1]
    page = coaching(way, lang, slug)
    listed = re.search(r'<select id="[^"]*" name="coach_id"[^>]*>(.*?)</select>', page, re.DOTALL)
    assert listed
    assert [
        name for name in names.values() if f">{html.escape(name)}</option>" not in listed[1]
    ] == []
    assert f'<option value="{slug}" selected>' in listed[1]
    assert f'<option value="{slug}">' in coaching(way, lang)


def test_an_identifier_that_nobody_has_stays_as_it_was_typed(
    way: Journey, published: object
) -> None:
    page = coaching(way, "fr", "somebody-else")
    assert '<option value="somebody-else" selected>somebody-else</option>' in page


def test_where_no_coach_is_published_the_identifier_is_typed(way: Journey) -> None:
    page = coaching(way, "fr")
    assert re.search(r'<input type="text" id="[^"]*" name="coach_id"', page)

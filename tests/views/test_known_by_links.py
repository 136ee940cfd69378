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
        whole = way.visitor.page(f"/forms/eoi?{parts.query}&whole=1").body.decode()
        assert f'name="assessment_id" value="{told["ref"]}"' in whole
        start = way.visitor.page(f"/forms/eoi?{parts.query}").body.decode()
        assert f'<input type="hidden" name="assessment_id" value="{told["ref"]}">' in start


@pytest.mark.parametrize("lang", LANGS)
def test_a_coach_s_page_leads_to_a_declaration_that_names_the_coach(lang: Lang) -> None:
    page = gallery.pages(lang)["coach"]
    assert re.search(r"https://www\.example\.org/(?:fr|en)/eoi\?coach_id=[\w-]+", page)


@pytest.mark.parametrize("lang", LANGS)
def test_a_coach_is_chosen_from_a_list_by_name_without_a_script(
    way: Journey, published: object, lang: Lang
) -> None:
    names = dict(way.service.coaches.directory.directory().names(lang))
    slug = list(names)[-1]
    page = way.visitor.page(f"/forms/eoi?whole=1&lang={lang}&coach_id={slug}").body.decode()
    listed = re.search(r'<select id="[^"]*" name="coach_id"[^>]*>(.*?)</select>', page, re.DOTALL)
    assert listed
    assert [
        name for name in names.values() if f">{html.escape(name)}</option>" not in listed[1]
    ] == []
    assert f'<option value="{slug}" selected>' in listed[1]
    begun = way.visitor.send("/draft", {"form": "eoi", "lang": lang}).json_body
    section = urlsplit(begun["sections"]["coaching"]["url"]).path.partition("/api")[2]
    way.visitor.send(section, {"version": 0, "fields": {"coach_status": "chosen"}})
    assert 'name="coach_id"' in way.visitor.page(section).body.decode()
    assert f'<option value="{slug}">' in way.visitor.page(section).body.decode()


def test_an_identifier_that_nobody_has_stays_as_it_was_typed(
    way: Journey, published: object
) -> None:
    page = way.visitor.page("/forms/eoi?whole=1&coach_id=somebody-else").body.decode()
    assert '<option value="somebody-else" selected>somebody-else</option>' in page


def test_where_no_coach_is_published_the_identifier_is_typed(way: Journey) -> None:
    page = way.visitor.page("/forms/eoi?whole=1").body.decode()
    assert re.search(r'<input type="text" id="[^"]*" name="coach_id"', page)

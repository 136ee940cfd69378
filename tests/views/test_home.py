"""The first page says what is here; every other address says that it is none, with a way on."""

import re

import pytest

import documented
from app import app
from chalicelib import content
from chalicelib.core.languages import LANGS, Lang
from chalicelib.web.chalice_app import METHODS
from visitor import Visitor

PAGE_LIMIT = 60_000


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_page_leads_to_all_that_anybody_may_open(visitor: Visitor, lang: Lang) -> None:
    page = visitor.page(f"/?lang={lang}").body.decode()
    ways = visitor.get("/").json_body["links"]
    for name, url in ways.items():
        assert f'href="{url}?lang={lang}"' in page
        assert visitor.page(f"/{name}?lang={lang}").status_code in (200, 303, 409)
    for form in ("forms/eoi", "forms/assessment", "newsletter", "coaches", "file", "desk"):
        assert form in ways
    assert f'<a href="https://www.example.org/{lang}/">' in page


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "path", ["/nothing", "/forms/nothing", "/coaches/nobody", "/openapi/nothing"]
)
def test_an_address_that_is_none_says_so_in_the_visitor_s_language_with_ways_on(
    visitor: Visitor, path: str, lang: Lang
) -> None:
    page = visitor.page(path, Accept_Language=f"{lang}-CA")
    text = page.body.decode()
    assert page.status_code == 404
    assert f'<html lang="{lang}-CA">' in text
    assert content.problems()["not_here"]["title"][lang] in text
    assert f'/?lang={lang}">' in text
    script = visitor.get(path, Accept_Language=f"{lang}-CA")
    assert script.status_code == 404
    assert script.json_body["title"] == content.problems()["not_here"]["title"][lang]
    assert script.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", METHODS)
def test_no_method_finds_anything_where_nothing_is(visitor: Visitor, method: str) -> None:
    found = visitor.request(method, "/nothing", Accept="application/json")
    assert found.status_code == 404
    assert found.headers["X-Content-Type-Options"] == "nosniff"


def test_a_wrong_method_says_in_words_which_ones_there_are(visitor: Visitor) -> None:
    refused = visitor.request("DELETE", "/forms/eoi", Accept="text/html", Accept_Language="en")
    assert refused.status_code == 405
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert "does not work that way" in refused.body.decode()


@pytest.mark.parametrize("lang", LANGS)
def test_every_operation_can_be_read_on_a_small_page_without_leaving_us(
    visitor: Visitor, lang: Lang
) -> None:
    pages = [visitor.page(f"/openapi?lang={lang}")]
    pages += [visitor.page(f"/openapi/{g}?lang={lang}") for g in content.interface()["groups"]]
    text = "".join(page.body.decode() for page in pages)
    for path, operations in documented.document()["paths"].items():
        for method, operation in operations.items():
            assert text.count(f"<code>{method.upper()} {path}</code>") == 2
            assert f'id="{operation["operationId"]}"' in text
    assert not re.search(r"<script|<link[^>]+stylesheet", text)
    for page in pages:
        assert len(page.body) < PAGE_LIMIT


def test_the_gateway_tries_the_address_that_is_none_last_and_by_every_method() -> None:
    assert set(app.routes["/{proxy+}"]) == set(METHODS)

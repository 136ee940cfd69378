"""Requests: the language is the visitor's, and a browser is told from a script."""

import pytest

from chalicelib.web.request import Request


def asked(query: dict[str, str] | None = None, **headers: str) -> Request:
    return Request(
        "GET", {k.replace("_", "-"): v for k, v in headers.items()}, query or {}, b"", ""
    )


@pytest.mark.parametrize(
    ("header", "lang"),
    [("", "fr"), ("en", "en"), ("en-CA,fr;q=0.5", "en"), ("fr;q=0.2, en;q=0.3", "en"), ("de, fr;q=0.1", "fr"),
     ("en;q=x", "fr"), ("*", "fr"), (";;;,,", "fr"), ("en;q=0", "fr"), ("FR-ca", "fr"), ("fr; q=0.1, en; q=0.9", "en"), ("x" * 10_000, "fr")],
)  # fmt: skip
def test_the_language_comes_from_the_header_last(header: str, lang: str) -> None:
    request = asked(accept_language=header)
    assert request.lang == lang
    assert asked({"lang": "en"}, accept_language=header).lang == "en"
    assert asked({"lang": "en"}).language({"lang": "fr"}) == "fr"
    assert asked({"lang": "en"}).language({"lang": ["fr"]}) == "en"
    assert asked(accept_language=header).language({}, "en") == "en", "the reader is known"
    assert asked({"lang": "fr"}).language({"lang": "de"}, "en") == "fr"


def test_a_browser_asks_for_a_page_and_a_script_does_not() -> None:
    assert asked(accept="text/html,application/xhtml+xml,*/*;q=0.8").wants_page
    assert not asked(accept="*/*").wants_page
    assert not asked(accept="application/json").wants_page
    assert not asked().wants_page

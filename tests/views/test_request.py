"""Requests: the language is the visitor's, and a browser is told from a script."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Malformed, TooLarge
from chalicelib.web.html_forms import BODY_FIELDS_LIMIT
from chalicelib.web.request import Request, is_ticked, text_field


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


def posted(body: bytes, kind: str = "application/x-www-form-urlencoded", **headers: str) -> Request:
    return Request("POST", {"content-type": kind, **headers}, {}, body, "")


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["%", "%4", "%41", "%C3%A9", "a", "=", "&", "+", "%2B", ";", "é"])))
def test_a_form_s_body_is_read_as_the_library_reads_it(parts: list[str]) -> None:
    text = "".join(parts)
    wanted: dict[str, object] = {}
    # Half an escape and letters that follow may make a byte; that is for another test.
    assume("%a" not in text)
    for name, value in parse_qsl(text, keep_blank_values=True, errors="strict"):
        wanted.setdefault(name, value)
    found = posted(text.encode()).fields()
    # A name that comes again makes a list of its values, the first one first.
    assert {k: v[0] if isinstance(v, list) else v for k, v in found.items()} == wanted


@pytest.mark.parametrize("text", ["Cœur-de-l’Île", "50 €", "déjà vu…", "ᐃᓄᒃ → 1"])
@pytest.mark.parametrize("multipart", [False, True])
@pytest.mark.parametrize("says", [False, True])
def test_a_page_in_windows_1252_is_read_as_its_visitor_typed(
    text: str, *, multipart: bool, says: bool
) -> None:
    raw = text.encode("cp1252", "xmlcharrefreplace")
    pairs = [(b"a", raw), *([(b"_charset_", b"windows-1252")] if says else [])]
    if not says:
        pairs.append((b"b", "é".encode("cp1252")))
    if multipart:
        parts = [
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
            for pair in pairs
        ]
        request = posted(b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x")
    else:
        request = posted(urlencode(pairs).encode())
    assert request.fields()["a"] == text


def test_the_mark_at_the_beginning_of_a_text_is_no_part_of_it() -> None:
    mark = "\ufeff".encode()
    assert posted(mark + b'{"a":"1"}', "application/json").fields() == {"a": "1"}
    assert posted(mark + b"a=1").fields() == {"a": "1"}


def test_the_last_value_of_a_field_of_the_page_itself_counts() -> None:
    fields = posted(b"lang=fr&lang=en&confirm=0&confirm=on&nonce=a&nonce=b").fields()
    assert text_field(fields, "nonce") == "b"
    assert is_ticked(fields, "confirm")
    assert asked().language(fields) == "en"


@pytest.mark.parametrize(
    "body", [b"a=%FF", b"%FF=1", b"a=%00", b"%00=1", b"a=\xff", b"a=%C3", b"a=%81", b"%81=1&b=%E9"]
)
def test_a_form_s_body_that_is_no_text_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        posted(body).fields()


def test_more_fields_than_any_form_has_are_too_many() -> None:
    assert len(posted(b"&".join([b"a=1"] * BODY_FIELDS_LIMIT)).fields()["a"]) == BODY_FIELDS_LIMIT  # type: ignore[arg-type]
    with pytest.raises(TooLarge):
        posted(b"&".join([b"a=1"] * (BODY_FIELDS_LIMIT + 1))).fields()


@pytest.mark.parametrize(
    "value",
    [
        "9" * 100_000,
        "[" * 100_000,
        '{"a":' * 50_000,
        "NaN",
        "Infinity",
        "-Infinity",
        '"\\ud800"',
        '"\\u0000"',
    ],
)
def test_json_that_would_cost_too_much_or_is_none_is_malformed(value: str) -> None:
    with pytest.raises(Malformed):
        posted(f'{{"a":{value}}}'.encode(), "application/json").fields()


def test_a_packed_body_is_never_unpacked() -> None:
    import gzip

    packed = gzip.compress(b'{"email":"ada@example.org"}')
    with pytest.raises(Malformed):
        posted(packed, "application/json", **{"content-encoding": "gzip"}).fields()


def test_a_text_that_the_gateway_mended_is_refused_and_not_stored_wrong() -> None:
    sent = '{"name": "Zoé"}'.encode("latin-1")
    mended = sent.decode("utf-8", "replace").encode()
    request = Request("POST", {"content-type": "application/json"}, {}, mended, "1.2.3.4")
    with pytest.raises(Malformed):
        request.fields()

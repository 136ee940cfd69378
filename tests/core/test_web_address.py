"""An address of the web is one address, whole, and nothing beside it."""

import pytest

from chalicelib.core.web_address import is_address
from chalicelib.forms import field_types


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org", "http://www.example.org:8080/a?b=c#d", "HTTPS://EXAMPLE.ORG/A",
        "https://québec.example/élan", "https://example.org/(a)~b'c|d",
    ],
)  # fmt: skip
def test_what_people_write_is_an_address(address: str) -> None:
    assert is_address(address)
    assert field_types.url(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "example.org", "//example.org", "javascript:alert(1)", "java\tscript:alert(1)",
        "data:text/html,x", "vbscript:x", "file:///etc/passwd", "https:", "https://", "https://.",
        "https://example", "https:example.org", "https://example.org javascript:alert(1)",
        "https://example.org\njavascript:alert(1)", "https://example.org\u2028x",
        "https://ada:secret@example.org", "https://ada@example.org", "https://example.org\\@evil.org",
        'https://example.org/"onclick="x', "https://example.org/<script>", "https://example.org/`x`",
        "https://[::1", "https://example.org:port/", "https://example.org:99999999/", "\u202ehttps://a.org",
        "https://example.org/\x00", " https://example.org", "https://example.org ", "mailto:ada@example.org",
    ],
)  # fmt: skip
def test_what_only_begins_or_ends_like_an_address_is_none(text: str) -> None:
    assert not is_address(text)


def test_mail_and_telephone_are_addresses_where_they_are_asked_for() -> None:
    schemes = ("https", "mailto", "tel")
    assert is_address("mailto:ada@example.org?subject=x", schemes)
    assert is_address("tel:+15145550123", schemes)
    for text in ("mailto:", "tel:", "tel://x/y", "http://example.org", "javascript:alert(1)"):
        assert not is_address(text, schemes)

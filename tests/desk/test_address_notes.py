"""What an address of the desk asks for: a value that is none is said, and is no error."""

from html import unescape
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.desk.filters import KNOWN, Filters
from journey import Journey
from staff_browser import StaffBrowser
from tests.desk.test_programme import signed_in

LISTED = ("form", "stream", "language", "province", "owner")
OTHERS = {
    "/desk/coaches": ("status", "order", "page"),
    "/desk/figures": ("from", "to", "of"),
    "/desk/log": ("month",),
    "/desk/texts/form-eoi": ("section",),
}
ASIDE = 'class="note" role="status">'


@pytest.fixture
def rita(way: Journey) -> StaffBrowser:
    way.declare("ada@example.org")
    return signed_in(way, "administrator")


def notes(browser: StaffBrowser, path: str, *pairs: tuple[str, str]) -> list[str]:
    told = browser.get(f"{path}?{urlencode(pairs)}")
    assert told.status_code == 200
    parts = unescape(told.body.decode()).split(ASIDE)[1:]
    return [one.partition("</p>")[0] for one in parts]


@pytest.mark.parametrize("name", [*KNOWN, *LISTED])
def test_a_filter_with_an_unknown_value_or_two_values_is_never_passed_over_in_silence(
    rita: StaffBrowser, name: str
) -> None:
    (said,) = notes(rita, "/desk/files", (name, "!!!"))
    assert "!!!" in said
    assert not notes(rita, "/desk/files", (name, ""), ("q", "maison"))
    (said,) = notes(rita, "/desk/files", (name, "1"), (name, ""))
    assert "plusieurs fois" in said
    (said,) = notes(rita, "/desk/files", (name, "é" * 3_000))
    assert "ééé" in said
    assert len(said) < 300


@pytest.mark.parametrize(("path", "names"), OTHERS.items())
def test_so_it_is_on_every_page_that_is_asked_for_a_part(
    rita: StaffBrowser, path: str, names: tuple[str, ...]
) -> None:
    assert not notes(rita, path)
    for name in names:
        (said,) = notes(rita, path, (name, "x!"))
        assert "x!" in said
        assert "n’en tient pas compte" in said


def test_a_filter_that_nothing_is_called_shows_no_file(rita: StaffBrowser) -> None:
    whole = rita.get("/desk/files?tab=to_decide").body.decode()
    assert 'class="ref"' in whole
    for name in LISTED:
        page = rita.get(f"/desk/files?tab=to_decide&{name}=!!!").body.decode()
        assert 'class="ref"' not in page, name
        assert "(0)" in page
    for name in KNOWN:
        assert 'class="ref"' in rita.get(f"/desk/files?{name}=!!!").body.decode(), name


@pytest.mark.parametrize("path", ["/desk/files", "/desk/coaches", "/desk/texts"])
def test_a_search_that_is_too_long_says_how_much_of_it_counts(
    rita: StaffBrowser, path: str
) -> None:
    (said,) = notes(rita, path, ("q", "maison " * 100))
    assert "premiers caractères" in said


VALUES = st.text(max_size=90).filter(
    lambda text: text.isprintable() or "\0" in text
) | st.sampled_from(
    [
        "1",
        "",
        "to_decide",
        "mine",
        "oldest",
        "٣",
        "²",
        "9" * 50,
        "-1",
        "\x00",
        "\u202e",
        "%",
        "&a=b",
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(st.sampled_from([*KNOWN, *LISTED, "q", "after"]), VALUES)))
def test_whatever_an_address_asks_for_is_answered(
    rita: StaffBrowser, pairs: list[tuple[str, str]]
) -> None:
    query = urlencode(pairs)
    assert rita.get(f"/desk/files?{query}").status_code == 200
    filters = Filters.of(dict(pairs))
    assert Filters.of_query(filters.query()) == filters

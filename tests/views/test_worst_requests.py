"""The worst that anybody may send costs work in proportion to its size, at every public route."""

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

import app as application
from chalicelib.core.email_address import email_or_none
from chalicelib.forms import field_types
from counted_work import Work, counted
from gallery import Walk
from worst_requests import BROWSER, FORM, Place, Sent, World, event, sent_to

SIZE = 32_000
"""Bytes of a body: enough for what grows with its square to show."""

UNITS_A_BYTE = 4
"""Beside twice the work of the page itself."""

POSTS = sorted(route for route, methods in application.app.routes.items() if "POST" in methods)
ROUTES = sorted(application.app.routes)

Measure = Callable[[str, str, Place, Sent], tuple[Work, Any]]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, Walk("fr", patch) as walk:
        yield World(walk)


@pytest.fixture(scope="module")
def measure(world: World) -> Iterator[Measure]:
    with counted() as run:

        def measured(route: str, method: str, place: Place, request: Sent) -> tuple[Work, Any]:
            world.restore()
            given = event(route, method, place, request)
            answers: list[Any] = []
            work = run(lambda: answers.append(application.app(given, None)))
            work.characters += len(answers[0]["body"])
            return work, answers[0]

        yield measured


def _nothing(place: Place) -> Sent:
    return Sent((FORM, urlencode({**place.also, "nothing": "1"}).encode()), BROWSER)


def test_every_route_has_a_place_where_the_worst_is_sent(world: World) -> None:
    assert sorted(world.places) == ROUTES


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("route", ROUTES)
def test_the_worst_request_of_each_kind_costs_work_within_bounds(
    world: World, measure: Measure, route: str, method: str
) -> None:
    places = world.places[route]
    found = []
    for place in places:
        # The first request pays for what is loaded once.
        least = [measure(route, method, place, _nothing(place))[0].units for _ in range(2)][1]
        for kind, request in sent_to(place, method, SIZE):
            # A page has all of its work, and its own, which one place of a route may show.
            if kind.endswith("script" if place is places[0] else "page"):
                continue
            work, answer = measure(route, method, place, request)
            assert answer["statusCode"] < 500, kind
            allowed = 2 * least + 5000 + UNITS_A_BYTE * len(request.body[1])
            if work.units > allowed:
                # So does the first request that goes on to what the others do not reach.
                work, _ = measure(route, method, place, request)
            if work.units > allowed:
                found.append((kind, work, dict(place.also)))
    assert not found, found[:3]


@pytest.mark.parametrize("route", ["/forms/{form}", "/newsletter"])
def test_twice_as_long_is_about_twice_the_work(world: World, measure: Measure, route: str) -> None:
    place = world.places[route][0]
    measure(route, "POST", place, _nothing(place))
    longer = dict(sent_to(place, "POST", 2 * SIZE))
    found = []
    for kind, request in sent_to(place, "POST", SIZE):
        if kind.endswith("page"):
            continue  # Most of a page is the same whatever was sent.
        before = measure(route, "POST", place, request)[0].units
        after = measure(route, "POST", place, longer[kind])[0].units
        if after > 2.2 * before:
            found.append((kind, before, after))
    assert not found, found[:3]


def test_the_count_sees_work_that_grows_with_the_square() -> None:
    with counted() as run:
        for normalise in (True, False):
            short, long = (run(_squares(normalise, size)).units for size in (1000, 2000))
            assert long > 3 * short


def _squares(normalise: bool, size: int) -> Callable[[], object]:
    if normalise:
        return lambda: unicodedata.normalize("NFC", "\u0301\u0316" * size)
    return lambda: field_types._URL.fullmatch("a" * size)


def test_a_text_longer_than_any_address_is_none_before_it_is_looked_at() -> None:
    texts = [f"a@{unit * 100_000}" for unit in ("a@", "a.", "é.", "a", "a@a.")]
    with counted() as run:
        work = run(lambda: [email_or_none(text) for text in texts])
    assert work.units < 100

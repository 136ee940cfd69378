"""The headers of every response: each route, each method, for a browser and for a script."""

import re

import pytest

import app as application
import samples
from chalicelib.core.errors import StoreDown
from chalicelib.services import Services
from chalicelib.web.chalice_app import METHODS
from visitor import FORM, HTML, Visitor

EVERY_RESPONSE = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
    "Vary": "Accept, Accept-Language, Origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

ROUTES = sorted(application.app.routes)


def _address(route: str) -> str:
    return re.sub(r"{\w+}", "nobody", route.replace("{form}", "eoi").replace("{lang}", "fr"))


@pytest.mark.parametrize("browser", [True, False], ids=["browser", "script"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", ROUTES)
def test_every_response_has_the_headers_that_protect_its_reader(
    visitor: Visitor, route: str, method: str, browser: bool
) -> None:
    accept = HTML if browser else {}
    response = visitor.request(method, _address(route), b"", **FORM, **accept)
    headers = response.headers
    assert {name: headers.get(name) for name in EVERY_RESPONSE} == EVERY_RESPONSE
    if response.status_code == 405:
        assert method not in headers["Allow"].split(", ")
    if headers["Content-Type"].startswith("text/html"):
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        # What is shown in a frame of our own says what went wrong there too.
        is_framed = route.endswith("/preview") and method in ("GET", "HEAD")
        framed = "'self'" if is_framed else "'none'"
        assert f"frame-ancestors {framed}" in policy
        assert headers["Referrer-Policy"] == "no-referrer"
    if response.status_code != 200 or "{token}" in route:
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("browser", [True, False], ids=["browser", "script"])
def test_a_response_with_a_link_in_it_is_kept_nowhere(visitor: Visitor, browser: bool) -> None:
    response = (
        visitor.submit("/forms/eoi", samples.as_html(samples.eoi()))
        if browser
        else visitor.send("/forms/eoi", samples.eoi())
    )
    assert response.status_code == (303 if browser else 201)
    assert "/file/" in response.headers["Location"]
    assert response.headers["Cache-Control"] == "no-store"


def test_the_headers_stand_when_the_store_is_down_and_when_we_break(
    visitor: Visitor, service: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((StoreDown("away"), 503), (ZeroDivisionError(), 500)):

        def fails(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(type(service.store), "get", fails)
        response = visitor.get("/health")
        assert response.status_code == status
        assert {name: response.headers.get(name) for name in EVERY_RESPONSE} == EVERY_RESPONSE

"""What goes wrong at the desk is said in the language of the desk, and leads back to it."""

import inspect
import re
from datetime import date
from email.message import Message
from functools import partial
from html import unescape

import pytest

import app as application
import served
from chalicelib import content
from chalicelib.core import errors
from chalicelib.core.languages import LANGS, Lang, other_language
from chalicelib.views.desk.files import FilesViews
from chalicelib.web.problems import BROKEN, CODES, code_of
from chalicelib.web.request import BODY_LIMIT
from journey import Journey
from staff_browser import StaffBrowser
from tests.desk.test_programme import signed_in

BACK = {"fr": "Revenir aux dossiers", "en": "Back to the files"}


SAMPLES: dict[object, object] = {int: 90, str: "x", date: date(2026, 3, 2)}
"""What an error may say, by its type."""


class WrongQuery(errors.BadQuery):
    def message(self, lang: Lang) -> str:
        return lang


def made(kind: type[Exception]) -> Exception:
    """Return an error of a kind, with something for whatever its words ask for."""
    if kind is errors.BadQuery:
        return WrongQuery()
    wanted = [*inspect.signature(kind.__init__).parameters.values()][1:]
    asked = [one for one in wanted if one.kind is one.POSITIONAL_OR_KEYWORD]
    return kind(*(SAMPLES.get(one.annotation, ()) for one in asked))


def reader(way: Journey, lang: Lang) -> StaffBrowser:
    """Somebody of the staff who reads a language, in a browser that asks for the other one."""
    browser = signed_in(way, "officer", confirmed=False)
    way.store.items["STAFF", "rita-roy"]["lang"] = lang
    get, post, other = browser.get, browser.post, other_language(lang)
    browser.get = partial(get, Accept_Language=other)  # type: ignore[method-assign]
    browser.post = partial(post, Accept_Language=other)  # type: ignore[method-assign]
    return browser


def checked(page: str, lang: Lang, title: str) -> None:
    page = unescape(page)
    assert f'<html lang="{lang}-CA">' in page
    assert f"<h1>{title}</h1>" in page
    assert re.search(rf'href="[^"]*/desk/files\?lang={lang}">{BACK[lang]}</a>', page)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", [*CODES, ValueError], ids=lambda kind: kind.__name__)
def test_every_error_of_a_page_is_in_the_language_of_the_desk_and_leads_back(
    way: Journey, kind: type[Exception], lang: Lang, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = reader(way, lang)

    def fail(*_: object) -> None:
        raise made(kind)

    monkeypatch.setattr(FilesViews, "show", fail)
    monkeypatch.setattr("documented.hold", lambda *_: None)  # no page answers all of these
    told = browser.get("/desk/files?tab=to_decide")
    text = content.problems()[code_of(kind)]
    assert told.status_code == text["status"]
    checked(told.body.decode(), lang, text["title"][lang])
    asked = browser.get(f"/desk/files?tab=to_decide&lang={other_language(lang)}").body.decode()
    checked(asked, other_language(lang), text["title"][other_language(lang)])
    assert (code_of(kind) == BROKEN) == (kind is ValueError)


WAYS = {
    "no file": ("GET", "/desk/files/DI-2026-AAAAA-A", "not_here"),
    "not by this way": ("GET", "/desk/programme/sam-lee/absence", "method"),
    "too large": ("POST", "/desk/account", "too_large"),
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("met", WAYS)
def test_an_error_that_no_view_met_is_in_the_language_of_the_desk_too(
    way: Journey, met: str, lang: Lang
) -> None:
    browser, (method, path, code) = reader(way, lang), WAYS[met]
    if method == "GET":
        told = browser.get(path)
    else:
        told = browser.post(path, ("nonce", browser.token(path)), ("q", "x" * BODY_LIMIT))
    text = content.problems()[code]
    assert told.status_code == text["status"]
    checked(told.body.decode(), lang, text["title"][lang])


@pytest.mark.parametrize("lang", LANGS)
def test_a_form_is_answered_in_the_language_of_its_page(way: Journey, lang: Lang) -> None:
    browser = reader(way, other_language(lang))
    form = ("nonce", browser.token("/desk/account")), ("lang", lang)
    for act in ("x", "away"):
        told = browser.post("/desk/account", *form, ("act", act))
        assert told.status_code == 422
        assert f'<html lang="{lang}-CA">' in told.body.decode()
    told = browser.post("/desk/account", ("lang", lang), Sec_Fetch_Site="none")
    assert f'<html lang="{lang}-CA">' in told.body.decode()


@pytest.mark.parametrize("lang", LANGS)
def test_while_the_store_is_away_the_desk_is_led_back_to(
    way: Journey, lang: Lang, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise errors.StoreDown

    browser = reader(way, lang)
    with monkeypatch.context() as down:
        down.setattr(way.store, "get", away)
        told = browser.get("/desk/files")
    page = unescape(told.body.decode())
    assert told.status_code == 503
    assert re.search(r'href="[^"]*/desk\?lang=..">', page)
    script = browser.get(f"/desk/files/x?lang={lang}", Accept="application/json")
    assert script.json_body["title"] == content.problems()["not_here"]["title"][lang]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("path", ["/desk/nothing/here", "/deskx", "/desk/"])
def test_an_address_that_is_not_there_is_said_to_be_by_the_desk_where_it_begins_so(
    way: Journey, path: str, lang: Lang
) -> None:
    browser, headers = reader(way, lang), Message()
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    given = {"Accept": "text/html", "Accept-Language": other_language(lang), "Cookie": cookie}
    for name, value in given.items():
        headers[name] = value
    told = application.app(served.event("GET", path, headers, b""), None)
    title = content.problems()["not_here"]["title"]
    assert told["statusCode"] == 404
    if path.startswith("/desk/"):
        checked(told["body"], lang, title[lang])
    else:
        assert f"<h1>{title[other_language(lang)]}</h1>" in unescape(told["body"])


@pytest.mark.parametrize("lang", LANGS)
def test_who_is_not_signed_in_is_led_to_the_way_in(way: Journey, lang: Lang) -> None:
    path = f"/desk/programme/sam-lee/absence?lang={lang}"
    told = StaffBrowser(way.visitor).get(path).body.decode()
    assert f'/desk?lang={lang}">' in told
    assert "/desk/account" not in told

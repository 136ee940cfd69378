"""Nothing typed is ever lost: each page that refuses a post shows it, ready to copy or send again."""

import html
import re
from functools import partial

import pytest
from chalice.test import HTTPResponse

import app as application
import samples
from chalicelib.core.errors import BadLink, Conflict, NotFound, StoreDown, TooMany
from chalicelib.core.languages import LANGS
from chalicelib.services import Services
from chalicelib.web import kept_text
from counted_work import counted
from fakes import MemoryStore
from journey import RITA, SAM, Journey
from visitor import FORM, HTML, Visitor, hidden

ROUTES = sorted(application.app.routes)
TEXT = "Une longue réponse, avec des « guillemets » & <balises>,\net une deuxième ligne."
FIELDS = ("message", "answer", "remarks", "question", "condition_0", "help_wanted", "team[1].title")


def address(route: str) -> str:
    return re.sub(r"{\w+}", "nobody", route.replace("{form}", "eoi").replace("{lang}", "fr"))


def words(text: str) -> str:
    return " ".join(html.unescape(text).split())


def assert_kept(page: HTTPResponse, text: str = TEXT) -> str:
    body = page.body.decode()
    assert page.status_code >= 400
    assert words(text) in words(body)
    return body


def typed(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(name, f"{name}: {TEXT}") for name in FIELDS] + list(more)


@pytest.mark.parametrize("error", [
    None, StoreDown("x"), RuntimeError("x"), TooMany(60), Conflict({}), BadLink("x"), NotFound("x"),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_that_takes_text_gives_it_back_when_it_refuses(
    visitor: Visitor, route: str, error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if error is not None:

        def fails(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(Services, "views", property(fails))
        visitor.plants_errors = True
    page = visitor.submit(address(route), typed(("nonce", "secret-nonce")))
    if page.status_code < 400:
        assert route == "/newsletter/unsubscribe/{token}", "a mail program's one click"
        return
    for name in FIELDS:
        assert_kept(page, f"{name}: {TEXT}")
    body = page.body.decode()
    again = page.status_code in kept_text.TRY_AGAIN
    assert ("secret-nonce" in body and "Envoyer de nouveau" in body) == again


@pytest.mark.parametrize("route", ROUTES)
def test_a_form_that_is_too_large_is_given_back_too(visitor: Visitor, route: str) -> None:
    long = "trop long " * 30_000
    page = visitor.submit(address(route), typed(("message", long)))
    if page.status_code == 413:
        assert_kept(page, long)


def test_what_is_sent_again_is_what_was_sent(
    visitor: Visitor, service: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = samples.as_html(samples.eoi(issue_summary=TEXT))

    def fails(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(Services, "views", property(fails))
        body = assert_kept(visitor.submit("/forms/eoi", pairs))
    form = body[body.index('id="typed"') :]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    again = [(html.unescape(name), html.unescape(value)) for name, value in found]
    assert visitor.submit("/forms/eoi", again).status_code == 303
    (case,) = service.store.kinds("case")  # type: ignore[attr-defined]
    assert words(case["answers"]["issue_summary"]) == words(TEXT)


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_that_shows_all_of_it_says_it_once(visitor: Visitor, lang: str) -> None:
    pairs = samples.as_html(samples.eoi(issue_summary=TEXT, contact_email="none", lang=lang))
    body = assert_kept(visitor.submit("/forms/eoi", pairs))
    assert 'id="typed"' not in body
    refused = visitor.request(
        "POST", "/forms/eoi", b'{"message": "x"}', **{"Content-Type": "application/json"}
    )
    assert b"typed" not in refused.body


def test_a_colleague_who_decides_first_costs_nobody_their_text(way: Journey) -> None:
    case = way.declare()
    mine = way.review(SAM)
    page = way.visitor.page(mine).body.decode()
    way.decide(RITA, decision="approve")
    given = {"nonce": hidden(page, "nonce"), "confirm": "on", "decision": "ask", "message": TEXT}
    late = way.visitor.submit(mine, list(given.items()))
    assert late.status_code == 409
    assert_kept(late)
    assert way.again(case).state == "EOI_APPROVED"


def test_an_answer_to_a_file_that_lapsed_meanwhile_is_given_back(way: Journey) -> None:
    way.declare()
    way.decide(RITA, decision="ask", message="Combien?")
    way.after_undo()
    own = way.own()
    page = way.visitor.page(own).body.decode()
    for _ in range(40):
        way.clock.pass_(days=1)
        way.service.mail.outbox.sweep()
    pairs = [("nonce", hidden(page, "nonce")), ("action", "reply"), ("answer", TEXT)]
    late = way.visitor.submit(own, pairs)
    assert late.status_code == 409
    assert_kept(late)


def test_an_application_that_was_received_before_keeps_what_is_new_in_it(way: Journey) -> None:
    way.apply()
    given = samples.application(invite=way.invite(), problem=TEXT)
    late = way.visitor.submit("/forms/application", samples.as_html(given))
    assert late.status_code == 409
    assert_kept(late)


@pytest.mark.parametrize("size", [200_000, 800_000])
def test_what_is_shown_again_costs_no_more_for_being_many_words(
    visitor: Visitor, size: int
) -> None:
    """Refused as invalid, or as too large: no object is made of each word."""

    def refused(unit: str) -> None:
        visitor.submit("/forms/eoi", [("goal_draft", unit * (size // 2))])

    with counted() as run:
        refused("a")
        units = [run(partial(refused, unit)).units for unit in ("aa", "a ")]
    assert units[1] < units[0] + 5_000


LAMBDA_RESPONSE_BYTES = 6 * 1024 * 1024


def test_what_is_shown_again_fits_into_what_a_function_may_answer(
    visitor: Visitor, store: MemoryStore
) -> None:
    """The largest body, of what grows most when it is escaped, from a network that is told to wait."""
    body = b"goal_draft=" + b'"' * 999_000
    visitor.request("POST", "/forms/eoi", body, **HTML, **FORM)
    for row in store.kinds("rate"):
        store.items[row["pk"], row["sk"]]["posts"] = 10_000
    page = visitor.request("POST", "/forms/eoi", body, **HTML, **FORM)
    assert page.status_code == 429
    assert len(body) < len(page.body) < LAMBDA_RESPONSE_BYTES

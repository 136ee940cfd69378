"""What was typed at the desk when a session ended, or before a code was asked for, is offered again;
what a colleague saved meanwhile is met, and not written over."""

import re
from collections.abc import Mapping
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from chalice.test import HTTPResponse

from chalicelib.coaches.edition import Edition
from chalicelib.coaches.keeping import packed_columns, shown_columns
from chalicelib.core.records import stamp
from chalicelib.views.desk.rights import RIGHTS
from chalicelib.views.desk.routes import ROUTES, TYPED_AT
from chalicelib.web.request import ASKS_DATES, SWITCH_PAGE
from journey import SAM, Journey
from sample_coaches import MIREILLE
from staff_browser import StaffBrowser
from tests.desk.test_programme import signed_in

QUESTION = "sections.organization.fields.org_legal_name.label"
HERE = {
    "staff": "sam-lee", "issue": "2026-03", "slug": MIREILLE, "part": "form-eoi", "job": "x",
}  # fmt: skip


MARK = f'name="{ASKS_DATES}" value="1"'
SAVED = {"seen": "0", "why": "plus clair", "act": "save"}
PAUSED = {"words.fr": "Complet.", "words.en": "Full."}
CYCLE = {"cycle": "2027", "reply_target_business_days": "20", "application_link_valid_days": "180"}


class Form(NamedTuple):
    """What is typed in the form of an address; `query` is that of the page it is on."""

    typed: Mapping[str, str]
    hidden: Mapping[str, str] = {}
    query: str = ""


FORMS: Mapping[str, Form] = {
    "/desk/account": Form({"until": "2026-04-30"}, {"act": "away"}),
    "/desk/files/{ref}": Form({"note": "Rappeler Zoé lundi."}),
    "/desk/programme": Form({"name": "Noor Ali", "email": "noor@example.org", "their_lang": "en"}),
    "/desk/programme/{staff}": Form({"other": "rita-roy"}, {"act": "manager"}),
    "/desk/programme/{staff}/absence": Form({"until": "2026-05-30"}, {"act": "away"}),
    "/desk/rules/{part}": Form({"why": "Deux ans de plus"}),
    "/desk/texts/{part}": Form(
        {"text.fr": "Quel nom", "text.en": "Which name", "why": "clair"},
        {"text": QUESTION, "seen": "0"}, f"?text={QUESTION}",
    ),
    "/desk/many": Form({"message": "Une place se libère."}, {"decision": "approve"}),
    "/desk/export": Form({"format": "csv"}, {"filters": "tab=to_decide"}, "?tab=to_decide"),
    "/desk/newsletter": Form({"slug": "2026-11"}),
    "/desk/newsletter/{issue}": Form({"to": "zoe@example.org"}, {"act": "test", "events": "1"}),
    "/desk/newsletter/{issue}/text": Form({"body_fr": "Presque fini.", "subject_en": "Soon"}),
    "/desk/newsletter/{issue}/images": Form({"words_fr": "Un pont", "words_en": "A bridge"}),
    "/desk/newsletter/{issue}/send": Form({"day": "2026-06-01"}, {"act": "schedule"}),
    "/desk/subscribers": Form({"email": "lea@example.org"}, {"act": "find"}),
    "/desk/coach": Form({"first_name": "Zoé", "bio_fr": "Elle marche."}),
    "/desk/coach/{slug}": Form({"first_name": "Zoé", "bio_fr": "Elle court."}, {"act": "save"}),
}  # fmt: skip

NOTHING_TYPED = {
    "/desk": "the way in", "/desk/sign-in/{token}": "the way in",
    "/desk/subscribers/import": "a file", "/desk/subscribers/export": "a button",
    "/desk/subscribers/lists/{job}": "a tick, which is to be made anew",
    "/desk/coaches/import": "a file", "/desk/coaches/editions": "a tick",
    "/desk/coaches/messages": "a button",
    "/desk/newsletter/{issue}/preview": "the page around it has what was typed",
}  # fmt: skip


@pytest.fixture
def rita(way: Journey, published: Edition) -> StaffBrowser:
    browser = signed_in(way, "administrator", "communications")
    browser.post(
        "/desk/newsletter", ("nonce", browser.token("/desk/newsletter")), ("slug", "2026-03")
    )
    return browser


def path_of(page: str) -> str:
    """Return the path and query of an address as the tests call it."""
    parts = urlsplit(unescape(page))
    path = parts.path.partition("/api")[2] or parts.path
    return f"{path}?{parts.query}" if parts.query else path


def lost(way: Journey, browser: StaffBrowser, path: str, *pairs: tuple[str, str]) -> HTTPResponse:
    """Send a form when the session has ended, sign in, and open the page that is led to."""
    (row,) = way.store.kinds("session")
    row["ended_at"] = row["seen_at"]
    told = browser.post(path, *pairs)
    assert told.status_code == 403, path
    found = re.search(r'name="next" value="([^"]*)"', told.body.decode())
    assert found
    del row["ended_at"]
    return browser.get(path_of(found[1]))


def unconfirmed(
    way: Journey, browser: StaffBrowser, path: str, *pairs: tuple[str, str]
) -> HTTPResponse:
    """Send a form before the code, type the code, and open the page that is led to."""
    (row,) = way.store.kinds("session")
    until, row["confirmed_until"] = row["confirmed_until"], stamp(way.clock())
    told = browser.post(path, ("nonce", browser.token(path)), *pairs)
    assert told.status_code == 303, path
    row["confirmed_until"] = until
    (there,) = parse_qs(urlsplit(told.headers["Location"]).query)["next"]
    return browser.get(path_of(there))


def holds(page: HTTPResponse, name: str, text: str) -> bool:
    """Say whether a control of a page has a value: typed, chosen or ticked."""
    body = page.body.decode()
    tags = [
        tag for tag in re.findall(r"<input\b[^>]*>", body)
        if f'name="{name}"' in tag and unescape(tag).find(f'value="{text}"') >= 0
    ]  # fmt: skip
    ticked = any("checked" in tag or not re.search(r'"(checkbox|radio)"', tag) for tag in tags)
    areas = re.findall(rf'<textarea[^>]* name="{re.escape(name)}"[^>]*>([^<]*)<', body)
    selects = re.findall(rf'<select[^>]* name="{name}"[^>]*>(.*?)</select>', body, re.DOTALL)
    options = [one for select in selects for one in re.findall(r"<option[^>]*>", select)]
    chosen = any(f'value="{text}"' in one and "selected" in one for one in options)
    return ticked or chosen or text in [unescape(one).strip() for one in areas]


def test_every_form_of_the_desk_is_offered_again_after_its_session_or_before_its_code(
    way: Journey, rita: StaffBrowser
) -> None:
    posts = {route for route, methods in ROUTES.items() if "POST" in methods}
    assert posts == set(FORMS) | set(NOTHING_TYPED)
    case = way.declare("ada@example.org")
    for route, form in FORMS.items():
        part = "intake-eoi" if route.startswith("/desk/rules") else HERE["part"]
        path = route.format(**{**HERE, "ref": case.ref, "part": part}) + form.query
        pairs = [*form.hidden.items(), *form.typed.items()]
        if route == "/desk/many":
            pairs.append(("file", f"{case.ref}:{case.version}:{case.events}"))
        ways = [lost, unconfirmed] if RIGHTS["POST", route].confirmed else [lost]
        for once in ways:
            page = once(way, rita, path, *pairs)
            assert page.status_code == 200, (route, page.status_code)
            for name, text in form.typed.items():
                assert holds(page, name, text), (route, name, once.__name__)
            assert re.search("n’(en est|a) encore", unescape(page.body.decode())), route


def test_every_form_leads_back_to_a_page_that_there_is() -> None:
    for route, methods in ROUTES.items():
        if "POST" in methods:
            assert "GET" in ROUTES[TYPED_AT.get(route, route)], route
    for route, page in TYPED_AT.items():
        assert RIGHTS["POST", route].roles <= RIGHTS["GET", page].roles
        assert "GET" not in ROUTES[route]


def test_an_export_keeps_its_list_over_a_code(way: Journey, rita: StaffBrowser) -> None:
    shown = rita.get("/desk/export?tab=closed").body.decode()
    (action,) = re.findall(r'action="([^"]*/desk/export[^"]*)"', shown)
    page = unconfirmed(way, rita, path_of(action), ("filters", "tab=closed"), ("format", "csv"))
    (filters,) = re.findall(r'name="filters" value="([^"]*)"', page.body.decode())
    assert parse_qs(unescape(filters))["tab"] == ["closed"]
    assert filters in action


def test_what_a_colleague_saved_is_met_whatever_way_a_text_goes(
    way: Journey, rita: StaffBrowser
) -> None:
    """By a preview, a mistake, the other language, the end of a session and a code."""
    path = f"/desk/texts/form-eoi?text={QUESTION}"
    typed = [("text", QUESTION), ("text.fr", "Deux"), ("text.en", "Two"), ("seen", "0")]

    def sent(*more: tuple[str, str]) -> HTTPResponse:
        return rita.post(path, ("nonce", rita.token(path)), *typed, *more)

    def mine() -> list[tuple[str, str]]:
        return [*typed, ("why", "mine")]

    theirs = [("text.fr", "Un"), ("text.en", "One"), ("why", "first")]
    saved = rita.post(path, ("nonce", rita.token(path)), *typed[:1], *theirs, ("seen", "0"))
    assert saved.status_code == 303
    for page in (
        sent(("act", "preview"), ("why", "mine")),
        sent(("act", "save")),
        sent(("_switch_page", "en"), ("why", "mine")),
        lost(way, rita, path, *mine()),
        unconfirmed(way, rita, path, *mine()),
    ):
        body = page.body.decode()
        seen = re.findall(r'name="seen" value="(\d+)"|value="(\d+)"[^>]* name="seen"', body)
        assert ["".join(one) for one in seen] == ["0"]
    told = sent(("act", "save"), ("why", "mine"))
    assert told.status_code == 409
    assert 'name="seen" value="1"' in told.body.decode(), "who read it may save over it"


@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("/desk/account", "until", {"act": "away"}),
        ("/desk/programme/sam-lee/absence", "until", {"act": "away"}),
        ("/desk/rules/intake-eoi", "reopens", {"status": "paused", **PAUSED, **SAVED}),
        ("/desk/rules/dates", "cycle_ends", {**CYCLE, **SAVED}),
    ],
)
def test_a_day_that_was_typed_before_a_switch_is_asked_for_and_not_chosen(
    way: Journey, rita: StaffBrowser, path: str, field: str, more: Mapping[str, str]
) -> None:
    """Nor where the page that asks is sent again as it is; else French has the day first."""
    typed = [("nonce", rita.token(path)), *more.items(), (field, "03/04/2026")]
    page = path.removesuffix("/absence")
    shown = rita.post(f"{page}?lang=fr", *typed, ("lang", "en"), (SWITCH_PAGE, "fr"))
    for _ in range(2):
        forms = [
            each
            for each in re.findall(r"<form.*?</form>", shown.body.decode(), re.S)
            if MARK in each
        ]
        assert [each.count(MARK) for each in forms] == [1], forms
        assert "03/04/2026" in shown.body.decode()
        shown = rita.post(path, *typed, ("lang", "fr"), (ASKS_DATES, "1"))
        assert shown.status_code == 422
    assert rita.post(path, *typed, ("lang", "fr")).status_code == 303


def test_what_a_colleague_saved_of_a_coach_is_not_undone_by_a_kept_form(
    way: Journey, rita: StaffBrowser
) -> None:
    coach = way.service.coaches.upkeep.coach(MIREILLE)
    assert coach is not None
    path, before = f"/desk/coach/{MIREILLE}", shown_columns(coach)
    seen = packed_columns(before)
    typed = {"act": "save", "first_name": "Zoé", "city": str(before["city"])}
    page = lost(way, rita, path, *typed.items(), ("seen", seen))
    assert holds(page, "seen", seen)


def test_a_kept_form_of_a_file_that_moved_on_says_what_was_done_and_shows_all_that_was_written(
    way: Journey, rita: StaffBrowser
) -> None:
    case = way.declare("ada@example.org")
    path = f"/desk/files/{case.ref}?v={case.version}&e={case.events}"
    pairs = [("decision", "request_info"), ("message", "Quel est votre budget?")]
    assert "Le dossier a changé" not in unescape(lost(way, rita, path, *pairs).body.decode())
    way.decide(SAM, decision="approve")
    page = unescape(lost(way, rita, path, *pairs).body.decode())
    assert "Quel est votre budget?" in page
    assert "Le dossier a changé depuis que vous l’avez ouvert" in page
    assert "(Sam Lee)" in page


def test_a_frame_says_in_itself_why_there_is_nothing_to_be_seen(
    way: Journey, rita: StaffBrowser
) -> None:
    path = "/desk/newsletter/2026-03/preview"
    long = ("body_fr", "é" * 300_000)
    (row,) = way.store.kinds("session")
    for status, said, nonce_, ended, typed in (
        (413, "256\u00a0ko", rita.token(path), False, long),
        (409, "trop ancienne", "x", False, ("body_fr", "a")),
        (403, "Votre session a pris fin", "x", True, ("body_fr", "a")),
    ):
        if ended:
            row["ended_at"] = row["seen_at"]
        told = rita.post(path, ("nonce", nonce_), ("part", "mail"), ("of", "fr"), typed)
        assert told.status_code == status
        assert said in unescape(told.body.decode())
        assert "frame-ancestors 'self'" in str(told.headers["Content-Security-Policy"])
        assert "ééé" not in told.body.decode(), "the page around it has what was typed"
    gone = rita.get(f"{path}?part=mail&of=fr")
    assert gone.status_code == 403
    assert "frame-ancestors 'self'" in str(gone.headers["Content-Security-Policy"])


def test_what_is_too_large_or_broken_is_said_so_on_every_form_and_shown_again(
    way: Journey, rita: StaffBrowser
) -> None:
    for route, methods in ROUTES.items():
        if "POST" not in methods or RIGHTS["POST", route].anybody:
            continue
        path = route.format(**{**HERE, "ref": "DI-2026-AAAAA-A"})
        told = rita.post(path, ("nonce", rita.token(path)), ("message", "Un mot. " + "a" * 270_000))
        assert told.status_code == 413, route
        shown = unescape(told.body.decode())
        assert "256\u00a0ko" in shown, route
        assert ("Un mot." in shown) == ("preview" not in route), route


def test_whatever_may_be_sent_is_kept_when_a_session_ends_and_nothing_else_is_promised(
    way: Journey, rita: StaffBrowser
) -> None:
    path = "/desk/newsletter/2026-03/text"
    whole = "Été. " * 21_000
    page = lost(way, rita, path, ("body_fr", whole), ("body_en", "Summer. " * 4_000))
    assert holds(page, "body_fr", whole.strip())
    (row,) = way.store.kinds("session")
    for text, promise in (
        ("a" * 1000, "proposé de nouveau"),
        ("a" * 400_000, "rien n’a été gardé"),
    ):
        row["ended_at"] = row["seen_at"]
        told = rita.post(path, ("body_fr", text))
        assert promise in unescape(told.body.decode())
    labels = re.findall(r'<label for="typed-\d+">([^<]*)', unescape(told.body.decode()))
    assert labels == ["Texte, en français"]


def test_no_form_that_is_shown_again_calls_a_field_by_a_name_of_the_code(
    way: Journey, rita: StaffBrowser
) -> None:
    (row,) = way.store.kinds("session")
    row["ended_at"] = row["seen_at"]
    for route, form in FORMS.items():
        path = route.format(**{**HERE, "ref": "DI-2026-AAAAA-A"})
        told = rita.post(path, *form.hidden.items(), *form.typed.items()).body.decode()
        labels = re.findall(r'<label for="typed-\d+">([^<]*)', told)
        assert not set(labels) & {*form.hidden, *form.typed}, route


def test_whatever_is_sent_twice_is_added_once(way: Journey, rita: StaffBrowser) -> None:
    case = way.declare("ada@example.org")
    way.store.items["ISSUE#2026-03", "ISSUE"]["status"] = "CHECKED"
    issue = rita.get("/desk/newsletter/2026-03").body.decode()
    (events, *_) = re.findall(r'name="events" value="(\d+)"', issue)
    added: list[tuple[str, str, dict[str, str], str]] = [
        ("/desk/files/{ref}", "note", {"note": "@Sam Lee : à rappeler."}, "note"),
        ("/desk/newsletter/{issue}", "test", {"to": "a@example.org", "events": events}, "job"),
        ("/desk/export", "", {"format": "csv", "all": "on"}, "job"),
        ("/desk/subscribers", "count", {}, "job"),
        ("/desk/subscribers/export", "", {}, "job"),
        ("/desk/programme", "", {"name": "Noor Ali", "email": "noor@example.org"}, "staff"),
        ("/desk/newsletter", "", {"slug": "2026-11"}, "issue"),
    ]
    for route, act, fields, kind in added:
        path = route.format(**{**HERE, "ref": case.ref})
        page = rita.get(path).body.decode()
        once = re.findall(r'name="once" value="([^"]+)"', page)
        given = [("nonce", rita.token(path)), *fields.items()]
        given += [("act", act)] if act and act != "note" else []
        given += [("once", once[0])] if once else []
        before, letters = len(way.store.kinds(kind)), len(way.store.kinds("letter"))
        first = rita.post(path, *given)
        assert first.status_code == 303, (route, first.body)
        more, owed = len(way.store.kinds(kind)), len(way.store.kinds("letter"))
        assert more > before, route
        again = rita.post(path, *given)
        assert len(way.store.kinds(kind)) == more, route
        assert len(way.store.kinds("letter")) == owed, route
        if once:
            assert again.headers.get("Location") == first.headers["Location"], route
            other = rita.post(path, *given, ("word", "more"))
            assert other.status_code == 303
            assert len(way.store.kinds(kind)) == more + 1, "another form is another one"
        assert owed > letters or act != "note"

"""The newsletter from outside: forms, links, mail programs, scanners, and what nobody learns."""

import json
import re
from typing import Any, get_args

import pytest
from chalice.test import Client

import app as application
import samples
from chalicelib.aws.keys import Keys
from chalicelib.core.settings import Settings
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.pending import release
from chalicelib.newsletter.subscribers.signup import EOI_FORM
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from subscribers import ADA, Person
from visitor import HTML, Visitor

SIGN_UP = {"email": ADA, "language": "fr", "consent": True}
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.fixture
def ada(service: Services, mailer: MemoryMailer, clock: SetClock) -> Person:
    return Person(service, mailer, clock)


def pairs(**fields: str) -> list[tuple[str, str]]:
    return list(fields.items())


# ---------------------------------------------------------------- signing up


def test_a_script_signs_up_and_the_owner_confirms_by_a_button(
    visitor: Visitor, ada: Person
) -> None:
    answer = visitor.send("/newsletter", SIGN_UP)
    assert (answer.status_code, answer.json_body["status"]) == (202, "confirm")
    ada.deliver()
    link = ada.link("confirm")
    page = visitor.page(link)
    assert page.status_code == 200
    assert "1234, rue Exemple" in page.body.decode(), "the words that are agreed to"
    assert ada.status == subscriber.PENDING
    done = visitor.submit(link, pairs(lang="fr"))
    assert "Votre abonnement est confirmé" in done.body.decode()
    assert ada.status == subscriber.ACTIVE
    assert "Votre abonnement est confirmé" in visitor.submit(link, []).body.decode()


def test_a_browser_is_brought_back_to_the_website_or_to_our_page(visitor: Visitor) -> None:
    form = pairs(email=ADA, language="en", consent="on", lang="en")
    back = visitor.submit("/newsletter", [*form, ("redirect", "https://www.example.org/en/thanks")])
    assert back.status_code == 303
    assert back.headers["Location"].startswith("https://www.example.org/en/thanks?form=newsletter")
    ours = visitor.submit("/newsletter", [*form, ("redirect", "https://evil.example.net/")])
    assert ours.headers["Location"].endswith("/newsletter?sent=1&lang=en")
    sent = visitor.page("/newsletter?sent=1&lang=en").body.decode()
    assert "Check your e-mail" in sent


@pytest.mark.parametrize(
    "status", [s for s in get_args(subscriber.Status) if s != subscriber.EXPIRED]
)
def test_the_answer_is_the_same_whatever_is_known_of_the_address(
    visitor: Visitor, ada: Person, store: MemoryStore, status: str
) -> None:
    from subscribers import into

    new = visitor.send("/newsletter", {**SIGN_UP, "email": "new@example.org"})
    into(ada, status)
    ada.clock.pass_(days=8)
    # A process looks at the edits of the desk now and then, whoever asks.
    visitor.page("/newsletter")
    before = store.reads, len(store.commits)
    known = visitor.send("/newsletter", SIGN_UP)
    assert (known.status_code, known.body) == (new.status_code, new.body)
    again = visitor.send("/newsletter", SIGN_UP)
    assert (again.status_code, again.body) == (new.status_code, new.body)
    # As many looks at the store and transactions as for a new address; the repeat is refused.
    assert (store.reads - before[0], len(store.commits) - before[1]) == (2, 3)


def test_what_is_missing_is_said_beside_it_with_what_was_typed(visitor: Visitor) -> None:
    refused = visitor.submit("/newsletter", pairs(email="zoe@", lang="fr"))
    page = refused.body.decode()
    assert refused.status_code == 422
    assert 'value="zoe@"' in page
    assert page.count('aria-invalid="true"') == 2, "the address and the box"
    problem = visitor.send("/newsletter", {**SIGN_UP, "consent": False, "lang": "en"})
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert [e["code"] for e in problem.json_body["errors"]] == ["required_consent"]


def test_the_box_is_never_ticked_for_anybody(visitor: Visitor) -> None:
    refused = visitor.submit("/forms/eoi", [("org_city", "Laval")])
    for shown in (visitor.page("/newsletter"), refused):
        page = shown.body.decode()
        (box,) = re.findall(r'<input[^>]*name="consent(?:_newsletter)?"[^>]*>', page)
        assert "checked" not in box


@pytest.mark.parametrize(
    "trap", [{"website": "https://spam.example"}, {"started_at": "1772463599"}],
    ids=["filled", "fast"],
)  # fmt: skip
def test_a_sign_up_that_looks_odd_is_asked_whether_a_person_sends_it(
    visitor: Visitor, ada: Person, trap: dict[str, str]
) -> None:
    refused = visitor.send("/newsletter", {**SIGN_UP, **trap})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json_body["errors"]] == ["person"]
    assert ada.status == "NONE"
    assert visitor.send("/newsletter", {**SIGN_UP, **trap, "person": "oui"}).status_code == 202
    ada.deliver()
    assert ada.status == subscriber.PENDING


def test_a_network_that_asks_too_often_is_told_when_to_come_back(visitor: Visitor) -> None:
    for n in range(60):
        assert visitor.send("/newsletter", {**SIGN_UP, "email": f"a{n}@b.org"}).status_code == 202
    refused = visitor.send("/newsletter", SIGN_UP)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff=\xfe", "application/x-www-form-urlencoded", 400),
        (b"x", "text/plain", 415),
        (json.dumps({**SIGN_UP, "topics": ["sports"]}).encode(), "application/json", 422),
        (json.dumps({**SIGN_UP, "first_name": "a\nb"}).encode(), "application/json", 422),
        (json.dumps({**SIGN_UP, "email": ["a@b.org"]}).encode(), "application/json", 422),
        (json.dumps({**SIGN_UP, "admin": True}).encode(), "application/json", 422),
        (b"a" * 300_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_what_cannot_be_read_is_refused_clearly(
    visitor: Visitor, store: MemoryStore, body: bytes, kind: str, status: int
) -> None:
    answer = visitor.request("POST", "/newsletter", body, Content_Type=kind)
    assert answer.status_code == status
    assert store.kinds("subscriber") == []


# ---------------------------------------------------------------- the declaration's own box


def test_a_ticked_box_of_a_declaration_starts_the_opt_in(
    visitor: Visitor, ada: Person, store: MemoryStore
) -> None:
    form = visitor.get("/forms/eoi?lang=fr").json_body
    (box,) = [f for s in form["sections"] for f in s["fields"] if f["key"] == "consent_newsletter"]
    assert "environ une fois par mois" in box["label"]
    assert not re.findall(r"\{[a-z_]+\}", json.dumps(form)), "a gap in the words"
    declared = samples.eoi(contact_email=ADA, consent_newsletter=True)
    answer = visitor.send("/forms/eoi", declared)
    assert answer.status_code == 201
    assert ada.status == "NONE", "the form waits for nothing"
    ada.deliver()
    assert ada.status == subscriber.PENDING
    asked, *_ = ada.service.subscribers.repository.consents(ada.id)
    assert asked["method"] == EOI_FORM
    assert asked["form_url"].endswith("/forms/eoi")
    assert [m for m in ada.mailer.to(ADA) if "Confirmez votre abonnement" in m.subject]
    assert not store.kinds("asked")
    again = visitor.send("/forms/eoi", {**declared, "org_city": "Laval"})
    assert again.status_code == 201
    ada.deliver()
    assert len([m for m in ada.mailer.to(ADA) if "abonnement" in m.subject]) == 1


def test_a_declaration_without_the_tick_or_that_is_held_starts_nothing(
    visitor: Visitor, ada: Person
) -> None:
    visitor.send("/forms/eoi", samples.eoi(contact_email=ADA))
    bea = Person(ada.service, ada.mailer, ada.clock, "bea@example.org")
    for number in range(11):
        ticked = {"consent_newsletter": number == 10}
        given = samples.eoi(contact_email=f"bea+{number}@example.org", **ticked)
        visitor.send("/forms/eoi", given)
    tagged = Person(ada.service, ada.mailer, ada.clock, "bea+10@example.org")
    ada.deliver()
    assert (ada.status, bea.status, tagged.status) == ("NONE", "NONE", "NONE")
    assert release(ada.service.store, tagged.id, ada.clock(), "DI-") == 1
    ada.deliver()
    assert tagged.status == subscriber.PENDING


def test_without_a_postal_address_a_declaration_offers_no_box(
    visitor: Visitor, settings: Settings, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    service = Services(settings.model_copy(update={"postal_address": ""}), store, keys)
    monkeypatch.setattr(application, "services", lambda: service)
    form = visitor.get("/forms/eoi?lang=fr").body.decode()
    assert "consent_newsletter" not in form
    sent = visitor.send("/forms/eoi", samples.eoi(contact_email=ADA, consent_newsletter=True))
    assert sent.status_code == 201
    assert not store.kinds("asked")


# ---------------------------------------------------------------- leaving


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (MULTIPART, "multipart/form-data; boundary=x"),
        (b"", ""),
        (b"\xff", "application/x-www-form-urlencoded"),
        (ONE_CLICK, "text/plain"),
    ],
    ids=["urlencoded", "multipart", "empty", "unreadable", "odd"],
)
@pytest.mark.parametrize("accept", ["*/*", HTML["Accept"]], ids=["program", "webmail"])
def test_one_click_leaves_at_once_with_an_empty_200(
    visitor: Visitor, ada: Person, body: bytes, kind: str, accept: str
) -> None:
    ada.joined()
    link = ada.leave_link("2026-03")
    headers = {"Accept": accept} | ({"Content-Type": kind} if kind else {})
    answer = visitor.request("POST", link, body, **headers)
    assert (answer.status_code, answer.body) == (200, b"")
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert ada.status == subscriber.UNSUBSCRIBED
    gone = ada.service.subscribers.repository.consents(ada.id)[-1]
    assert (gone["consent"], gone["channel"], gone["issue"]) == ("withdrawn", "header", "2026-03")
    assert visitor.request("POST", link, body, **headers).status_code == 200


def test_leaving_by_the_page_takes_one_button_and_an_optional_reason(
    visitor: Visitor, ada: Person
) -> None:
    ada.joined()
    link = ada.leave_link()
    page = visitor.page(link).body.decode()
    assert page.index("<button") < page.index("<legend"), "the button comes before the question"
    done = visitor.submit(link, pairs(lang="fr", page="1", reason="too_often"))
    assert "Vous ne recevrez plus l’infolettre" in done.body.decode()
    gone = ada.service.subscribers.repository.consents(ada.id)[-1]
    assert (gone["channel"], gone["reason"]) == ("page", "too_often")
    assert "Vous ne recevrez plus l’infolettre" in visitor.page(link).body.decode()


def test_a_request_is_cancelled_from_the_letter_that_confirms_it(
    visitor: Visitor, ada: Person, store: MemoryStore
) -> None:
    ada.sign_up()
    visitor.submit(ada.link("unsubscribe"), pairs(lang="fr", page="1"))
    assert ada.status == "NONE"
    assert ADA not in str(store.items)
    assert "n’existe plus" in visitor.page(ada.link("unsubscribe")).body.decode()


def test_whoever_has_a_mail_of_ours_may_leave_by_it_for_years(
    visitor: Visitor, ada: Person
) -> None:
    ada.joined()
    path = ada.service.links.unsubscribe(ada.id)
    ada.clock.pass_(days=5 * 365)
    found = visitor.page(path.removeprefix(ada.service.settings.public_url))
    assert found.status_code == 200
    assert "<button" in found.body.decode()


@pytest.mark.parametrize(("days", "status"), [(60, 200), (399, 200), (401, 404)])
def test_a_link_to_the_preferences_is_good_until_another_year_s_issues_bring_a_new_one(
    visitor: Visitor, ada: Person, days: int, status: int
) -> None:
    ada.joined()
    path = ada.service.links.preferences(ada.id)
    ada.clock.pass_(days=days)
    found = visitor.page(path.removeprefix(ada.service.settings.public_url))
    assert found.status_code == status


def test_no_link_does_the_work_of_another(visitor: Visitor, ada: Person) -> None:
    ada.joined()
    links = ada.service.links
    tokens = {
        "confirm": links.keep(ada.id, 0).rpartition("/")[2],
        "unsubscribe": links.unsubscribe(ada.id).rpartition("/")[2],
        "preferences": links.preferences(ada.id).rpartition("/")[2],
    }
    for page in tokens:
        for kind, token in tokens.items():
            status = 200 if kind == page else 404
            assert visitor.page(f"/newsletter/{page}/{token}").status_code == status
        bad = visitor.request("POST", f"/newsletter/{page}/{tokens[page][:-2]}", ONE_CLICK)
        assert bad.status_code == 404
    assert ada.status == subscriber.ACTIVE


# ---------------------------------------------------------------- scanners


def test_ten_thousand_looks_at_every_link_change_nothing(
    visitor: Visitor, ada: Person, store: MemoryStore
) -> None:
    ada.joined()
    ada.service.subscribers.preferences.move(ada.id, "ada.roy@example.org")
    ada.deliver()
    bea = Person(ada.service, ada.mailer, ada.clock, "bea@example.org")
    bea.sign_up()
    links = ada.service.links
    public = ada.service.settings.public_url
    paths = [
        "/newsletter",
        bea.link("confirm"),
        bea.link("unsubscribe"),
        Person(ada.service, ada.mailer, ada.clock, "ada.roy@example.org").link("confirm"),
        *(
            link.removeprefix(public)
            for link in (
                links.unsubscribe(ada.id),
                links.preferences(ada.id),
                links.keep(ada.id, 0),
            )
        ),
    ]
    before = str(store.items)
    commits = len(store.commits)
    turns = -(-10_000 // (3 * len(paths)))
    for _ in range(turns):
        for path in paths:
            assert visitor.head(path).status_code == 200
            assert visitor.page(path).status_code == 200
            assert visitor.get(f"{path}?action=erase&confirm=on&page=1").status_code == 200
    assert turns * 3 * len(paths) >= 10_000
    assert (len(store.commits), str(store.items)) == (commits, before)


# ---------------------------------------------------------------- preferences


@pytest.fixture
def choose(visitor: Visitor, ada: Person) -> Any:
    ada.joined()
    path = ada.service.links.preferences(ada.id).removeprefix(ada.service.settings.public_url)

    def act(**fields: str) -> Any:
        return visitor.submit(path, pairs(**fields))

    act.path = path  # type: ignore[attr-defined]
    return act


def test_a_subscriber_chooses_the_language_pauses_and_resumes(choose: Any, ada: Person) -> None:
    saved = choose(action="choose", language="en", lang="fr")
    assert "Your choices are saved." in saved.body.decode(), "in the language that was chosen"
    row = ada.row
    assert row is not None
    assert (row.lang, row.topics) == ("en", ["news"])
    assert "paused" in choose(action="pause").body.decode()
    assert ada.row.paused_until  # type: ignore[union-attr]
    assert "Receive it again" in choose(lang="en", action="pause").body.decode()
    choose(action="resume")
    assert ada.row.paused_until is None  # type: ignore[union-attr]


def test_an_address_is_changed_by_two_links(choose: Any, ada: Person, visitor: Visitor) -> None:
    new = Person(ada.service, ada.mailer, ada.clock, "ada.roy@example.org")
    wrong = choose(action="move", email="ada@", lang="en")
    assert wrong.status_code == 422
    assert 'value="ada@"' in wrong.body.decode()
    assert choose(action="move", email=ADA.upper(), lang="en").status_code == 422
    assert choose(action="move", email=new.email).status_code == 200
    ada.deliver()
    assert "a…@example.org" in visitor.page(choose.path).body.decode()
    done = visitor.submit(new.link("confirm"), [])
    assert "Votre adresse est changée" in done.body.decode()
    assert (ada.status, new.status) == (subscriber.UNSUBSCRIBED, subscriber.ACTIVE)


def test_the_page_shows_the_address_only_in_part(choose: Any, visitor: Visitor) -> None:
    page = visitor.page(choose.path).body.decode()
    assert ADA not in page
    assert "a…@example.org" in page
    assert "Oui, je souhaite recevoir" in page, "the consent record"


def test_a_subscriber_takes_everything_along_and_is_forgotten(
    choose: Any, ada: Person, visitor: Visitor
) -> None:
    export = choose(action="export")
    assert "attachment" in export.headers["Content-Disposition"]
    copy = json.loads(export.body)
    assert copy["subscription"]["email"] == "a…@example.org", "the mail may be forwarded"
    assert ADA not in export.body.decode()
    assert [c["consent"] for c in copy["consents"]] == ["express-requested", "express"]
    assert copy["letters"][0]["letter"] == "newsletter_confirm"
    assert choose(action="erase", lang="fr").status_code == 422, "not by a slip"
    assert "effacés" in choose(action="erase", confirm="on", lang="fr").body.decode()
    assert ada.status == subscriber.ERASED
    assert "n’est plus abonnée" in visitor.page(f"{choose.path}?lang=fr").body.decode()


def test_leaving_from_the_preferences(choose: Any, ada: Person) -> None:
    assert "Vous ne recevrez plus" in choose(action="leave", lang="fr").body.decode()
    assert ada.status == subscriber.UNSUBSCRIBED


def test_an_unknown_action_is_refused_and_changes_nothing(
    choose: Any, ada: Person, store: MemoryStore
) -> None:
    before = len(store.changes)
    assert choose(action="promote").status_code == 400
    assert choose().status_code == 400
    assert len(store.changes) == before


def test_several_topics_are_chosen_and_at_least_one_is_kept(
    choose: Any, ada: Person, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.newsletter.subscribers import consent_text

    options = [
        {"id": "news", "fr": "Nouvelles", "en": "News"},
        {"id": "events", "fr": "Événements", "en": "Events"},
    ]
    monkeypatch.setattr(consent_text, "_topic_options", lambda: options)
    page = visitor.page(choose.path).body.decode()
    assert page.count('name="topics"') == 2
    choose(action="choose", language="fr", topics="events")
    assert ada.row.topics == ["events"]  # type: ignore[union-attr]
    assert choose(action="choose", language="fr").status_code == 422
    assert ada.row.topics == ["events"]  # type: ignore[union-attr]


def test_every_page_speaks_the_other_language_on_request(visitor: Visitor, ada: Person) -> None:
    ada.sign_up()
    for path in ("/newsletter", ada.link("confirm"), ada.link("unsubscribe")):
        assert '<html lang="fr-CA">' in visitor.page(f"{path}?lang=fr").body.decode()
        assert '<html lang="en-CA">' in visitor.page(f"{path}?lang=en").body.decode()


def test_a_client_without_a_page_reads_json(visitor: Visitor, ada: Person) -> None:
    assert isinstance(visitor._client, Client)
    form = visitor.get("/newsletter?lang=en").json_body
    assert form["action"].endswith("/newsletter")
    assert form["schema"]["properties"]["consent"] == {
        "title": form["sections"][0]["fields"][-1]["label"], "const": True,
    }  # fmt: skip
    ada.sign_up()
    assert visitor.get(ada.link("confirm")).json_body == {"status": "confirm"}
    assert visitor.send(ada.link("confirm"), {}).json_body == {"status": "confirmed"}


def test_an_old_mail_s_link_leaves_at_the_new_address(
    choose: Any, ada: Person, visitor: Visitor
) -> None:
    new = Person(ada.service, ada.mailer, ada.clock, "ada.roy@example.org")
    choose(action="move", email=new.email)
    ada.deliver()
    visitor.submit(new.link("confirm"), [])
    old = ada.leave_link()
    assert "<button" in visitor.page(old).body.decode()
    visitor.submit(old, pairs(lang="fr", page="1"))
    assert new.status == subscriber.UNSUBSCRIBED
    assert "Vous ne recevrez plus l’infolettre" in visitor.page(old).body.decode()

"""What a link of the newsletter proves: each row of an attack, played by mails and posts."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest

import app as application
import samples
from chalicelib.aws.keys import Keys
from chalicelib.core.shown_words import hash_of_words
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.newsletter.subscribers.pending import waiting
from chalicelib.newsletter.subscribers.signup import EOI_FORM
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from subscribers import ADA, Make, Person, wish
from visitor import Visitor, hidden

NEW_WORDS = "5678, rue Nouvelle, Montréal"


@pytest.fixture
def person(service: Services, mailer: MemoryMailer, clock: SetClock) -> Make:
    return lambda email: Person(service, mailer, clock, email)


@pytest.fixture
def ada(person: Make) -> Person:
    return person(ADA)


@pytest.fixture
def mallory(person: Make) -> Person:
    """The stranger, who is a subscriber too."""
    return person("mallory@example.net").joined()


def preferences(one: Person) -> str:
    return one.service.links.preferences(one.id).removeprefix(one.service.settings.public_url)


def move_asked(visitor: Visitor, one: Person, to: str) -> None:
    """Ask on the page of preferences to move to another address, and let the letters leave."""
    one.clock.pass_(hours=2)
    answer = visitor.send(preferences(one), {"action": "move", "email": to})
    assert answer.status_code == 200
    one.deliver()


def status(visitor: Visitor, link: str) -> Any:
    return visitor.send(link, {}).json_body["status"]


# ---------------------------------------------------------------- another's address


@pytest.mark.parametrize("before", ["NONE", "ACTIVE", "UNSUBSCRIBED", "BOUNCED", "ERASED"])
def test_an_earlier_link_to_one_s_own_mailbox_moves_nothing_to_a_stranger_s(
    visitor: Visitor, ada: Person, mallory: Person, person: Make, before: str
) -> None:
    from subscribers import into

    into(ada, before)
    second = person("mallory.too@example.net")
    move_asked(visitor, mallory, second.email)
    kept = second.link("confirm")
    move_asked(visitor, mallory, ADA)
    row = ada.row
    assert status(visitor, kept) == "gone", "the second request ends the first"
    assert visitor.get(kept).json_body == {"status": "gone"}
    assert (ada.row, second.status) == (row, "NONE")


def test_the_same_address_asked_for_twice_is_confirmed_by_the_letter_that_came(
    visitor: Visitor, ada: Person, person: Make
) -> None:
    ada.joined()
    new = person("ada.roy@example.org")
    move_asked(visitor, ada, new.email)
    assert visitor.send(preferences(ada), {"action": "move", "email": new.email}).status_code == 200
    ada.deliver()
    assert status(visitor, new.link("confirm")) == "moved"


def test_a_move_that_could_not_be_written_of_ends_the_one_before(
    visitor: Visitor, ada: Person, person: Make
) -> None:
    ada.joined()
    bea = person("bea@example.org")
    first = person("ada.roy@example.org")
    move_asked(visitor, ada, first.email)
    ada.service.store.commit(_full_mailbox(bea))
    visitor.send(preferences(ada), {"action": "move", "email": bea.email})
    assert status(visitor, first.link("confirm")) == "gone"


def _full_mailbox(one: Person) -> list[Any]:
    from chalicelib.core.ports import Change

    pk, _ = subscriber.profile_key(one.id)
    later = int((one.clock() + timedelta(days=5)).timestamp())
    facts = {"kind": "limit", "expires": later}
    return [Change((pk, name), set=facts) for name in ("HOUR", "WEEK#0", "WEEK#1", "WEEK#2")]


def test_joining_two_subscriptions_opens_neither_to_the_other(
    visitor: Visitor, ada: Person, mallory: Person
) -> None:
    ada.joined()
    move_asked(visitor, mallory, ADA)
    before = ada.service.subscribers.repository.consents(ada.id)
    assert status(visitor, ada.link("confirm")) == "moved", "Ada said that it is hers"
    joined = ada.row
    assert joined
    assert (joined.lang, joined.basis) == ("fr", "express")
    old = preferences(mallory)
    exported = visitor.submit(old, [("action", "export")]).body.decode()
    assert ada.id not in exported
    assert all(row["at"] not in exported for row in before)
    assert mallory.id not in visitor.submit(preferences(ada), [("action", "export")]).body.decode()
    for action in ("choose", "pause", "leave"):
        visitor.send(old, {"action": action, "language": "en", "topics": ["news"]})
    visitor.send(mallory.leave_link(), {"page": "1"})
    assert ada.row == joined
    visitor.send(old, {"action": "erase", "confirm": "on"})
    assert (ada.status, mallory.status) == (subscriber.ACTIVE, subscriber.ERASED)
    assert len(ada.service.subscribers.repository.consents(ada.id)) == len(before) + 1


# ---------------------------------------------------------------- one person, several addresses


@pytest.mark.parametrize("given", [0, 1, 2])
def test_two_addresses_moved_into_a_third_are_erased_with_it(
    visitor: Visitor, person: Make, store: MemoryStore, given: int
) -> None:
    ones = [person(f"ada{n}@example.org") for n in range(3)]
    third = ones[2]
    for one in ones[:2]:
        one.joined()
        move_asked(visitor, one, third.email)
        assert status(visitor, third.link("confirm")) == "moved"
    repository = third.service.subscribers.repository
    found = third.service.subscribers.proof.of_all_addresses(ones[given].id)
    assert all(one.id in json.dumps(found) for one in ones)
    last = repository.latest(ones[given].id)
    assert last
    assert last.person == third.id
    assert erase(repository, last.person) == "erased"
    for one in ones:
        assert one.status == subscriber.ERASED
        assert not repository.traces(one.id)
        assert one.email not in str(store.items)
        assert one.imported() == "refused"
        assert erase(repository, one.id) == "already"
    assert all("moved" not in name for one in ones for name in _kept(store, one))


def _kept(store: MemoryStore, one: Person) -> set[str]:
    item = store.items[subscriber.profile_key(one.id)]
    return {name for name, value in item.items() if value}


@pytest.mark.parametrize("known", [False, True])
def test_a_held_sign_up_is_shown_and_erased(ada: Person, store: MemoryStore, known: bool) -> None:
    if known:
        ada.joined()
    store.commit([waiting(ada.id, EOI_FORM, wish().stored(), ada.clock(), spam="crowded")])
    found = ada.service.subscribers.proof.of(ada.id)
    assert found
    assert found["sign_ups"][0]["wish"]["email"] == ADA
    assert erase(ada.service.subscribers.repository, ada.id) == "erased"
    assert ADA not in str(store.items)
    assert ada.imported() == "refused"


def test_an_erased_address_waits_nowhere_to_be_moved_to(
    visitor: Visitor, ada: Person, mallory: Person, store: MemoryStore
) -> None:
    move_asked(visitor, mallory, ADA)
    link = ada.link("confirm")
    assert erase(ada.service.subscribers.repository, ada.id) == "erased"
    assert ADA not in str(store.items)
    assert status(visitor, link) == "gone"


def test_a_later_sign_up_at_the_old_address_stays_out_of_the_new_one_s_export(
    visitor: Visitor, ada: Person, person: Make
) -> None:
    ada.joined()
    new = person("ada.roy@example.org")
    move_asked(visitor, ada, new.email)
    assert status(visitor, new.link("confirm")) == "moved"

    def before() -> Any:
        export = visitor.submit(preferences(new), [("action", "export")]).json_body
        return export["before_the_change_of_address"]

    kept = before()
    assert [row["consent"] for row in kept["consents"]] == [
        "express-requested", "express", "move-requested", "moved",
    ]  # fmt: skip
    ada.sign_up(lang="en")
    assert before() == kept
    ada.confirm()
    assert before() == kept


# ---------------------------------------------------------------- one link, one right


def test_cancelling_a_request_at_the_old_address_leaves_the_new_one_alone(
    visitor: Visitor, ada: Person, person: Make
) -> None:
    ada.joined()
    cancel = ada.link("unsubscribe")
    new = person("ada.roy@example.org")
    move_asked(visitor, ada, new.email)
    status(visitor, new.link("confirm"))
    for link in (cancel, ada.link("unsubscribe")):
        visitor.submit(link, [("page", "1")])
        visitor.request("POST", link, b"List-Unsubscribe=One-Click")
    assert new.status == subscriber.ACTIVE


def test_cancelling_a_request_leaves_what_was_there_before(visitor: Visitor, ada: Person) -> None:
    ada.imported()
    ada.sign_up()
    cancel = ada.link("unsubscribe")
    assert "rien d’autre ne changera" in visitor.page(f"{cancel}?lang=fr").body.decode()
    visitor.submit(cancel, [("page", "1")])
    assert ada.row
    assert (ada.status, ada.row.request) == (subscriber.ACTIVE, None)


def test_after_the_confirmation_its_cancel_link_says_where_to_leave(
    visitor: Visitor, ada: Person
) -> None:
    ada.joined()
    page = visitor.submit(ada.link("unsubscribe"), [("page", "1"), ("lang", "fr")])
    assert "L’abonnement a été confirmé" in page.body.decode()
    assert ada.status == subscriber.ACTIVE


def test_an_implied_consent_is_not_moved_onto_somebody_who_left(
    visitor: Visitor, ada: Person, mallory: Person, person: Make
) -> None:
    member = person("member@example.net")
    member.imported()
    ada.joined()
    visitor.send(ada.leave_link(), {"page": "1"})
    move_asked(visitor, member, ADA)
    link = ada.link("confirm")
    page = visitor.submit(link, [("lang", "fr")])
    assert "Cette adresse a été désabonnée" in page.body.decode()
    assert (ada.status, member.status) == (subscriber.UNSUBSCRIBED, subscriber.ACTIVE)
    ada.sign_up()
    assert ada.confirm() == "confirmed", "an express consent counts"


def test_a_complaint_outlives_an_erasure(
    visitor: Visitor, ada: Person, mallory: Person, store: MemoryStore
) -> None:
    ada.joined()
    ada.service.subscribers.feedback.complained(ada.id)
    assert erase(ada.service.subscribers.repository, ada.id) == "erased"
    assert ADA not in str(store.items)
    before = len(ada.mailer.to(ADA))
    ada.sign_up()
    move_asked(visitor, mallory, ADA)
    assert ada.imported() == "refused"
    assert len(ada.mailer.to(ADA)) == before
    assert ada.status == subscriber.ERASED


def test_a_complaint_that_comes_after_an_erasure_is_kept(ada: Person) -> None:
    ada.joined()
    erase(ada.service.subscribers.repository, ada.id)
    assert ada.service.subscribers.feedback.complained(ada.id) == "complained"
    assert ada.service.subscribers.feedback.complained(ada.id) == "already"
    before = len(ada.mailer.to(ADA))
    ada.sign_up()
    assert len(ada.mailer.to(ADA)) == before


def test_an_old_link_to_confirm_opens_no_preferences(visitor: Visitor, ada: Person) -> None:
    ada.sign_up()
    link = ada.link("confirm")
    assert "/newsletter/preferences/" in visitor.submit(link, []).body.decode()
    assert "/newsletter/preferences/" not in visitor.submit(link, []).body.decode()
    assert "/newsletter/preferences/" not in visitor.page(link).body.decode()


def test_each_link_confirms_what_its_own_letter_said(visitor: Visitor, ada: Person) -> None:
    ada.sign_up(lang="fr", name="Ada")
    hers = ada.link("confirm")
    ada.clock.pass_(hours=2)
    ada.sign_up(lang="en", name="Idiot")
    theirs = ada.link("confirm")
    assert "Langue de l’infolettre" in visitor.page(f"{hers}?lang=fr").body.decode()
    assert status(visitor, hers) == "confirmed"
    assert ada.row
    assert (ada.row.lang, ada.row.name) == ("fr", "Ada")
    assert status(visitor, theirs) == "already"
    assert ada.row.name == "Ada"


def test_cancelling_one_of_two_requests_leaves_the_other(visitor: Visitor, ada: Person) -> None:
    ada.sign_up(lang="fr")
    hers = ada.link("confirm")
    ada.clock.pass_(hours=2)
    ada.sign_up(lang="en")
    theirs = ada.link("confirm")
    visitor.submit(ada.link("unsubscribe"), [("page", "1")])
    assert status(visitor, theirs) == "gone"
    assert status(visitor, hers) == "confirmed"
    assert ada.row
    assert ada.row.lang == "fr"


# ---------------------------------------------------------------- the words that were shown


def deployed(service: Services, mailer: MemoryMailer, clock: SetClock) -> Services:
    """The same programme after a deploy that changes the words of consent."""
    after = service.settings.model_copy(update={"postal_address": NEW_WORDS})
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    return Services(after, service.store, keys, mailer, clock, MemorySuppression())


def test_the_words_kept_are_those_that_the_page_showed(
    visitor: Visitor, ada: Person, service: Services, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    page = visitor.page("/newsletter?lang=en").body.decode()
    shown = html.unescape(hidden(page, "consent_shown"))
    scripts = visitor.get("/newsletter?lang=en").json_body["consent_shown"]
    assert shown == scripts
    words = shown.split(":", 3)[3]
    monkeypatch.setattr(application, "services", lambda: deployed(service, mailer, clock))
    form = {"email": ADA, "language": "fr", "consent": True, "consent_shown": shown}
    assert visitor.send("/newsletter", form).status_code == 202
    (asked,) = service.subscribers.repository.consents(ada.id)
    assert (asked["text"], asked["text_lang"]) == (words, "en")
    assert asked["text_hash"] == hash_of_words(words)


def test_the_words_of_a_confirmation_and_of_a_declaration_are_those_shown_too(
    visitor: Visitor, ada: Person, service: Services, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    shown = html.unescape(
        hidden(visitor.submit("/forms/eoi", [("org_city", "Laval")]).body.decode(), "consent_shown")
    )
    assert shown == visitor.get("/forms/eoi?lang=fr").json_body["consent_shown"]
    after = deployed(service, mailer, clock)
    monkeypatch.setattr(application, "services", lambda: after)
    declared = samples.eoi(contact_email=ADA, consent_newsletter=True, consent_shown=shown)
    assert visitor.send("/forms/eoi", declared).status_code == 201
    ada.deliver()
    (asked,) = service.subscribers.repository.consents(ada.id)
    assert "1234, rue Exemple" in asked["text"]
    page = visitor.page(ada.link("confirm")).body.decode()
    monkeypatch.setattr(application, "services", lambda: service)
    shown = html.unescape(hidden(page, "consent_shown"))
    visitor.submit(ada.link("confirm"), [("lang", "fr"), ("consent_shown", shown)])
    confirmed = service.subscribers.repository.consents(ada.id)[-1]
    assert NEW_WORDS in confirmed["text"]


@pytest.mark.parametrize("forged", ["x", "a:b:c:d", "é" * 40, f"{'0' * 64}:nl-2026-1:fr:Oui"])
def test_words_that_are_not_ours_are_not_kept(visitor: Visitor, ada: Person, forged: str) -> None:
    form = {"email": ADA, "language": "fr", "consent": True, "consent_shown": forged}
    assert visitor.send("/newsletter", form).status_code == 202
    (asked,) = ada.service.subscribers.repository.consents(ada.id)
    assert "1234, rue Exemple" in asked["text"]


def test_the_words_are_kept_once_however_many_agree_to_them(
    person: Make, store: MemoryStore
) -> None:
    for number in range(5):
        person(f"ada{number}@example.org").joined()
    assert len(store.kinds("words")) == 1
    assert len(re.findall("1234, rue Exemple", str(store.kinds("consent")))) == 0

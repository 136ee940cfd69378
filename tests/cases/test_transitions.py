"""Subscriptions that end, come back, and change their address: each time the whole of them."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.aws.keys import Keys
from chalicelib.core.errors import TooMany
from chalicelib.core.letter_row import tag_of
from chalicelib.core.ports import Write
from chalicelib.core.records import moment, stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from subscribers import ADA, IMPORT, Person
from visitor import Visitor


@pytest.fixture
def ada(service: Services, mailer: MemoryMailer, clock: SetClock) -> Person:
    return Person(service, mailer, clock)


@pytest.fixture
def new(service: Services, mailer: MemoryMailer, clock: SetClock) -> Person:
    """The address that Ada moves to."""
    return Person(service, mailer, clock, "ada.roy@example.org")


def move(one: Person, to: Person) -> None:
    assert one.move(to) == "confirmed"


def reminders(mailer: MemoryMailer) -> int:
    return sum(mail.subject.startswith("Rappel") for mail in mailer.to(ADA))


def test_another_clock_of_the_same_person_brings_no_second_reminder(
    ada: Person, mailer: MemoryMailer
) -> None:
    today = ada.clock().date()
    since = today.replace(year=today.year - 2) + timedelta(days=5)
    line = f"{ADA},fr,member,{since},Register of members of 2026"
    list(ada.service.subscribers.imports.run((IMPORT + line).encode(), by="rita", write=True))
    ada.deliver()
    ada.sign_up()
    for _ in range(6 * 24):
        ada.clock.pass_(hours=1)
        ada.deliver()
    assert reminders(mailer) == 1
    assert ada.status == subscriber.EXPIRED
    assert ada.row
    assert ada.row.request, "the end of the one consent leaves the request for the other"
    assert ada.confirm() == "confirmed"


def test_the_end_of_a_proof_leaves_a_new_request_alone(ada: Person, mailer: MemoryMailer) -> None:
    ada.joined()
    ada.service.subscribers.subscriptions.leave(ada.id, channel="page")
    ada.clock.pass_(days=3 * 365 - 2)
    ada.sign_up()
    for _ in range(5 * 24):
        ada.clock.pass_(hours=1)
        ada.deliver()
    assert reminders(mailer) == 1
    last = ada.service.subscribers.repository.consents(ada.id)[-1]
    assert last["consent"] == "express-requested"


def test_without_a_postal_address_a_request_waits(
    ada: Person, service: Services, mailer: MemoryMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_ups = type(service.subscribers.sign_ups)
    monkeypatch.setattr(sign_ups, "answered", False)
    ada.sign_up()
    for _ in range(10):
        ada.clock.pass_(days=1)
        ada.deliver()
    assert ada.status == subscriber.PENDING
    assert not reminders(mailer)


@pytest.mark.parametrize("typed", ["ada@école.example", "ada@straße.example"])
def test_what_ses_tells_of_a_domain_in_its_ascii_form_is_heard(
    service: Services, visitor: Visitor, mailer: MemoryMailer, clock: SetClock, typed: str
) -> None:
    posted = visitor.send("/newsletter", {"email": typed, "language": "fr", "consent": True})
    assert posted.status_code == 202
    service.mail.outbox.sweep()
    (mail,) = mailer.sent
    person = service.subscribers.sign_ups.person(typed)
    assert person == service.subscribers.sign_ups.person(mail.to)
    assert service.subscribers.subscriptions.confirm(person, clock()) == "confirmed"
    back = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": mail.to}]}
    event = {
        "notificationType": "Bounce",
        "mail": {"messageId": "m", "destination": [mail.to]},
        "bounce": {"timestamp": stamp(clock()), **back},
    }
    assert service.feedback.take([event]) == []
    found = service.subscribers.repository.get(person)
    assert found
    assert found.status == subscriber.BOUNCED


@pytest.mark.parametrize("confirmed", [True, False])
def test_news_of_a_mail_of_before_ends_nothing_that_came_after(
    ada: Person, clock: SetClock, confirmed: bool
) -> None:
    ada.joined()
    sent_at = stamp(clock())
    back = partial(ada.service.subscribers.feedback.bounced, ada.id, hard=True, at=sent_at)
    assert back(sent_at=sent_at) == "bounced"
    clock.pass_(days=1)
    ada.sign_up()
    if confirmed:
        ada.confirm()
    before = ada.row
    assert back(sent_at=sent_at) == "already"
    assert ada.row == before
    now = stamp(clock())
    ended = ada.service.subscribers.feedback.bounced(ada.id, hard=True, at=now, sent_at=now)
    assert ended == ("bounced" if confirmed else "cancelled")


def test_a_bounce_told_to_the_second_is_one_of_the_letter_that_was_sent_in_it(
    ada: Person, clock: SetClock
) -> None:
    clock.pass_(milliseconds=900)
    ada.sign_up()
    second = stamp(clock())[:19] + ".000Z"
    assert ada.row
    assert ada.row.request
    assert second < ada.row.request["asked_at"]
    feedback = ada.service.subscribers.feedback
    assert feedback.bounced(ada.id, hard=True, at=second, sent_at=second) == "cancelled"


def test_not_spam_about_a_letter_ends_nothing(
    ada: Person, service: Services, store: MemoryStore, clock: SetClock
) -> None:
    ada.joined()
    (row,) = [r for r in store.kinds("letter") if r["letter"] == "newsletter_confirm"]
    detail = {"timestamp": stamp(clock()), "complaintFeedbackType": "not-spam"}
    tags = {"mail": [tag_of(row["pk"], row["sk"])]}
    event = {
        "eventType": "Complaint",
        "mail": {"messageId": "m", "tags": tags, "destination": [ADA]},
        "complaint": {**detail, "complainedRecipients": [{"emailAddress": ADA}]},
    }
    assert service.feedback.take([event]) == []
    assert ada.status == subscriber.ACTIVE


def test_there_and_back_again_can_be_proven_and_forgotten(ada: Person, new: Person) -> None:
    ada.joined()
    move(ada, new)
    move(new, ada)
    assert ada.status == subscriber.ACTIVE
    proof = ada.service.subscribers.proof.of(ada.id)
    assert proof
    assert proof["before_the_change_of_address"]["person"] == new.id
    assert erase(ada.service.subscribers.repository, new.id) == "erased"
    assert (ada.status, new.status) == (subscriber.ERASED, subscriber.ERASED)


@pytest.mark.parametrize("dies_at", range(4))
def test_forgetting_by_the_old_link_forgets_the_new_address_whenever_it_dies(
    ada: Person, new: Person, store: MemoryStore, dies_at: int
) -> None:
    ada.joined()
    move(ada, new)
    left = [dies_at]

    def dying(writes: list[Write]) -> None:
        left[0] -= 1
        if left[0] < 0:
            store.before = lambda _: None
            raise KeyboardInterrupt

    store.before = dying  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        erase(ada.service.subscribers.repository, ada.id)
    erase(ada.service.subscribers.repository, ada.id)
    assert (ada.status, new.status) == (subscriber.ERASED, subscriber.ERASED)
    for one in (ada, new):
        assert not ada.service.subscribers.repository.traces(one.id)


def test_an_old_link_still_leaves_after_a_change_of_address(ada: Person, new: Person) -> None:
    ada.joined()
    move(ada, new)
    assert ada.service.subscribers.subscriptions.leave(ada.id, channel="header") == "left"
    assert new.status == subscriber.UNSUBSCRIBED


def test_an_old_link_to_the_preferences_shows_the_subscription_where_it_is(
    ada: Person, new: Person, visitor: Visitor, service: Services
) -> None:
    ada.joined()
    move(ada, new)
    path = service.links.preferences(ada.id).removeprefix(service.settings.public_url)
    page = visitor.page(path).body.decode()
    assert "a…@example.org" in page
    assert "n’est plus abonnée" not in page


def test_a_change_of_address_can_be_asked_for_three_times_an_hour(
    ada: Person, mailer: MemoryMailer, visitor: Visitor, service: Services
) -> None:
    ada.joined()
    ada.clock.pass_(hours=2)
    for number in range(3):
        assert (
            ada.service.subscribers.preferences.move(ada.id, f"victim{number}@example.org")
            == "asked"
        )
        ada.clock.pass_(seconds=1)
    with pytest.raises(TooMany):
        ada.service.subscribers.preferences.move(ada.id, "victim3@example.org")
    path = service.links.preferences(ada.id).removeprefix(service.settings.public_url)
    answer = visitor.submit(path, [("action", "move"), ("email", "victim4@example.org")])
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    ada.deliver()
    assert sum(mail.to.startswith("victim") for mail in mailer.sent) == 3


def test_the_proof_of_a_living_subscription_outlives_a_change_of_address(
    ada: Person, new: Person
) -> None:
    ada.joined()
    move(ada, new)
    ada.clock.pass_(days=3 * 365 + 2)
    ada.deliver()
    proof = new.service.subscribers.proof.of(new.id)
    assert proof
    earlier = proof["before_the_change_of_address"]["consents"]
    assert "express" in [row["consent"] for row in earlier]
    new.service.subscribers.subscriptions.leave(new.id, channel="page")
    ada.clock.pass_(days=3 * 365 + 2)
    ada.deliver()
    assert not any(ada.service.subscribers.repository.consents(one.id) for one in (ada, new))


def test_an_implied_consent_does_not_take_the_place_of_an_express_one(
    ada: Person, new: Person
) -> None:
    new.joined()
    ada.imported()
    move(ada, new)
    assert new.row
    assert (new.row.basis, new.row.expires_at) == (subscriber.EXPRESS, None)


def test_a_renewed_membership_counts_from_its_new_date(ada: Person) -> None:
    assert ada.imported(days_ago=600) == "imported"
    assert ada.row
    before = ada.row.expires_at
    ada.service.subscribers.preferences.choose(ada.id, lang="en", topics=["news"])
    assert ada.imported(days_ago=1) == "imported"
    assert before
    assert ada.row.expires_at
    assert ada.row.expires_at > before
    assert ada.row.lang == "en", "what they chose since is theirs"
    assert ada.imported(days_ago=300) == "known"


@pytest.mark.parametrize("shown", ["fr", "en"])
def test_the_proof_has_the_words_of_the_page_that_was_confirmed(
    ada: Person, visitor: Visitor, service: Services, shown: str
) -> None:
    ada.sign_up()
    visitor.submit(ada.link("confirm"), [("lang", shown)])
    (row,) = [
        r for r in service.subscribers.repository.consents(ada.id) if r["consent"] == "express"
    ]
    assert row["lang"] == "fr"
    assert row["text_lang"] == shown
    assert row["text"].startswith({"fr": "Oui", "en": "Yes"}[shown])


def test_a_subscription_of_its_own_is_not_forgotten_with_the_one_that_left_its_address(
    ada: Person, new: Person
) -> None:
    ada.joined()
    move(ada, new)
    ada.joined()
    assert (ada.status, new.status) == (subscriber.ACTIVE, subscriber.ACTIVE)
    new.service.subscribers.subscriptions.leave(new.id, channel="page")
    ada.clock.pass_(days=3 * 365 + 2)
    ada.deliver()
    assert not new.service.subscribers.repository.consents(new.id)
    assert ada.service.subscribers.repository.consents(ada.id)
    assert erase(ada.service.subscribers.repository, new.id) == "erased"
    assert ada.status == subscriber.ACTIVE


def test_a_letter_that_waited_long_for_our_address_can_still_be_confirmed(
    ada: Person, service: Services, visitor: Visitor
) -> None:
    keys = Keys(links=("a" * 64,), people=b"p" * 32)
    bare = service.settings.model_copy(update={"postal_address": ""})
    unheard = Services(bare, service.store, keys, ada.mailer, ada.clock, MemorySuppression())
    waiting = Person(unheard, ada.mailer, ada.clock)
    waiting.sign_up()
    for _ in range(30):
        ada.clock.pass_(days=1)
        waiting.deliver()
    assert not ada.mailer.to(ADA)
    ada.clock.pass_(hours=2)
    ada.deliver()
    visitor.submit(ada.link("confirm"), [("lang", "fr")])
    assert ada.status == subscriber.ACTIVE
    (row,) = [
        r for r in service.subscribers.repository.consents(ada.id) if r["consent"] == "express"
    ]
    assert moment(row["asked_at"]) < ada.clock() - timedelta(days=30), "the proof says when"


def test_an_unsubscribe_that_is_repeated_is_kept_once_a_day(ada: Person) -> None:
    ada.joined()
    leave = partial(
        ada.service.subscribers.subscriptions.leave, ada.id, channel="header", issue="2026-03"
    )
    assert leave() == "left"
    for _ in range(2):
        for _ in range(3):
            assert leave() == "already"
        ada.clock.pass_(days=1)
    rows = ada.service.subscribers.repository.consents(ada.id)
    assert [row.get("again", False) for row in rows if row["consent"] == "withdrawn"] == [
        False, True, True,
    ]  # fmt: skip
    assert rows[-1]["issue"] == "2026-03"
    ada.clock.pass_(days=3 * 365 + 2)
    ada.deliver()
    assert leave() == "already"
    assert not ada.service.subscribers.repository.consents(ada.id), "nothing would ever delete it"


def test_the_proof_does_not_grow_without_end(
    ada: Person, visitor: Visitor, service: Services
) -> None:
    ada.joined()
    path = service.links.preferences(ada.id).removeprefix(service.settings.public_url)
    codes = [
        visitor.submit(path, [("action", "pause" if n % 2 else "resume")]).status_code
        for n in range(30)
    ]
    assert codes == [200] * 20 + [429] * 10
    assert visitor.submit(path, [("action", "leave")]).status_code == 200, "always"
    assert ada.status == subscriber.UNSUBSCRIBED


def test_asked_again_it_is_kept_as_long_as_the_letter_says(ada: Person) -> None:
    ada.sign_up()
    ada.clock.pass_(days=6)
    ada.deliver()
    ada.sign_up()
    ada.clock.pass_(days=6)
    ada.deliver()
    assert ada.status == subscriber.PENDING
    ada.clock.pass_(days=2)
    ada.deliver()
    assert ada.status == "NONE"


def test_everything_of_a_long_request_goes(ada: Person, store: MemoryStore) -> None:
    ada.sign_up()
    pk = subscriber.profile_key(ada.id)[0]
    for number in range(250):
        row: dict[str, Any] = {"pk": pk, "sk": f"CONSENT#z{number:04d}", "kind": "consent"}
        store.items[pk, row["sk"]] = {**row, "consent": "changed", "at": "2026"}
    ada.clock.pass_(days=8)
    ada.deliver()
    ada.clock.pass_(days=8)
    ada.deliver()
    assert ada.status == "NONE"
    assert not ada.service.subscribers.repository.traces(ada.id)

"""Every verb follows a move, one mail is one mail, and a page says what is true."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.email_address import address_in
from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.address_change import AddressChange
from chalicelib.newsletter.subscribers.imports import Imports
from chalicelib.newsletter.subscribers.subscriber import Subscriber
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from subscribers import IMPORT, Person, into
from visitor import Visitor


@pytest.fixture
def ada(service: Services, mailer: MemoryMailer, clock: SetClock) -> Person:
    return Person(service, mailer, clock)


@pytest.fixture
def bea(service: Services, mailer: MemoryMailer, clock: SetClock) -> Person:
    return Person(service, mailer, clock, "bea@example.org")


# ---------------------------------------------------------------- what came back of one mail


def test_an_answering_machine_ends_nothing_however_often_it_replies(ada: Person) -> None:
    ada.joined()
    feedback = ada.service.subscribers.feedback
    for n in range(6):
        ada.clock.pass_(days=7)
        at = stamp(ada.clock())
        assert feedback.delivered(ada.id, at, f"m{n}") == "already"
        assert feedback.bounced(ada.id, hard=False, at=at, mail=f"m{n}", arrived=True) == "already"
    assert ada.status == subscriber.ACTIVE


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=14),
)
def test_mails_are_judged_each_once_in_whatever_order_they_are_told_of(
    events: list[tuple[int, bool]],
) -> None:
    """Whoever has fewer than three mails that came back and never arrived stays."""
    from chalicelib.newsletter.subscribers.feedback import SubscriberFeedback
    from chalicelib.newsletter.subscribers.repository import SubscriberRepository
    from chalicelib.newsletter.subscribers.suppressed import SuppressedLetters
    from sent_issue import enrol, reader

    store, clock = MemoryStore(), SetClock()
    one = reader(b"k" * 32, "ada@example.org")
    enrol(store, one)
    repository = SubscriberRepository(store, clock)
    feedback = SubscriberFeedback(
        repository, SuppressedLetters(repository, MemorySuppression, b"k" * 32)
    )
    arrived: set[int] = set()
    soft: set[int] = set()
    for mail, came in events:
        clock.pass_(hours=1)
        at = stamp(clock())
        if came:
            arrived.add(mail)
            feedback.delivered(one.person, at, f"m{mail}")
        else:
            soft.add(mail)
            known = mail in arrived
            feedback.bounced(one.person, hard=False, at=at, mail=f"m{mail}", arrived=known)
        if len(soft - arrived) > 2:
            return
    found = repository.get(one.person)
    assert found
    if len(soft) < 3:
        assert found.status == subscriber.ACTIVE


# ---------------------------------------------------------------- after a move


VERBS: dict[str, Callable[[Person], object]] = {
    "complaint": lambda p: p.service.subscribers.feedback.complained(p.id),
    "leave": lambda p: p.service.subscribers.subscriptions.leave(p.id, channel="page"),
    "pause": lambda p: p.service.subscribers.preferences.pause(p.id),
    "choose": lambda p: p.service.subscribers.preferences.choose(p.id, lang="en", topics=["news"]),
    "keep": lambda p: _keep(p),
    "import": lambda p: _renewed(p),
}


def _keep(old: Person) -> object:
    from chalicelib.core.records import moment

    now = old.service.subscribers.repository.current(old.id)
    assert now
    assert now.expires_at
    return old.service.subscribers.subscriptions.keep(old.id, moment(now.expires_at))


def _renewed(old: Person) -> object:
    return old.imported(days_ago=1)


def _did(verb: str, now: Subscriber, before: Subscriber) -> bool:
    return {
        "complaint": now.status == subscriber.COMPLAINED,
        "leave": now.status == subscriber.UNSUBSCRIBED,
        "pause": bool(now.paused_until),
        "choose": now.lang == "en",
        "keep": now.basis == subscriber.EXPRESS,
        "import": (now.expires_at or "") > (before.expires_at or ""),
    }[verb]


@pytest.mark.parametrize("moves", [1, 2])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_an_old_address_is_done_where_the_subscription_is(
    ada: Person, bea: Person, verb: str, moves: int
) -> None:
    ada.imported(days_ago=30)
    assert ada.move(bea) == "confirmed"
    last = bea
    if moves == 2:
        last = Person(ada.service, ada.mailer, ada.clock, "cleo@example.org")
        assert bea.move(last) == "confirmed"
    before = last.row
    VERBS[verb](ada)
    now = last.row
    assert before
    assert now
    assert _did(verb, now, before)
    assert now.email in ("", last.email), "no address is put back"


def test_the_list_of_a_member_who_moved_counts_them_once(ada: Person, bea: Person) -> None:
    ada.imported(days_ago=30)
    ada.move(bea)
    assert ada.imported(days_ago=30) == "known"
    assert ada.status == subscriber.UNSUBSCRIBED


def _one(**values: Any) -> Subscriber:
    facts: dict[str, Any] = {
        "status": subscriber.ACTIVE, "version": 1, "updated_at": "2026-01-01T00:00:00.000Z",
        "topics": ["news"], **values,
    }  # fmt: skip
    return Subscriber(**facts)


CONSENTS = st.sampled_from(
    [("express", None), ("implied", "2026-06-01T00:00:00.000Z"),
     ("implied", "2027-06-01T00:00:00.000Z")]
)  # fmt: skip
PAUSES = st.sampled_from([None, "2026-04-01T00:00:00.000Z", "2026-05-01T00:00:00.000Z"])
TOPICS = st.lists(st.sampled_from(["news", "events", "funding"]), min_size=1, unique=True)
NAMES = st.sampled_from([None, "Ada"])


@settings(max_examples=60)
@given(CONSENTS, CONSENTS, PAUSES, PAUSES, TOPICS, TOPICS, NAMES, NAMES, st.booleans())
def test_joined_subscriptions_keep_the_better_consent_and_every_wish(  # noqa: PLR0913
    one: Any, other: Any, pause: Any, other_pause: Any, topics: Any, other_topics: Any,
    name: Any, other_name: Any, active: bool,
) -> None:  # fmt: skip
    old = _one(
        person="a" * 32, basis=one[0], expires_at=one[1], paused_until=pause, topics=topics,
        name=name, lang="en",
        moving={"email": "b@example.org", "person": "b" * 32, "asked_at": "2026-03-01T00:00:00.000Z"},
    )  # fmt: skip
    there = _one(
        person="b" * 32, basis=other[0], expires_at=other[1], paused_until=other_pause,
        topics=other_topics, name=other_name, lang="fr",
        status=subscriber.ACTIVE if active else subscriber.EXPIRED,
    )  # fmt: skip
    assert old.moving
    new = AddressChange(old, there, old.moving, "2026-03-02T00:00:00.000Z").taken_over()
    best = max((one, other) if active else (one,), key=lambda c: c[1] or "9")
    assert (new.basis, new.expires_at) == best
    assert (new.paused_until or "") >= max(pause or "", (other_pause or "") if active else "")
    assert new.name == (name or other_name)
    assert set(new.topics) == set(topics) | (set(other_topics) if active else set())
    assert new.lang == ("fr" if active else "en")


def test_a_member_whose_sign_up_waits_is_imported_and_can_still_confirm(ada: Person) -> None:
    ada.sign_up()
    assert ada.imported() == "imported"
    row = ada.row
    assert row
    assert (row.status, row.basis, row.email) == (subscriber.ACTIVE, "implied", ada.email)
    ada.clock.pass_(days=20)
    ada.deliver()
    assert ada.status == subscriber.ACTIVE, "the request is purged, the member is not"
    into(ada, subscriber.PENDING)
    assert ada.confirm() == "confirmed"
    assert ada.row
    assert ada.row.basis == "express"


# ---------------------------------------------------------------- addresses, read or refused


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ada <ada@example.org>", "ada@example.org"),
        ('"Lovelace, Ada" <ada@example.org>', "ada@example.org"),
        ('"ada@example.org" <ada@example.org>', "ada@example.org"),
        ("mailto:ada@example.org", "ada@example.org"),
        ("mailto:ada@example.org?subject=unsubscribe%20x@y", "ada@example.org"),
        ("mailto:ada%40example.org", "ada@example.org"),
        ("'ada@example.org',", "ada@example.org"),
        ("ada@example.org.", "ada@example.org"),
        ("\u00a0ada@example.org\u200b", "ada@example.org"),
        ("Please unsubscribe ada@example.org", "ada@example.org"),
        ("Re: unsubscribe (ada@example.org)", "ada@example.org"),
        ("ada@example.org, bea@example.org", None),
        ("Bea bea@example.org <ada@example.org>", None),
        ("ada@", None),
        ("ada@example", None),
        ("@ada", None),
        ("ada@example.org and ada@", None),
        ("", None),
    ],
)
def test_a_text_names_one_address_or_is_refused(text: str, address: str | None) -> None:
    assert address_in(text) == address


# ---------------------------------------------------------------- the page of who has left


@pytest.mark.parametrize("action", ["pause", "resume", "choose", "move", "stay"])
@pytest.mark.parametrize("state", ["UNSUBSCRIBED", "BOUNCED", "EXPIRED", "COMPLAINED"])
def test_who_has_left_is_told_that_nothing_was_done(
    ada: Person, visitor: Visitor, action: str, state: str
) -> None:
    into(ada, state)
    before = ada.row
    path = ada.service.links.preferences(ada.id).removeprefix(ada.service.settings.public_url)
    fields = {"action": action, "language": "fr", "topics": "news", "email": "x@example.org"}
    if action != "move":
        del fields["email"]
    answer = visitor.submit(path, list(fields.items()))
    text = answer.body.decode()
    assert answer.status_code == 409
    assert "Rien n’a été changé" in text
    assert "M’abonner" in text
    assert ada.row == before
    for wrong in ("enregistrés", "suspendue pour", "en route"):
        assert wrong not in text


@pytest.mark.parametrize(
    ("field", "value"),
    [("language", "both"), ("language", "de"), ("frequency", "monthly"), ("digest", "on"),
     ("topics", "gardening"), ("segment", "QC")],
)  # fmt: skip
def test_what_is_not_offered_is_not_saved(
    ada: Person, visitor: Visitor, field: str, value: str
) -> None:
    ada.joined()
    before = ada.row
    path = ada.service.links.preferences(ada.id).removeprefix(ada.service.settings.public_url)
    answer = visitor.send(path, {"action": "choose", field: value})
    assert answer.status_code == 422
    assert ada.row == before


def test_a_choice_without_a_language_keeps_it(ada: Person, visitor: Visitor) -> None:
    ada.joined()
    path = ada.service.links.preferences(ada.id).removeprefix(ada.service.settings.public_url)
    visitor.submit(path, [("action", "choose"), ("lang", "en")])
    assert ada.row
    assert ada.row.lang == "fr"


def test_two_lines_of_one_person_are_one(ada: Person, bea: Person) -> None:
    """One line has the address before the move, the other the one after."""
    ada.imported(days_ago=30)
    ada.move(bea)
    day = ada.clock().date()
    lines = "".join(
        f"{one.email},fr,member,{day},Register of members of 2026\n" for one in (ada, bea)
    )
    imports: Imports = ada.service.subscribers.imports
    told = list(imports.run((IMPORT + lines).encode(), by="rita", write=True))
    assert next(one.outcome for one in told) == "imported"
    assert bea.status == subscriber.ACTIVE

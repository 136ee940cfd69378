"""Letters that the account's suppression list held back: lifted, and owed once more."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.errors import NotYet, StoreDown, Throttled
from chalicelib.core.letter_row import tag_of
from chalicelib.core.ports import Item, Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.erasure import erase
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, MemorySuppression, SetClock
from subscribers import ADA, Person

ACCOUNT, ALL = "OnAccountSuppressionList", "Suppressed"


@pytest.fixture
def listed(service: Services) -> MemorySuppression:
    found = service.parts.suppression()
    assert isinstance(found, MemorySuppression)
    found.listed[ADA] = "BOUNCE"
    return found


@pytest.fixture
def ada(service: Services, mailer: MemoryMailer, clock: SetClock) -> Person:
    return Person(service, mailer, clock)


def letters(one: Person) -> list[Item]:
    return one.service.subscribers.repository.letters(one.id)


def bounce(one: Person, subtype: str = ACCOUNT, row: Item | None = None, **mail: Any) -> Item:
    """What SES reports of the last letter to somebody, or of another one."""
    row = row or letters(one)[-1]
    back = {"bounceType": "Permanent", "bounceSubType": subtype}
    return {
        "eventType": "Bounce",
        "mail": {
            "messageId": f"m-{row['sk']}",
            "timestamp": stamp(one.clock()),
            "destination": [one.email],
            "tags": {"mail": [tag_of(row["pk"], row["sk"])]},
            **mail,
        },
        "bounce": {
            "timestamp": stamp(one.clock()),
            "bouncedRecipients": [{"emailAddress": one.email}],
            **back,
        },
    }


def told(one: Person, report: Item) -> list[int]:
    """What is to come again; what is owed by then is delivered."""
    failed = one.service.feedback.take([report])
    one.deliver()
    return failed


def signed_up(ada: Person, mailer: MemoryMailer) -> Person:
    ada.sign_up()
    return ada


def reminded(ada: Person, mailer: MemoryMailer) -> Person:
    ada.sign_up()
    ada.clock.pass_(days=2, hours=1)
    ada.deliver()
    assert mailer.sent[-1].subject.startswith("Rappel")
    return ada


def moving(ada: Person, mailer: MemoryMailer) -> Person:
    old = Person(ada.service, mailer, ada.clock, "ada.before@example.org").joined()
    ada.clock.pass_(hours=2)
    assert old.service.subscribers.preferences.move(old.id, ada.email) == "asked"
    ada.deliver()
    return ada


@pytest.mark.parametrize("asked", [signed_up, reminded, moving])
def test_a_letter_that_can_end_a_bounce_comes_again_once_its_address_is_off_the_list(
    ada: Person,
    mailer: MemoryMailer,
    listed: MemorySuppression,
    asked: Callable[[Person, MemoryMailer], Person],
) -> None:
    asked(ada, mailer)
    assert listed.lifted == [], "nobody is asked before a letter leaves"
    before, report = len(mailer.sent), bounce(ada)
    for _ in range(3):
        assert told(ada, report) == []
    first, again = mailer.to(ADA)[-2:]
    assert len(mailer.sent) == before + 1
    assert (again.to, again.text) == (first.to, first.text)
    assert again.tag != first.tag
    assert listed.lifted == [ADA]
    assert not any("address" in row for row in letters(ada)), "it went with the letter"


def test_who_was_on_the_list_confirms_by_the_letter_that_came_again(
    ada: Person, mailer: MemoryMailer, listed: MemorySuppression, service: Services
) -> None:
    ada.sign_up()
    told(ada, bounce(ada))
    assert ada.confirm() == "confirmed"
    assert service.delivery_events.settle({
        **bounce(ada), "eventType": "Delivery", "delivery": {"timestamp": stamp(ada.clock())},
    }) == "delivered"  # fmt: skip
    assert sum(service.reputation.sums()[fate] for fate in ("bounced", "complained")) == 0


@pytest.mark.parametrize(
    ("reason", "subtype"),
    [("COMPLAINT", ACCOUNT), ("", ACCOUNT), ("", ALL), ("BOUNCE", "General"), ("BOUNCE", "")],
)
def test_an_address_that_nothing_was_lifted_of_is_undeliverable(
    ada: Person, mailer: MemoryMailer, listed: MemorySuppression, reason: str, subtype: str
) -> None:
    listed.listed[ADA] = reason
    ada.sign_up()
    assert told(ada, bounce(ada, subtype)) == []
    assert (ada.status, len(mailer.sent), listed.lifted) == ("NONE", 1, [])


@pytest.mark.parametrize("subtype", [ACCOUNT, ALL, "General"])
def test_what_comes_back_a_second_time_is_undeliverable(
    ada: Person, mailer: MemoryMailer, listed: MemorySuppression, subtype: str
) -> None:
    ada.sign_up()
    told(ada, bounce(ada))
    listed.listed[ADA] = "BOUNCE"
    told(ada, bounce(ada, subtype))
    assert (ada.status, len(mailer.sent), listed.lifted) == ("NONE", 2, [ADA])


def test_no_other_letter_and_no_other_address_is_lifted(
    ada: Person, mailer: MemoryMailer, listed: MemorySuppression
) -> None:
    ada.sign_up()
    row = letters(ada)[-1]
    elsewhere = bounce(ada, destination=["bob@example.org"])
    assert not ada.service.subscribers.feedback._suppressed.resend(
        (row["pk"], row["sk"]), ada.id, elsewhere
    )
    ada.confirm()
    assert ada.sign_up() == "already"
    told(ada, bounce(ada))
    assert (listed.lifted, ada.status) == ([], subscriber.BOUNCED)


@pytest.mark.parametrize("busy", [Throttled("too fast"), NotYet("denied"), StoreDown("away")])
def test_while_the_list_cannot_be_changed_the_news_comes_again(
    ada: Person, mailer: MemoryMailer, listed: MemorySuppression, busy: Exception
) -> None:
    ada.sign_up()
    listed.failing = [busy, busy]
    report = bounce(ada)
    assert [told(ada, report) for _ in range(3)] == [[0], [0], []]
    assert (ada.status, len(mailer.sent)) == (subscriber.PENDING, 2)


@pytest.mark.parametrize("dies", range(4))
def test_wherever_the_process_dies_the_letter_comes_again_once(
    ada: Person,
    mailer: MemoryMailer,
    listed: MemorySuppression,
    store: MemoryStore,
    monkeypatch: pytest.MonkeyPatch,
    dies: int,
) -> None:
    """Before its note, after it, after the address was lifted, after the letter is owed."""
    ada.sign_up()
    report, commit, calls = bounce(ada), store.commit, [0]

    def dying(writes: list[Write]) -> None:
        calls[0] += 1
        if calls[0] == (1, 2, 2, 3)[dies]:
            raise StoreDown("died")
        commit(writes)

    lift = listed.lift

    def halfway(address: str, before: Callable[[], None]) -> bool:
        before()
        raise StoreDown("died")

    with monkeypatch.context() as patch:
        patch.setattr(store, "commit", dying)
        if dies == 1:
            patch.setattr(listed, "lift", halfway)
        assert ada.service.feedback.take([report]) == [0]
    assert listed.lift == lift
    ada.clock.pass_(minutes=3)
    assert [told(ada, report) for _ in range(2)] == [[], []]
    assert (ada.status, len(mailer.sent), listed.lifted) == (subscriber.PENDING, 2, [ADA])


@pytest.mark.parametrize("point", ["asked", "noted", "lifted"])
def test_two_who_hear_of_it_at_once_owe_one_letter(
    ada: Person,
    mailer: MemoryMailer,
    listed: MemorySuppression,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    ada.sign_up()
    report, lift, turn = bounce(ada), listed.lift, [0]

    def other(at: str) -> None:
        if at == point and not turn[0]:
            turn[0] = 1
            assert ada.service.feedback.take([report]) == []

    def with_another(address: str, before: Callable[[], None]) -> bool:
        def noted() -> None:
            before()
            other("noted")

        other("asked")
        done = lift(address, noted)
        other("lifted")
        return done

    monkeypatch.setattr(listed, "lift", with_another)
    assert told(ada, report) == []
    assert (ada.status, len(mailer.sent)) == (subscriber.PENDING, 2)


def test_who_is_forgotten_meanwhile_gets_nothing_more(
    ada: Person,
    mailer: MemoryMailer,
    listed: MemorySuppression,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada.sign_up()
    report, lift = bounce(ada), listed.lift

    def late(address: str, before: Callable[[], None]) -> bool:
        done = lift(address, before)
        erase(ada.service.subscribers.repository, ada.id)
        return done

    monkeypatch.setattr(listed, "lift", late)
    told(ada, report)
    told(ada, report)
    assert len(mailer.sent) == 1
    assert letters(ada) == []


def test_who_complained_is_not_lifted_for_a_move_to_their_address(
    ada: Person, mailer: MemoryMailer, listed: MemorySuppression
) -> None:
    moving(ada, mailer)
    report, before = bounce(ada), len(mailer.sent)
    ada.service.subscribers.feedback._complained(ada.id, was_mailed=True)
    ada.clock.pass_(minutes=1)
    told(ada, report)
    assert (listed.lifted, len(mailer.sent)) == ([], before)


def test_what_an_answering_machine_sends_back_of_a_letter_that_arrived_is_no_bounce(
    ada: Person, clock: SetClock
) -> None:
    ada.joined()
    assert ada.sign_up() == "already"
    came = bounce(ada)
    arrived = {**came, "eventType": "Delivery", "delivery": {"timestamp": stamp(clock())}}
    back = {**came, "bounce": {**came["bounce"], "bounceType": "Transient"}}
    assert ada.service.feedback.take([back, arrived]) == []
    assert ada.row
    assert ada.row.soft_bounces == []

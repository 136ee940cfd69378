"""Too much mail that comes back pauses letters to new addresses: nothing is lost, and all else leaves."""

from typing import Any

import pytest

import samples
from chalicelib.core.errors import Conflict
from chalicelib.core.letter_row import tag_of
from chalicelib.core.ports import Key, Put
from chalicelib.mail.holds import FREE_FOR, MailHolds
from chalicelib.mail.reputation import (
    MIN_BOUNCES_PER_DAY,
    MIN_COMPLAINTS_PER_DAY,
    Fate,
    Reputation,
)
from environment import RITA, SAM
from fakes import MemoryStore, SetClock
from gallery_cases import bounced
from journey import ADA, Journey

NEW = "zoe@example.org"


@pytest.fixture
def reputation(store: MemoryStore, clock: SetClock) -> Reputation:
    return Reputation(store, clock)


def happened(reputation: Reputation, fate: Fate, number: int) -> None:
    for each in range(number):
        reputation.store.commit([reputation.counted(fate, ("CASE#1", f"LETTER#{each}"))])


def came_back(way: Journey, number: int) -> None:
    """So many letters to made-up addresses bounce, as SES reports it."""
    for each in range(number):
        way.visitor.send("/forms/eoi", samples.eoi(contact_email=f"made.up{each}@example.com"))
    way.deliver()
    for row in way.store.kinds("letter"):
        if row["letter"] == "eoi_received" and row["status"] == "sent":
            way.service.delivery_events.settle(bounced(tag_of(row["pk"], row["sk"])))
    way.clock.pass_(seconds=FREE_FOR.total_seconds())


def waits(way: Journey) -> list[str]:
    return [row["letter"] for row in way.store.kinds("letter") if row["status"] == "owed"]


def later(way: Journey) -> None:
    way.clock.pass_(hours=1, minutes=30)
    way.deliver()


def told_admins(way: Journey) -> list[str]:
    return [mail.text for mail in way.mailer.sent if "letters resume" in mail.text]


def test_too_many_bounces_hold_letters_to_new_addresses_and_nothing_is_lost(way: Journey) -> None:
    way.settings(UNPROVED_LETTERS_PER_HOUR="1000")
    way.declare()
    came_back(way, MIN_BOUNCES_PER_DAY)
    way.visitor.send("/forms/eoi", samples.eoi(contact_email=NEW))
    way.deliver()
    later(way)
    assert way.mailer.to(NEW) == []
    assert "eoi_received" in waits(way)
    assert len(told_admins(way)) == len((RITA, SAM)), "each is told once"
    before = len(way.mailer.to(ADA))
    ada = next(c for c in way.store.kinds("case") if c["email"] == ADA)
    case = way.case(f"DI-{ada['id']}")
    from chalicelib.cases.effects import Decider
    from chalicelib.cases.guards import DecisionInput

    way.service.cases.decisions.act(
        case, "approve", Decider("rita-roy", "Rita Roy"), DecisionInput()
    )
    way.after_undo()
    way.deliver()
    assert len(way.mailer.to(ADA)) == before + 1, "a decision goes to an address that is known"
    assert Reputation(way.store, way.clock).resume("Sam")
    later(way)
    assert len(way.mailer.to(NEW)) == 1
    assert waits(way) == []


@pytest.mark.parametrize(
    ("delivered", "bad", "fate", "paused"),
    [
        (0, MIN_BOUNCES_PER_DAY - 1, "bounced", False),
        (0, MIN_BOUNCES_PER_DAY, "bounced", True),
        (MIN_BOUNCES_PER_DAY * 24, MIN_BOUNCES_PER_DAY, "bounced", True),
        (MIN_BOUNCES_PER_DAY * 24 + 1, MIN_BOUNCES_PER_DAY, "bounced", False),
        (100, MIN_COMPLAINTS_PER_DAY - 1, "complained", False),
        (100, MIN_COMPLAINTS_PER_DAY, "complained", True),
        (MIN_COMPLAINTS_PER_DAY * 1250 + 1, MIN_COMPLAINTS_PER_DAY, "complained", False),
    ],
)
def test_a_share_of_a_day_pauses_and_a_few_say_nothing(
    reputation: Reputation, delivered: int, bad: int, fate: Any, paused: bool
) -> None:
    happened(reputation, "delivered", delivered)
    happened(reputation, fate, bad)
    assert reputation.check() == paused
    assert (reputation.standing() is not None) == paused


def test_what_came_back_a_day_ago_is_past(reputation: Reputation, clock: SetClock) -> None:
    happened(reputation, "bounced", MIN_BOUNCES_PER_DAY)
    clock.pass_(hours=25)
    assert not reputation.check()


def test_only_what_comes_after_a_resume_pauses_again(
    reputation: Reputation, store: MemoryStore, clock: SetClock
) -> None:
    happened(reputation, "bounced", MIN_BOUNCES_PER_DAY)
    assert reputation.check()
    assert not reputation.check(), "told once"
    assert reputation.resume("Sam")
    for minutes in (1, 90):
        assert not reputation.check()
        happened(reputation, "bounced", MIN_BOUNCES_PER_DAY - 1 if minutes == 1 else 1)
        clock.pass_(minutes=minutes)
    assert reputation.check()
    assert len([row for row in store.kinds("letter") if row["to"] == "admins"]) == 2


def test_a_report_that_comes_twice_counts_once_and_a_full_mailbox_never(way: Journey) -> None:
    case = way.declare()
    row = next(r for r in way.store.kinds("letter") if r["to"] == "applicant")
    reputation = Reputation(way.store, way.clock)
    way.service.delivery_events.settle(bounced(tag_of(row["pk"], row["sk"]), "Transient"))
    assert reputation.sums()["bounced"] == 0
    way.declare("eve@example.org")
    row = next(
        r for r in way.store.kinds("letter") if r["to"] == "applicant" and r["pk"] != case.key[0]
    )
    for _ in range(3):
        way.service.delivery_events.settle(bounced(tag_of(row["pk"], row["sk"])))
    assert reputation.sums()["bounced"] == 1


def test_a_pause_of_all_holds_decisions_too_and_they_leave_when_it_ends(way: Journey) -> None:
    case = way.declare()
    Reputation(way.store, way.clock).pause("all", "Sam")
    way.clock.pass_(seconds=FREE_FOR.total_seconds())
    before = len(way.mailer.sent)
    way.decide("rita.roy@example.org", decision="approve")
    way.after_undo()
    later(way)
    assert len(way.mailer.sent) == before
    assert "eoi_approved" in waits(way)
    assert way.again(case).state == "EOI_APPROVED"
    Reputation(way.store, way.clock).resume("Sam")
    later(way)
    assert waits(way) == []
    assert any("apply" in mail.text or "invite=" in mail.text for mail in way.mailer.to(ADA)[1:])


def test_what_holds_letters_is_read_once_for_many_and_heard_within_seconds(
    store: MemoryStore, clock: SetClock
) -> None:
    holds, reputation = MailHolds(store, clock), Reputation(store, clock)
    before = store.reads
    for _ in range(50):
        assert holds.read() == (None, False)
    assert store.reads - before == 1
    reputation.pause("all", "Sam")
    clock.pass_(seconds=FREE_FOR.total_seconds() - 1)
    assert holds.read().pause is None
    clock.pass_(seconds=1)
    assert holds.read().pause == reputation.standing()
    reputation.resume("Sam")
    assert holds.read().pause is None, "the end of a pause is heard at once"
    reputation.pause("unproved", "Sam")
    holds.forget()
    assert holds.read().pause == reputation.standing(), "whoever wrote it asks anew"


def test_the_admins_are_told_of_a_dead_letter_whatever_is_held(
    way: Journey, store: MemoryStore
) -> None:
    from chalicelib.mail.alerts import DEAD_LETTER, alert_letter

    Reputation(store, way.clock).pause("all", "Sam")
    store.commit([Put(alert_letter(DEAD_LETTER, way.clock()))])
    way.deliver()
    assert way.mailer.sent


def test_two_who_pause_or_resume_at_once_do_not_undo_each_other(
    reputation: Reputation, store: MemoryStore
) -> None:
    met: list[Key] = []

    def another_is_first(writes: Any) -> None:
        if not met:
            met.append(writes[0].key)
            reputation.pause("unproved", "Rita")

    store.before = another_is_first
    with pytest.raises(Conflict):
        reputation.pause("all", "Sam")
    found = reputation.standing()
    assert found is not None
    assert (found.scope, found.by) == ("unproved", "Rita")
    reputation.pause("all", "Sam")
    assert reputation.resume("Rita")
    assert not reputation.resume("Rita")

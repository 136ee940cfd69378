"""Mail that comes back is a task for the staff; mail that dies is one for the admins, once a day."""

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.effects import Decider
from chalicelib.core.errors import DeliveryFailed
from chalicelib.core.letter_row import tag_of
from gallery_cases import bounced
from journey import ADA, RITA, SAM, Journey


def tag(way: Journey, case: Case, to: str = "applicant") -> str:
    row = next(r for r in way.store.kinds("letter") if r["pk"] == case.key[0] and r["to"] == to)
    return tag_of(row["pk"], row["sk"])


def test_a_bounce_flags_the_file_and_asks_for_a_call(way: Journey) -> None:
    case = way.declare()
    before = way.review(RITA)
    assert way.service.delivery_events.settle(bounced(tag(way, case))) == "bounced"
    way.deliver()
    after = way.again(case)
    assert after.undeliverable
    assert "550 5.1.1" in after.undeliverable["why"]
    assert after.version == case.version
    assert "Impossible de joindre" in way.subjects(RITA)[-1]
    assert "514\u00a0555-0123" in way.letters(RITA)[-1]
    page = way.visitor.page(before).body.decode()
    assert "Courriel non remis" in page
    way.decide(RITA, decision="correct_address", address="ada@new.example.org")
    assert way.again(case).undeliverable is None


def test_a_bounce_told_twice_or_of_two_letters_is_one_task(way: Journey) -> None:
    case = way.declare()
    for _ in range(3):
        way.service.delivery_events.settle(bounced(tag(way, case)))
    way.decide(RITA, decision="approve")
    way.after_undo()
    invited = next(r for r in way.store.kinds("letter") if r["letter"] == "eoi_approved")
    assert (
        way.service.delivery_events.settle(bounced(tag_of(invited["pk"], invited["sk"])))
        == "bounced"
    )
    assert way.events(case).count("bounce") == 1


@pytest.mark.parametrize(
    ("to", "kind"), [("rita-roy", "Permanent"), ("applicant", "Transient")],
    ids=["to staff", "for now"],
)  # fmt: skip
def test_other_bounces_are_no_task(way: Journey, to: str, kind: str) -> None:
    case = way.declare()
    assert way.service.delivery_events.settle(bounced(tag(way, case, to), kind)) == "bounced"
    assert way.events(case) == ["submit"]


def test_a_file_that_moves_while_a_bounce_is_settled_gets_both(way: Journey) -> None:
    case = way.declare()

    def decided(_: object) -> None:
        way.store.before = lambda writes: None
        way.service.cases.decisions.act(case, "approve", Decider("sam-lee", "Sam Lee"))

    way.store.before = decided
    assert way.service.delivery_events.settle(bounced(tag(way, case))) == "bounced"
    after = way.again(case)
    assert (after.state, bool(after.undeliverable)) == ("EOI_APPROVED", True)
    assert way.events(case) == ["submit", "approve", "bounce"]


def test_a_process_that_dies_before_the_bounce_is_stored_stores_it_the_next_time(
    way: Journey,
) -> None:
    case = way.declare()

    def dies(_: object) -> None:
        way.store.before = lambda writes: None
        raise OSError("killed")

    way.store.before = dies
    with pytest.raises(OSError, match="killed"):
        way.service.delivery_events.settle(bounced(tag(way, case)))
    assert way.service.delivery_events.settle(bounced(tag(way, case))) == "bounced"
    assert way.events(case) == ["submit", "bounce"]


def test_the_admins_hear_of_dead_letters_once_a_day(way: Journey) -> None:
    way.store.items["STAFF", "sam-lee"]["admin"] = True
    for number in range(3):
        way.visitor.send("/forms/eoi", samples.eoi(contact_email=f"p{number}@example.org"))
    way.mailer.failing = [DeliveryFailed("no such mailbox", permanent=True)] * 3
    way.deliver()
    told = [m for m in way.mailer.sent if "Action needed" in m.subject]
    assert [m.to for m in told] == [SAM]
    assert "relais --stage test letters dead" in told[0].text
    way.clock.pass_(days=1)
    way.visitor.send("/forms/eoi", samples.eoi(contact_email="p9@example.org"))
    way.mailer.failing = [DeliveryFailed("no such mailbox", permanent=True)]
    way.deliver()
    assert len([m for m in way.mailer.sent if "Action needed" in m.subject]) == 2


def test_without_an_admin_everybody_hears(way: Journey) -> None:
    way.visitor.send("/forms/eoi", samples.eoi())
    way.mailer.failing = [DeliveryFailed("no", permanent=True)]
    way.deliver()
    told = {m.to for m in way.mailer.sent if "Intervention" in m.subject or "Action" in m.subject}
    assert told == {RITA, SAM}


def test_a_rejected_letter_is_an_incident_too(way: Journey) -> None:
    case = way.declare()
    event = {"eventType": "Reject", "mail": {"tags": {"mail": [tag(way, case)]}, "messageId": "m"}}
    assert way.service.delivery_events.settle(event) == "dead"
    way.deliver()
    assert "Action needed" in way.subjects(SAM)[-1]
    assert ADA

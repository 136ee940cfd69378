"""Letters: owed once, claimed by one, sent at least once, and never lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

import samples
from chalicelib.cases.intake.submission import IncomingForm
from chalicelib.cases.staff import Roster
from chalicelib.core.errors import DeliveryFailed, OutcomeUnknown
from chalicelib.core.letter_row import ALL_STAFF, key_of, letter, log_name, tag_of
from chalicelib.core.ports import Item, Key, Mail, Put
from chalicelib.core.records import stamp
from chalicelib.mail.delivery_events import DeliveryEvents
from chalicelib.mail.draft import Draft
from chalicelib.mail.letter_rows import Outcome
from chalicelib.mail.outbox import BACKOFF, CLAIM_LEASE, By, Outbox
from chalicelib.mail.reputation import Reputation
from chalicelib.mail.sweep import MOST_AT_ONCE, SWEEP_DURATION
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from journey import Journey

PK = "CASE#2026-7K4MQ-X"


class PlainWriter:
    """Writes the same few words to everybody."""

    def __init__(self) -> None:
        self.nobody = False

    def write(self, row: Item, now: datetime) -> Draft | None:
        if self.nobody:
            return None
        mail = Mail(
            to=f"{row['to']}@example.org", subject="s", text="t", html="h", lang="fr",
            tag=tag_of(row["pk"], row["sk"]),
        )  # fmt: skip
        return Draft(mail, row["letter"], {"subject": "s", "text": "t"})


@pytest.fixture
def writer() -> PlainWriter:
    return PlainWriter()


@pytest.fixture
def post(store: MemoryStore, mailer: MemoryMailer, clock: SetClock, writer: PlainWriter) -> Outbox:
    return Outbox(store, mailer, writer, Roster(store), clock)


@pytest.fixture
def reports(store: MemoryStore, clock: SetClock) -> DeliveryEvents:
    return DeliveryEvents(store, Roster(store), clock, {}, Reputation(store, clock))


def owe(store: MemoryStore, clock: SetClock, *, to: str = "ada", wait: float = 0) -> Key:
    due = stamp(clock() + timedelta(seconds=wait))
    item = letter(PK, 1, "eoi_received", to=to, due=due)
    store.commit([Put(item)])
    return item["pk"], item["sk"]


def report(kind: str, key: Key, **more: Any) -> dict[str, Any]:
    return {"eventType": kind, "mail": {"tags": {"mail": [tag_of(*key)]}, "messageId": "m"}, **more}


class Killed(BaseException):
    """The process dies here."""


def die(*_: object, **__: object) -> None:
    raise Killed


def test_a_tag_leads_back_to_its_letter() -> None:
    for to in ("applicant", "rita-roy", "staff", "rita-roy#202603021500"):
        key = (PK, f"LETTER#000012#staff_eoi_received#{to}")
        tag = tag_of(*key)
        assert key_of(tag) == key
        assert tag.replace("-", "").replace("_", "").isalnum()


def test_a_letter_is_sent_marked_and_kept(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    assert post.deliver(key) == "sent"
    assert [mail.to for mail in mailer.sent] == ["ada@example.org"]
    row = store.items[key]
    assert (row["status"], row["message_id"], row["attempts"]) == ("sent", "message-1", 1)
    assert row["template"] == "eoi_received"
    assert row["copy"]
    assert "due_at" not in row


def test_delivering_twice_sends_once(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    assert [post.deliver(key), post.deliver(key)] == ["sent", "gone"]
    assert len(mailer.sent) == 1


def test_of_two_deliveries_at_once_one_has_the_letter(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)

    def other_first(_: object) -> None:
        store.before = lambda writes: None
        assert post.deliver(key) == "sent"

    store.before = other_first
    assert post.deliver(key) == "taken"
    assert len(mailer.sent) == 1


def test_a_held_letter_waits_for_its_time(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock, wait=600)
    assert post.deliver(key) == "later"
    assert post.sweep() == {}
    clock.pass_(seconds=600)
    assert post.sweep() == {"sent": 1}
    assert len(mailer.sent) == 1


def test_when_ses_refuses_for_a_while_the_letter_arrives_afterwards_once(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [DeliveryFailed("TooManyRequestsException", permanent=False)] * 3
    assert post.deliver(key) == "retry"
    for wait in BACKOFF[:3]:
        assert post.sweep() == {}
        clock.pass_(seconds=wait.total_seconds())
        post.sweep()
    assert len(mailer.sent) == 1
    assert store.items[key]["status"] == "sent"


def test_after_the_last_try_the_letter_is_dead_and_says_why(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [DeliveryFailed("InternalFailure", permanent=False)] * 10
    post.deliver(key)
    for wait in BACKOFF:
        clock.pass_(seconds=wait.total_seconds())
        post.sweep()
    assert (store.items[key]["status"], store.items[key]["why"]) == ("dead", "InternalFailure")
    assert len(mailer.failing) == 10 - 1 - len(BACKOFF)


def test_a_mail_that_ses_will_never_take_is_not_offered_again(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [DeliveryFailed("MessageRejected", permanent=True)]
    assert post.deliver(key) == "dead"


def test_killed_before_the_send_the_letter_leaves_after_the_settling_time(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    key = owe(store, clock)
    with monkeypatch.context() as patched:
        patched.setattr(mailer, "send", die)
        with pytest.raises(Killed):
            post.deliver(key)
    assert store.items[key]["status"] == "claimed"
    assert post.deliver(key) == "later"
    clock.pass_(seconds=CLAIM_LEASE.total_seconds())
    assert post.sweep() == {"sent": 1}
    assert len(mailer.sent) == 1


def test_killed_after_the_send_the_send_event_settles_it_and_nothing_leaves_twice(
    post: Outbox, reports: DeliveryEvents, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    key = owe(store, clock)
    with monkeypatch.context() as patched:
        patched.setattr(post._rows, "end", die)
        with pytest.raises(Killed):
            post.deliver(key)
    assert len(mailer.sent) == 1
    assert reports.settle(report("Send", key)) == "sent"
    clock.pass_(hours=1)
    assert post.sweep() == {}
    assert len(mailer.sent) == 1


def test_killed_after_the_send_and_with_no_event_a_second_copy_leaves(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    key = owe(store, clock)
    with monkeypatch.context() as patched:
        patched.setattr(post._rows, "end", die)
        with pytest.raises(Killed):
            post.deliver(key)
    clock.pass_(seconds=CLAIM_LEASE.total_seconds())
    assert post.sweep() == {"sent": 1}
    assert len(mailer.sent) == 2


def test_an_answer_that_got_lost_is_not_tried_again_at_once(
    post: Outbox, reports: DeliveryEvents, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [OutcomeUnknown("ReadTimeoutError")]
    assert post.deliver(key) == "unknown"
    assert post.sweep() == {}
    assert reports.settle(report("Send", key)) == "sent"
    clock.pass_(hours=1)
    assert post.sweep() == {}


def test_a_letter_to_the_staff_becomes_one_for_each(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock, to=ALL_STAFF)
    assert post.deliver(key) == "spread"
    assert post.deliver(key) == "gone"
    assert post.sweep() == {"sent": 2}
    assert {mail.to for mail in mailer.sent} == {"rita-roy@example.org", "sam-lee@example.org"}


def test_a_letter_to_the_staff_waits_until_there_is_somebody(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    roster = {key: store.items.pop(key) for key in list(store.items) if key[0] == "STAFF"}
    key = owe(store, clock, to=ALL_STAFF)
    for _ in range(20):
        assert post.deliver(key) == "retry"
        clock.pass_(minutes=5)
    store.items.update(roster)
    assert post.deliver(key) == "spread"


def test_a_letter_to_somebody_who_left_is_dead(
    post: Outbox, store: MemoryStore, clock: SetClock, writer: PlainWriter
) -> None:
    writer.nobody = True
    assert post.deliver(owe(store, clock)) == "dead"


def test_one_letter_that_breaks_does_not_stop_the_others(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for to in ("ada", "bob", "eve"):
        owe(store, clock, to=to)
    write = PlainWriter().write

    def breaks(row: Item, now: datetime) -> Draft | None:
        if row["to"] == "bob":
            raise KeyError("a fact that is not there")
        return write(row, now)

    monkeypatch.setattr(post._writer, "write", breaks)
    assert post.sweep() == {"sent": 2, "retry": 1}
    for wait in BACKOFF:
        clock.pass_(seconds=wait.total_seconds())
        post.sweep()
    (dead,) = [row for row in store.kinds("letter") if row["status"] == "dead"]
    assert dead["why"] == "cannot be written: KeyError"


def test_a_sweep_stops_in_time_and_the_next_one_goes_on(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for number in range(5):
        owe(store, clock, to=f"p{number}")
    send = mailer.send

    def slowly(mail: Mail) -> str:
        clock.pass_(seconds=25)
        return send(mail)

    monkeypatch.setattr(mailer, "send", slowly)
    assert post.sweep() == {"sent": 1, "late": 1}
    assert post.sweep() == {"late": 2}
    assert post.sweep() == {"late": 1}


@pytest.mark.parametrize(
    ("kind", "status", "more"),
    [
        ("Delivery", "delivered", {}),
        ("Bounce", "bounced", {"bounce": {"bounceType": "Permanent", "bouncedRecipients": [
            {"emailAddress": "x", "diagnosticCode": "smtp; 550 no such user"}]}}),
        ("Complaint", "complained", {}),
    ],
)  # fmt: skip
def test_what_ses_reports_is_kept_once(
    post: Outbox,
    reports: DeliveryEvents,
    store: MemoryStore,
    clock: SetClock,
    kind: str,
    status: str,
    more: dict[str, Any],
) -> None:
    key = owe(store, clock)
    post.deliver(key)
    assert reports.settle(report(kind, key, **more)) == status
    before = dict(store.items[key])
    assert reports.settle(report(kind, key, **more)) is None
    assert store.items[key] == before
    assert before["status"] == status
    if kind == "Bounce":
        assert before["why"] == "Permanent: smtp; 550 no such user"


@pytest.mark.parametrize(
    "event", [{}, {"eventType": "Send", "mail": {}}, {"eventType": "Open", "mail": {"tags": {"mail": ["x"]}}},
              {"notificationType": "AmazonSnsSubscriptionSucceeded"}],
)  # fmt: skip
def test_events_about_something_else_change_nothing(
    reports: DeliveryEvents, event: dict[str, Any]
) -> None:
    assert reports.settle(event) is None


def test_an_error_of_ses_that_took_the_mail_all_the_same_is_settled(
    post: Outbox, reports: DeliveryEvents, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [DeliveryFailed("InternalFailure", permanent=False)]
    assert post.deliver(key) == "retry"
    assert reports.settle(report("Send", key)) == "sent"
    clock.pass_(hours=1)
    assert post.sweep() == {}
    assert mailer.sent == []


def test_a_letter_whose_fate_nobody_knows_is_not_sent_for_ever(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [OutcomeUnknown("ReadTimeoutError")] * 50
    post.deliver(key)
    for _ in range(50):
        clock.pass_(seconds=CLAIM_LEASE.total_seconds())
        post.sweep()
    assert store.items[key]["status"] == "dead"
    assert store.items[key]["attempts"] == len(BACKOFF) + 1


def test_whatever_breaks_for_one_letter_the_sweep_goes_on(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for to in ("ada", "bob", "eve"):
        owe(store, clock, to=to)
    deliver = post.deliver

    def breaks(key: Key, by: By, **how: Any) -> Outcome:
        if key[1].endswith("bob"):
            raise OSError("something else altogether")
        return deliver(key, by, **how)

    monkeypatch.setattr(post, "deliver", breaks)
    assert post.sweep() == {"sent": 2, "error": 1}


def test_a_rejected_letter_is_found_by_the_operator(
    post: Outbox, reports: DeliveryEvents, store: MemoryStore, clock: SetClock
) -> None:
    key = owe(store, clock)
    post.deliver(key)
    assert reports.settle(report("Reject", key)) == "dead"
    assert store.items[key]["state_key"] == "DEAD_LETTER"


def test_a_bounce_keeps_no_address(
    post: Outbox, reports: DeliveryEvents, store: MemoryStore, clock: SetClock
) -> None:
    key = owe(store, clock)
    post.deliver(key)
    told = "smtp; 550 5.1.1 <ada@example.org> unknown"
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"diagnosticCode": told}]}
    assert reports.settle(report("Bounce", key, bounce=bounce)) == "bounced"
    assert "ada@" not in store.items[key]["why"]


def test_what_is_due_and_no_letter_goes_to_who_minds_it(
    store: MemoryStore, mailer: MemoryMailer, clock: SetClock, writer: PlainWriter
) -> None:
    minded: list[Key] = []

    def mind(key: Key) -> str:
        minded.append(key)
        return "reminded"

    post = Outbox(store, mailer, writer, Roster(store), clock, {"PERSON": mind})
    owe(store, clock)
    due = {"due_shard": "0", "due_at": stamp(clock())}
    store.commit([Put({"pk": "PERSON#1", "sk": "PROFILE", "kind": "subscriber", **due})])
    assert post.sweep() == {"sent": 1, "reminded": 1}
    assert minded == [("PERSON#1", "PROFILE")]


def test_the_row_says_whether_the_stream_or_the_sweep_sent_the_letter(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    at_once, later = owe(store, clock), owe(store, clock, to="bob", wait=60)
    assert post.deliver(at_once, by="stream") == "sent"
    clock.pass_(minutes=1)
    assert post.sweep() == {"sent": 1}
    assert [store.items[key]["sent_by"] for key in (at_once, later)] == ["stream", "sweep"]


def test_who_sent_a_letter_is_kept_when_its_outcome_is_settled_by_ses(
    post: Outbox, reports: DeliveryEvents, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [OutcomeUnknown("ReadTimeoutError")]
    clock.pass_(minutes=1)
    assert post.sweep() == {"unknown": 1}
    assert reports.settle(report("Send", key)) == "sent"
    assert store.items[key]["sent_by"] == "sweep"


def test_a_letter_that_the_stream_should_have_sent_is_late_and_the_log_says_so(
    post: Outbox, store: MemoryStore, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    missed, fresh = owe(store, clock), owe(store, clock, to="bob", wait=60)
    clock.pass_(seconds=60)
    with caplog.at_level("WARNING", logger="relais.mail.outbox"):
        assert post.sweep() == {"late": 1, "sent": 1}
    assert store.items[missed]["late"]
    assert not store.items[fresh].get("late"), "the stream has some seconds"
    assert f"letter {log_name(*missed)} is late" in caplog.text


@pytest.mark.parametrize("kind", ["held", "by_day"])
def test_a_letter_that_had_to_wait_is_not_late(
    post: Outbox, store: MemoryStore, clock: SetClock, kind: str
) -> None:
    key = owe(store, clock)
    store.items[key][kind] = True
    clock.pass_(minutes=10)
    assert post.sweep() == {"sent": 1}
    assert not store.items[key].get("late")


def test_a_second_attempt_is_not_late(
    post: Outbox, store: MemoryStore, mailer: MemoryMailer, clock: SetClock
) -> None:
    key = owe(store, clock)
    mailer.failing = [DeliveryFailed("throttled", permanent=False)]
    assert post.deliver(key, by="stream") == "retry"
    clock.pass_(minutes=10)
    assert post.sweep() == {"sent": 1}
    assert store.items[key]["sent_by"] == "sweep"
    assert not store.items[key].get("late")


@pytest.mark.parametrize(
    ("name", "reader"), [("staff_eoi_received", "applicant"), ("eoi_received", "rita-roy")]
)
def test_a_row_that_sends_a_letter_to_another_reader_sends_nothing(
    service: Services, store: MemoryStore, mailer: MemoryMailer, name: str, reader: str
) -> None:
    service.views.forms.intake.receive(IncomingForm("eoi", samples.eoi(), "fr"))
    (case,) = store.kinds("case")
    row = letter(case["pk"], 9, name, to=reader, due=stamp(service.now()))
    store.commit([Put(row)])
    assert service.mail.outbox.deliver((row["pk"], row["sk"])) == "retry"
    assert mailer.sent == []


@pytest.mark.parametrize("reader", ["new_address", "old_address"])
@pytest.mark.parametrize("name", ["address_confirm", "address_changed", "address_requested"])
def test_a_row_of_a_file_goes_to_no_address_that_its_step_does_not_know(
    way: Journey, name: str, reader: str
) -> None:
    case = way.declare()
    way.do(way.own(), action="correct", address="new@example.org")
    for number in (1, 2, 9):
        facts = {"new_address": "thief@example.org", "old_address": "thief@example.org"}
        row = letter(case.key[0], number, name, to=reader, due=stamp(way.clock()), facts=facts)
        way.store.items.pop((row["pk"], row["sk"]), None)
        way.store.commit([Put(row)])
    way.deliver()
    assert way.mailer.to("thief@example.org") == []


def test_a_row_of_somebody_s_links_goes_to_no_other_address(
    way: Journey, service: Services
) -> None:
    case = way.declare()
    keys = {"FILES": "file_links", "NEWS": "newsletter_already"}
    for kind, name in keys.items():
        to = "applicant" if kind == "FILES" else "subscriber"
        facts = {"lang": "fr"}
        row = letter(f"{kind}#{case.person}", 7, name, to=to, due=stamp(way.clock()), facts=facts)
        way.store.commit([Put({**row, "address": "thief@example.org"})])
        assert service.mail.outbox.deliver((row["pk"], row["sk"])) in ("retry", "dropped")
    assert way.mailer.to("thief@example.org") == []


def test_a_sweep_reads_no_more_than_it_can_handle_however_much_is_owed(
    service: Services, store: MemoryStore, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def due(now: str, first: int = 0) -> Iterator[tuple[str, str]]:
        # A million would do; this never ends.
        for number in count():
            read.append(number)
            yield f"CASE#{number}", "LETTER#1"

    monkeypatch.setattr(store, "due", due)
    monkeypatch.setattr(service.mail.outbox, "_deliver", lambda *_, **__: clock.pass_(seconds=1))
    outcomes = service.mail.outbox.sweep()
    assert len(read) == MOST_AT_ONCE
    assert sum(outcomes.values()) == SWEEP_DURATION.total_seconds() + 1

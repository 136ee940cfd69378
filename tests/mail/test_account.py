"""While SES takes no mail of the account at all, letters wait: all leave afterwards, in order, once."""

import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

import samples
from chalicelib.aws.ses import SesMailer
from chalicelib.core.errors import AccountRefused, Throttled
from chalicelib.core.letter_row import key_of
from chalicelib.core.ports import Item, Put
from chalicelib.core.records import shard_of, stamp
from chalicelib.mail import alerts
from chalicelib.mail.account import ACCOUNT_KEY, REFUSALS_IN_A_ROW
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from journey import ADA, Journey

NOT_VERIFIED = "Email address is not verified. The following identities failed the check"


class RefusingSes:
    """An SES that takes nothing while it is told to refuse, and counts how often it is asked."""

    def __init__(self) -> None:
        self.error: tuple[str, str] | None = None
        self.asked = 0
        self.sent: list[tuple[str, str]] = []

    def send_email(self, **mail: Any) -> dict[str, str]:
        self.asked += 1
        if self.error:
            code, message = self.error
            raise ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")
        tag = mail["EmailTags"][0]["Value"]
        self.sent.append((tag, mail["Destination"]["ToAddresses"][0]))
        return {"MessageId": f"m{len(self.sent)}"}


@pytest.fixture
def ses() -> RefusingSes:
    return RefusingSes()


@pytest.fixture
def mailer(ses: RefusingSes) -> SesMailer:
    return SesMailer(ses, sender="a@example.org", reply_to="b", configuration_set="c")  # type: ignore[arg-type]


def declare(way: Journey, number: int) -> None:
    form = samples.eoi(contact_email=f"person{number}@example.org", org_legal_name=f"Org {number}")
    assert way.visitor.send("/forms/eoi", form).status_code == 201


def stream(way: Journey) -> None:
    """The stream brings all letters that were just stored."""
    for row in way.store.kinds("letter"):
        if row["status"] == "owed":
            way.service.mail.outbox.deliver((row["pk"], row["sk"]), by="stream")


def letters(store: MemoryStore) -> list[Item]:
    return [row for row in store.kinds("letter") if row["letter"] != alerts.LETTER]


@pytest.mark.parametrize(
    "error",
    [
        ("MessageRejected", NOT_VERIFIED),
        ("TooManyRequestsException", "Daily message quota exceeded."),
        ("SendingPausedException", "Email sending is disabled for this account"),
        ("AccountSuspendedException", "suspended"),
        ("LimitExceededException", "Maximum sending quota exceeded"),
    ],
    ids=["unverified", "quota", "paused", "suspended", "limit"],
)
def test_after_three_days_of_refusal_every_letter_leaves_once_and_in_order(
    way: Journey, ses: RefusingSes, store: MemoryStore, clock: SetClock, error: tuple[str, str]
) -> None:
    ses.error = error
    minutes = 3 * 24 * 60
    for minute in range(0, minutes, 120):
        if minute % 480 == 0:
            declare(way, minute)
            stream(way)
        before = ses.asked
        way.service.mail.outbox.sweep()
        assert ses.asked - before <= REFUSALS_IN_A_ROW + 3, "a few letters find out, and the alerts"
        clock.pass_(minutes=120)
    assert not ses.sent
    assert {row["status"] for row in letters(store)} <= {"owed", "spread"}
    ses.error = None
    for _ in range(10):
        way.service.mail.outbox.sweep()
        clock.pass_(minutes=15)
    assert ACCOUNT_KEY in store.items
    assert "refused_at" not in store.items[ACCOUNT_KEY]
    assert not [row for row in store.kinds("letter") if row["status"] == "dead"]
    assert {n for _, n in Counter(ses.sent).items()} == {1}
    told = Counter(
        (to, day[0])
        for tag, to in ses.sent
        if alerts.LETTER in tag.replace("--", "_") and (day := re.search(r"2026-\d\d-\d\d", tag))
    )
    people = {"rita.roy@example.org", "sam.lee@example.org"}
    days = {f"2026-03-{day:02}" for day in range(2, 6)}
    assert told.keys() <= {(who, day) for who in people for day in days}
    assert {day for _, day in told} >= {"2026-03-02", "2026-03-03", "2026-03-04"}
    assert set(told.values()) == {1}, "each of two people once a day, and not once a letter"
    about = Counter(to for tag, to in ses.sent if "staff--eoi--received" in tag)
    assert about == dict.fromkeys(people, minutes / 480), "staff learn of each form once"
    assert not [row for row in letters(store) if row["status"] not in ("sent", "spread")]
    by_shard: dict[str, list[int]] = {}
    for tag, to in ses.sent:
        if (person := re.match(r"person(\d+)@", to)) and (key := key_of(tag)):
            by_shard.setdefault(shard_of(key[0]), []).append(int(person[1]))
    assert sum(map(len, by_shard.values())) == minutes / 480
    assert all(order == sorted(order) for order in by_shard.values())
    assert not [row for row in store.kinds("letter") if row.get("late")], "the stream is well"


def test_the_stream_leaves_new_letters_to_the_sweep_until_the_old_ones_are_gone(
    way: Journey, ses: RefusingSes, store: MemoryStore, clock: SetClock
) -> None:
    ses.error = ("MessageRejected", NOT_VERIFIED)
    declare(way, 1)
    stream(way)
    ses.error = None
    declare(way, 2)
    stream(way)
    assert not ses.sent
    way.deliver()
    assert {to for _, to in ses.sent if to.startswith("person")} == {
        "person1@example.org", "person2@example.org"
    }  # fmt: skip
    declare(way, 3)
    stream(way)
    assert ses.sent[-1][1] != "person2@example.org"
    assert any(row["sent_by"] == "stream" for row in letters(store) if row["status"] == "sent")


@pytest.fixture
def service_with(
    settings: Any, store: MemoryStore, clock: SetClock, service: Services
) -> tuple[Services, MemoryMailer]:
    plain = MemoryMailer()
    return Services(settings, store, service.secret, plain, clock), plain


def owe_many(store: MemoryStore, clock: SetClock, number: int) -> None:
    from chalicelib.core.letter_row import letter

    for each in range(number):
        pk = f"INCIDENT#dead_letter-2026-03-{each:02}"
        row = letter(pk, 1, alerts.LETTER, to="rita-roy", due=stamp(clock()),
                     facts={"incident": "dead_letter"})  # fmt: skip
        store.commit([Put(row)])


def test_one_letter_alone_that_is_refused_keeps_no_other_from_leaving(
    service_with: tuple[Services, MemoryMailer], store: MemoryStore, clock: SetClock
) -> None:
    service, plain = service_with
    owe_many(store, clock, 6)
    plain.failing = [AccountRefused(NOT_VERIFIED)]
    found = service.mail.outbox.sweep()
    assert (found["refused"], found["sent"]) == (1, 5)


def test_a_letter_that_came_too_fast_waits_a_minute_loses_no_try_and_tells_nobody(
    service_with: tuple[Services, MemoryMailer], store: MemoryStore, clock: SetClock
) -> None:
    service, plain = service_with
    owe_many(store, clock, 1)
    for _ in range(300):
        plain.failing = [Throttled("TooManyRequestsException")]
        assert service.mail.outbox.sweep() == {"throttled": 1}
        clock.pass_(seconds=timedelta(minutes=1).total_seconds())
    assert service.mail.outbox.sweep() == {"sent": 1}
    assert len(store.kinds("letter")) == 1
    assert len(plain.sent) == 1


def test_a_letter_that_was_refused_is_counted_once_against_its_mailbox(
    way: Journey, ses: RefusingSes, store: MemoryStore, clock: SetClock
) -> None:
    ses.error = ("SendingPausedException", "")
    way.visitor.send("/forms/eoi", samples.eoi(contact_email=ADA))
    for _ in range(30):
        way.service.mail.outbox.sweep()
        clock.pass_(minutes=1)
    (waiting,) = [row for row in letters(store) if row["letter"] == "eoi_received"]
    assert (waiting["status"], waiting["attempts"]) == ("owed", 0)
    assert "delays" not in waiting


def test_each_sweep_measures_how_long_the_oldest_letter_is_due_that_it_leaves(
    way: Journey, ses: RefusingSes, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured() -> dict[str, Any]:
        way.service.mail.outbox.sweep()
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    line = measured()
    (about,) = line["_aws"]["CloudWatchMetrics"]
    assert about["Namespace"] == "Relais"
    assert about["Metrics"] == [{"Name": "test-oldest-due-seconds", "Unit": "Seconds"}]
    assert line["_aws"]["Timestamp"] == clock().timestamp() * 1000
    assert line["test-oldest-due-seconds"] == 0
    ses.error = ("SendingPausedException", "")
    declare(way, 1)
    clock.pass_(minutes=40)
    assert measured()["test-oldest-due-seconds"] == 2400
    ses.error = None
    assert measured()["test-oldest-due-seconds"] == 0

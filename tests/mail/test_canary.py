"""A canary goes the way of a declaration, and nothing and nobody else hears of it."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, DeliveryFailed
from chalicelib.core.letter_row import is_canary
from chalicelib.mail.canary import ADDRESS, CANARY_LIFETIME, Canary, clear_leftovers
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from logged import Lines


@pytest.fixture
def canary(store: MemoryStore, clock: SetClock) -> Canary:
    return Canary(store, clock, "DOCTOR", "one")


def _report(mailer: MemoryMailer, kind: str, **more: Any) -> dict[str, Any]:
    tags = {"mail": [mailer.sent[-1].tag], "cid": [mailer.sent[-1].cid]}
    mail = {"tags": tags, "messageId": "m", "destination": [ADDRESS]}
    return {"eventType": kind, "mail": mail, kind.lower(): more}


def test_it_flies_by_the_stream_to_the_simulator_and_back_and_leaves_nothing(
    canary: Canary, service: Services, store: MemoryStore, mailer: MemoryMailer,
    deliver: Callable[[], int], lines: Lines,
) -> None:  # fmt: skip
    service.mail.outbox.sweep()
    before = deepcopy(store.items)
    store.commit(canary.written())
    assert canary.flight().status == "owed"
    assert deliver() == 1
    (mail,) = mailer.sent
    assert mail.to == ADDRESS
    assert (canary.flight().status, canary.flight().by) == ("sent", "stream")
    service.delivery_events.settle(_report(mailer, "Delivery"))
    assert canary.flight().status == "delivered"
    others = {key: row for key, row in store.items.items() if not is_canary(key[0])}
    assert others == before, "no list, index, count, ceiling or letter to anybody"
    store.commit(canary.removed())
    assert store.items == before
    service.delivery_events.settle(_report(mailer, "Complaint"))
    assert store.items == before, "what is heard later meets nothing"
    counted = [name for line in lines.all() for name in line if name.startswith("test-")]
    assert set(counted) <= {"test-letters-waiting", "test-oldest-due-seconds"}


def test_one_that_dies_alarms_nobody(
    canary: Canary, service: Services, store: MemoryStore, mailer: MemoryMailer,
    deliver: Callable[[], int], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuses(_: object) -> str:
        raise DeliveryFailed("BadRequest", permanent=True)

    before = deepcopy(store.items)
    store.commit(canary.written())
    with monkeypatch.context() as patch:
        patch.setattr(mailer, "send", refuses)
        deliver()
    assert (canary.flight().status, canary.flight().why) == ("dead", "BadRequest")
    other = replace(canary, id="other")
    store.commit(other.written())
    deliver()
    service.delivery_events.settle(_report(mailer, "Reject"))
    assert (other.flight().status, other.flight().why) != ("dead", "BadRequest")
    assert other.flight().status == "dead"
    store.commit([*canary.removed(), *other.removed()])
    assert store.items == before


def test_it_ends_by_itself_and_two_of_one_sender_leave_each_other_alone(
    canary: Canary, store: MemoryStore, clock: SetClock
) -> None:
    other = replace(canary, id="other")
    store.commit(canary.written())
    store.commit(other.written())
    with pytest.raises(Conflict):
        store.commit(other.written())
    store.commit(canary.removed())
    assert (canary.flight().status, other.flight().status) == ("gone", "owed")
    left = [row for key, row in store.items.items() if is_canary(key[0])]
    until = int((clock() + CANARY_LIFETIME).timestamp())
    assert [row["expires"] for row in left] == [until] * 2
    assert "tremblay" not in json.dumps(left, default=str)
    clear_leftovers(store, clock(), "DOCTOR")
    assert other.flight().status == "owed"
    clock.pass_(seconds=CANARY_LIFETIME.total_seconds())
    clear_leftovers(store, clock(), "DAILY")
    assert other.flight().status == "owed"
    clear_leftovers(store, clock(), "DOCTOR")
    assert [key for key in store.items if is_canary(key[0])] == []

"""A canary goes the way of a declaration, and nothing and nobody else hears of it."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from chalicelib.core.errors import DeliveryFailed
from chalicelib.core.letter_row import is_canary
from chalicelib.mail.canary import ADDRESS, CANARY_LIFETIME, Canary
from chalicelib.services import Services
from fakes import MemoryMailer, MemoryStore, SetClock
from logged import Lines


@pytest.fixture
def canary(store: MemoryStore, clock: SetClock) -> Canary:
    return Canary(store, clock, "DOCTOR")


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
    canary.release()
    assert canary.flight().status == "owed"
    assert deliver() == 1
    (mail,) = mailer.sent
    assert mail.to == ADDRESS
    assert (canary.flight().status, canary.flight().by) == ("sent", "stream")
    service.delivery_events.settle(_report(mailer, "Delivery"))
    assert canary.flight().status == "delivered"
    others = {key: row for key, row in store.items.items() if not is_canary(key[0])}
    assert others == before, "no list, index, count, ceiling or letter to anybody"
    canary.take_away()
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
    canary.release()
    with monkeypatch.context() as patch:
        patch.setattr(mailer, "send", refuses)
        deliver()
    assert (canary.flight().status, canary.flight().why) == ("dead", "BadRequest")
    canary.release()
    deliver()
    service.delivery_events.settle(_report(mailer, "Reject"))
    assert canary.flight().status == "dead"
    canary.take_away()
    assert store.items == before


def test_one_that_was_left_is_taken_away_by_the_next_and_ends_by_itself(
    canary: Canary, store: MemoryStore, clock: SetClock
) -> None:
    canary.release()
    clock.pass_(minutes=5)
    canary.release()
    left = [row for key, row in store.items.items() if is_canary(key[0])]
    assert len(left) == 2
    until = int((clock() + CANARY_LIFETIME).timestamp())
    assert {row["expires"] for row in left} == {until}
    assert "tremblay" not in json.dumps(left, default=str)
    canary.take_away()
    assert canary.flight().status == "gone"
    canary.take_away()

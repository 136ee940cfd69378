"""A subscriber's row: what it keeps, and in which indexes it stands."""

from dataclasses import replace
from typing import get_args

import pytest

from chalicelib.core.ports import Put
from chalicelib.newsletter.subscribers import subscriber
from chalicelib.newsletter.subscribers.subscriber import Status, Subscriber
from fakes import MemoryStore

ADA = Subscriber(
    person="a" * 32, email="ada@example.org", lang="fr", topics=["news"], status=subscriber.ACTIVE,
    version=2, updated_at="2026-03-02T15:00:00.000Z",
    basis=subscriber.EXPRESS, confirmed_at="2026-03-02T15:00:00.000Z",
)  # fmt: skip


def test_a_subscriber_comes_back_from_the_store_as_it_was(store: MemoryStore) -> None:
    store.commit([Put(ADA.item())])
    found = store.get(*ADA.key)
    assert found is not None
    assert Subscriber.of(found) == ADA


@pytest.mark.parametrize("status", get_args(subscriber.Status))
def test_only_who_is_active_is_in_the_audience(store: MemoryStore, status: Status) -> None:
    store.commit([Put(replace(ADA, status=status).item())])
    item = store.items[ADA.key]
    assert ("audience" in item) is (status == subscriber.ACTIVE)
    assert "" not in item.values()
    assert "due_shard" not in item


def test_the_audience_of_a_language_is_spread_evenly() -> None:
    found = [str(replace(ADA, person=f"{n * 7919:032x}").item()["audience"]) for n in range(3200)]
    assert set(found) == set(subscriber.audiences("fr"))
    assert max(found.count(key) for key in set(found)) < 200
